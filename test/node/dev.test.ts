import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };
import { launchChromium } from '../../scripts/chromium.mjs';
import { root } from '../support/cli.ts';

/** What is built once and bundled: the folders in build/ that package.json names, and ONNX Runtime. */
const built = Object.values(packageJson.imports)
  .filter((target) => typeof target === 'string')
  .map((target) => dirname(target));

/** What `npm run dev` reads; a copy of it may be changed while other tests build. */
const needed = [
  ...['assembly', 'dist', 'licenses', 'models', 'page', 'scripts', 'shaders', 'src'],
  ...[...built, 'build/ort'],
  ...['asconfig.json', 'package.json', 'package-lock.json', 'tsconfig.build.json', 'tsconfig.json'],
];

test('npm run dev: a change of the page or of the library is served, and the page reloads', {
  timeout: 120_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-dev-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const path of needed) {
    await cp(join(root, path), join(folder, path), { recursive: true, preserveTimestamps: true });
  }
  await writeFile(join(folder, 'build/.built'), ''); // dist/ is newer than all of them
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');

  const child = spawn(process.execPath, ['scripts/dev.mjs', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, INIT_CWD: folder },
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
  const until = async <T>(what: string, find: () => T | undefined | Promise<T | undefined>): Promise<T> => {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const found = await find();
      if (found !== undefined) return found;
      assert.ok(child.exitCode === null && Date.now() < deadline, `${what}: ${output}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  const url = await until('it serves', () => /^Serving on (http:\S+)/m.exec(output)?.[1]);

  const browser = await launchChromium();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  const marks = (): Promise<Record<string, string | undefined>> =>
    page.evaluate(() => ({ ...document.documentElement.dataset })).catch(() => ({})); // while it reloads
  assert.deepEqual(await marks(), {});

  await appendFile(join(folder, 'page/app.tsx'), "\ndocument.documentElement.dataset.page = 'changed';\n");
  await until('the page changes', async () => (await marks()).page);

  const change = "\nif (globalThis.document) document.documentElement.dataset.library = 'changed';\n";
  await appendFile(join(folder, 'src/index.ts'), change);
  await until('the library changes', async () => (await marks()).library);

  // A shader is a part of the worker.
  await appendFile(join(folder, 'shaders/sort.wgsl'), '\nconst changed_here = 1;\n');
  await until('the shader changes', async () =>
    (await (await fetch(`${url}dist/web/likeness-worker.js`)).text()).includes('changed_here')
      ? true
      : undefined,
  );

  await appendFile(join(folder, 'page/style/start.css'), '\nhtml { --changed: yes; }\n');
  const style = (): Promise<string> =>
    page
      .evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--changed'))
      .catch(() => '');
  await until('the style changes', async () => (await style()) || undefined);

  // A mistake is said and does not end it; mended, it goes on.
  await appendFile(join(folder, 'page/state/sheet.ts'), '\nconst = ;\n');
  await until('a mistake is named', () => (/page\/state\/sheet\.ts:\d+/.test(output) ? true : undefined));
  const mended = "\ndocument.documentElement.dataset.mended = 'yes';\n";
  await writeFile(
    join(folder, 'page/state/sheet.ts'),
    (await readFile(join(root, 'page/state/sheet.ts'), 'utf8')) + mended,
  );
  await until('the page is mended', async () => (await marks()).mended);

  child.kill('SIGTERM');
  await once(child, 'exit');
});
