import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
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

/** Runs `body` against `likeness serve` with `args`, as a process of its own on a free port. `said`: what it wrote to stderr. */
export async function withServer<T>(
  args: string[],
  body: (url: string, said: () => string) => Promise<T>,
  cwd: string = root,
): Promise<T> {
  const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), 'serve', '--port', '0', ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text;
    process.stderr.write(text);
  });
  try {
    return await body(await addressOf(child), () => said);
  } finally {
    child.kill();
  }
}

/** Opens a served page and checks, at the end, that nothing went wrong unseen and nobody else was asked. */
export async function visitPage(
  browser: Browser,
  url: string,
  body: (page: Page) => Promise<void>,
  {
    width = 1280,
    search = '',
    alsoAsked = url,
    expected,
  }: { width?: number; search?: string; alsoAsked?: string; expected?: RegExp } = {},
): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height: 800 } });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    const isProblem = message.type() === 'error' || message.type() === 'warning';
    if (isProblem && !expected?.test(message.text())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    const address = request.url();
    if (/^(blob|data):/.test(address) || address.startsWith(url) || address.startsWith(alsoAsked)) return;
    problems.push(`a request to ${address}`);
  });
  page.setDefaultTimeout(30_000);
  try {
    await page.goto(url + search);
    await body(page);
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
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
