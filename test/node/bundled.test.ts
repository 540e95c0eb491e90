import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { root, withFolder } from '../support/cli.ts';

const program = `
import { ImageSearch } from ${JSON.stringify(join(root, 'dist/node/index.js'))};
console.log('imported');
ImageSearch.open({ threads: 1, model: process.argv[2] })
  .then(async (search) => {
    console.log('opened', search.size);
    await search.close();
  })
  .catch((error) => console.log(error.code, error.message));
`;

function run(
  file: string,
  cwd: string,
  ...args: string[]
): Promise<{ stdout: string; stderr: string; ended: boolean }> {
  return new Promise((done) => {
    execFile(process.execPath, [file, ...args], { cwd, timeout: 60_000 }, (error, stdout, stderr) =>
      done({ stdout, stderr, ended: !error?.killed }),
    );
  });
}

/** Bundles as a program's author does: all of it in one file, but for what holds native code. */
async function bundle(entry: string, outfile: string, format: 'esm' | 'cjs', js = ''): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format,
    external: native,
    logLevel: 'silent',
    banner: { js },
  });
}

const native = ['sharp', 'h5wasm'];

/** A folder in which nothing is installed but what no bundle can hold. */
function withNative(folder: string): string {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  for (const name of native)
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  return folder;
}

for (const [format, end] of [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
] as const) {
  test(`bundled into one file (${format}), the package is imported anywhere and says what is missing when it opens`, () =>
    withFolder(async (folder) => {
      const entry = join(folder, 'program.mjs');
      writeFileSync(entry, program);
      // Nothing of the package above it; what has native code is installed.
      const alone = withNative(join(folder, 'alone'));
      const file = join(alone, `program.${end}`);
      await bundle(entry, file, format);
      for (const cwd of [alone, '/']) {
        const { stdout, stderr, ended } = await run(file, cwd);
        assert.ok(ended, 'it ended');
        assert.match(
          stdout,
          /^imported\nnot-found .*"likeness-search" \(dist\/web\/models\).*external.*node_modules/,
          stderr,
        );
      }
      // Another package's package.json is not ours; a model's folder alone does not bring the scripts of threads.
      writeFileSync(join(alone, 'package.json'), '{"name":"program"}');
      const model = join(root, 'models/vgg16-compact');
      const given = await run(file, alone, model);
      assert.match(
        given.stdout,
        /^imported\nnot-found .*"likeness-search" \(dist\/node\/graph-worker\.js\)/,
        given.stderr,
      );
      // Installed beside it, all is found.
      mkdirSync(join(alone, 'node_modules/likeness-search'));
      for (const part of ['package.json', 'models', 'dist'])
        cpSync(join(root, part), join(alone, 'node_modules/likeness-search', part), { recursive: true });
      symlinkSync(
        join(root, 'node_modules'),
        join(alone, 'node_modules/likeness-search/node_modules'),
        'junction',
      );
      const found = await run(file, '/');
      assert.match(found.stdout, /^imported\nopened 0\n$/, found.stderr);
    }));
}

const search = `
import { FlatIndex } from ${JSON.stringify(join(root, 'dist/node/knn.js'))};
FlatIndex.create({ dimension: 2, threads: 2 }).then(async (index) => {
  index.add(Float32Array.of(0, 1, 1, 0));
  const { rows } = await index.search(Float32Array.of(1, 0), 1);
  console.log(index.threads, rows[0], index.reason);
  index.close();
});
`;

test('the search alone bundled into one file answers on one thread, and says what its threads lack', () =>
  withFolder(async (folder) => {
    const entry = join(folder, 'program.mjs');
    writeFileSync(entry, search);
    for (const [format, end] of [
      ['esm', 'mjs'],
      ['cjs', 'cjs'],
    ] as const) {
      const file = join(folder, `bundle.${end}`);
      await bundle(entry, file, format);
      const { stdout, stderr } = await run(file, '/');
      assert.match(stdout, /^1 1 .*one thread, .*knn-worker\.js is not beside this code.*external/, stderr);
    }
    // Copied beside it, the script is found.
    cpSync(join(root, 'dist/node/knn-worker.js'), join(folder, 'knn-worker.js'));
    const { stdout, stderr } = await run(join(folder, 'bundle.mjs'), '/');
    assert.match(stdout, /^2 1 .*2 threads/, stderr);
  }));

test('the command line bundled into one file says its version anywhere', () =>
  withFolder(async (folder) => {
    const file = join(withNative(folder), 'likeness.mjs');
    // commander is CommonJS, and requires modules of Node.
    const require = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`;
    await bundle(join(root, 'dist/node/cli.js'), file, 'esm', require);
    const { stdout, stderr, ended } = await run(file, '/', '--version');
    assert.ok(ended);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/, stderr);
    const listed = await run(file, folder, 'model', 'list');
    assert.match(listed.stdout, /^No models in /, listed.stderr);
    const page = await run(file, folder, 'serve', '--port', '0');
    assert.match(page.stderr, /^likeness: .*"likeness-search" \(dist\).*node_modules/);
  }));
