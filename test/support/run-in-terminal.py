# run-in-terminal.py PATTERN KEYS COLUMNS COMMAND…: runs a command in a terminal of its own, types KEYS once its output
# matches PATTERN, and prints as JSON how it ended and what it wrote.
import fcntl, json, os, pty, re, select, signal, struct, sys, termios, time

pattern, keys, columns, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, int(columns), 0, 0))
output, end = b'', time.time() + 120
typed = b''
while time.time() < end:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        output += part
    if keys and re.search(pattern.encode(), output):
        os.write(terminal, keys[:1].encode())
        keys = keys[1:]
        time.sleep(0.1)
else:
    os.kill(pid, signal.SIGKILL)
_, status = os.waitpid(pid, 0)
print(json.dumps({
    'signal': signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else None,
    'code': os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
    'output': output.decode('utf-8', 'replace'),
}))
