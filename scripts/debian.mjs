// What the scripts need for Debian's packages.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

/** Whether a path is a file that may be executed. */
export function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a command as root; its output goes to stderr: stdout is for results. */
export function asRoot(command, args) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  const [file, ...rest] = [...sudo, command, ...args];
  execFileSync(file, rest, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
