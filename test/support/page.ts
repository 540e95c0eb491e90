import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { likeness, root, samples, withFolder } from './cli.ts';

/** Runs `body` with an index of some of the samples: their names without the ending. */
export function withIndex<T>(
  names: readonly string[],
  body: (index: string, pictures: string) => Promise<T>,
): Promise<T> {
  return withFolder(async (folder) => {
    const pictures = join(folder, 'pictures');
    const index = join(folder, 'index');
    await mkdir(pictures);
    for (const name of names) await cp(join(samples, `${name}.jpeg`), join(pictures, `${name}.jpeg`));
    const { code, stderr } = await likeness('index', pictures, '-o', index);
    if (code !== 0) throw new Error(stderr);
    return body(index, pictures);
  });
}

/** Runs `body` against `likeness serve` with `args`, as a process of its own on a free port. */
export async function withServer<T>(args: string[], body: (url: string) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), 'serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    return await body(await addressOf(child));
  } finally {
    child.kill();
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    child.stdout?.on('data', (text: Buffer) => {
      const url = /http:\S+/.exec(String(text))?.[0];
      if (url) found(url);
    });
    child.on('exit', (code) => failed(new Error(`likeness serve ended with code ${code}`)));
  });
}
