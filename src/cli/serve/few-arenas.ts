import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** glibc gives threads up to eight heaps ("arenas") a core, and keeps in each what was freed there. */
const variable = 'MALLOC_ARENA_MAX';
const arenas = '2';

/** Whether memory of this process is glibc's, and nobody has said how many arenas it takes. */
function isWorthIt(): boolean {
  if (process.platform !== 'linux' || process.env[variable] !== undefined) return false;
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

/**
 * Starts this command again in a process whose memory has few arenas, where that saves something: a program cannot set it for
 * itself. LanceDB's threads keep half a gigabyte for exact queries without it, and a quarter with it.
 *
 * This process then passes signals on, and ends as the other one does; where this one is killed, the other one ends, too.
 *
 * @returns `false` where the command is to go on here
 */
export async function runsWithFewArenas(): Promise<boolean> {
  if (!isWorthIt()) {
    // Of the process that was started: its parent is there as long as the channel is.
    process.once('disconnect', () => process.exit(1));
    process.channel?.unref();
    return false;
  }
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    // In a group of its own: Ctrl+C comes once, from here.
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [variable]: arenas },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const code = await new Promise<number | undefined>((done) => {
    child.once('error', () => done(undefined));
    child.once('exit', (status, signal) => done(status ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  // It could not be started: then the command goes on here.
  if (code === undefined) return false;
  process.exit(code);
}
