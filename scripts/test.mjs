// npm test [-- filter …]: unit tests in Node, the same and more in Chromium (wasm and WebGPU), the page driven.
// `--full` adds test/full and all of test/consumers. `--node` or `--browser` runs one side only; `--no-build` builds the kernels alone. A filter is a part of a test file's path.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { browserOptions, buildKernels, ensureBuilt, nodeOptions } from './build.mjs';
import { ensureChromium, launchChromium } from './chromium.mjs';
import { writeConsumers } from './consumers-table.mjs';
import { ensurePython } from './python.mjs';
import { serveTree } from './serve-tree.mjs';
import { ensureTensorFlow, root } from './setup.mjs';

const args = process.argv.slice(2);
const flags = new Set(args.filter((arg) => arg.startsWith('--')));
const filters = args.filter((arg) => !arg.startsWith('--'));
const full = flags.has('--full');

function testFiles(folder) {
  const path = join(root, 'test', folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', folder, name))
    .filter((name) => filters.length === 0 || filters.some((part) => name.includes(part)))
    .sort();
}

/** Bundles each file on its own; returns the outputs' paths relative to the root. */
async function bundle(files, outdir, options) {
  const { build } = await import('esbuild');
  rmSync(join(root, outdir), { recursive: true, force: true });
  const entryPoints = files.map((file) => ({ in: file, out: relative('test', file).replace(/\.ts$/, '') }));
  await build({ ...options, sourcemap: true, entryPoints, outdir });
  return entryPoints.map(({ out }) => join(outdir, out));
}

async function runNode() {
  const files = [...testFiles('unit'), ...testFiles('node'), ...(full ? testFiles('full') : [])];
  if (files.length === 0) return true;
  if (files.some((file) => !file.startsWith(join('test', 'unit')))) {
    // Debian's packages before the tests: of these two run at a time, of installations one.
    ensureChromium();
    ensurePython();
  }
  if (!flags.has('--no-build')) ensureTensorFlow(); // TensorFlow.js, which the features are compared with
  const bundles = await bundle(files, 'build/test/node', {
    ...nodeOptions,
    external: ['../peers/*'], // a page's way to TensorFlow.js; in Node it is imported from where it is installed
    outExtension: { '.js': '.mjs' },
  });
  const result = spawnSync(
    process.execPath,
    ['--test', '--test-concurrency=2', '--test-reporter=spec', ...bundles.map((path) => `${path}.mjs`)],
    { cwd: root, stdio: 'inherit', env: { ...process.env, LIKENESS_ROOT: root } },
  );
  return result.status === 0;
}

/** Projects that use the packed package; without `--full` and unless one is named, the three quickest, one on WebGPU. */
async function runConsumers() {
  const quick = ['esbuild', 'import-map', 'vendored'].map((name) =>
    join('test', 'consumers', `${name}.test.ts`),
  );
  const files = testFiles('consumers').filter((file) => full || filters.length > 0 || quick.includes(file));
  if (files.length === 0) return true;
  ensureChromium();
  const bundles = await bundle(files, 'build/test/consumers', {
    ...nodeOptions,
    outExtension: { '.js': '.mjs' },
  });
  rmSync(join(root, 'build/consumers'), { recursive: true, force: true });
  const env = { ...process.env, LIKENESS_ROOT: root };
  if (!full && filters.length === 0) env.LIKENESS_CONSUMERS_WEBGPU = 'HTML with an import map';
  const { status } = spawnSync(
    process.execPath,
    // One after the other: a bundler has all processors for itself.
    ['--test', '--test-concurrency=1', '--test-reporter=spec', ...bundles.map((path) => `${path}.mjs`)],
    { cwd: root, stdio: 'inherit', env },
  );
  if (full && filters.length === 0) writeConsumers();
  return status === 0;
}

async function runBrowser() {
  const files = [...testFiles('unit'), ...testFiles('browser'), ...(full ? testFiles('full-browser') : [])];
  if (files.length === 0) return true;
  const bundles = await bundle(files, 'build/test/browser', {
    ...browserOptions,
    // What only Node runs is in chunks of its own, which the page never loads.
    external: ['node:*'],
    splitting: true,
    alias: {
      'node:test': './test/support/browser-test.ts',
      'node:assert/strict': './test/support/browser-assert.ts',
    },
  });
  writeFileSync(
    join(root, 'build/test/browser/run.html'),
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>tests</title>',
  );
  const server = await serveTree(root, { isolated: true });
  const browser = await launchChromium();
  let passed = 0;
  let failed = 0;
  try {
    for (const path of bundles) {
      // A page for each file: what one file leaves behind cannot help or hurt the next.
      const page = await browser.newPage();
      page.on('pageerror', (error) => console.error(`  page error: ${error.stack ?? error}`));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning' || message.text().startsWith('#')) {
          console.log(`  ${message.text()}`);
        }
      });
      page.setDefaultTimeout(0);
      await page.goto(`${server.origin}/build/test/browser/run.html`);
      console.log(`▶ ${path.replaceAll('\\', '/')} (Chromium)`);
      const results = await page.evaluate(
        async (url) => {
          await import(url);
          return globalThis.__runTests();
        },
        `/${path.replaceAll('\\', '/')}.js`,
      );
      for (const { name, error, ms } of results) {
        console.log(`  ${error ? '✖' : '✔'} ${name} (${ms.toFixed(0)}ms)`);
        if (error) console.log(error.replace(/^/gm, '      '));
      }
      if (results.length === 0) {
        console.log('  ✖ the file registered no test');
        failed++;
      }
      passed += results.filter(({ error }) => !error).length;
      failed += results.filter(({ error }) => error).length;
      await page.close();
    }
  } finally {
    await browser.close();
    await server.close();
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

if (flags.has('--no-build')) await buildKernels();
else await ensureBuilt();
let ok = true;
if (!flags.has('--browser')) ok = (await runNode()) && ok;
if (!flags.has('--browser')) ok = (await runConsumers()) && ok;
if (!flags.has('--node')) ok = (await runBrowser()) && ok;
process.exitCode = ok ? 0 : 1;
