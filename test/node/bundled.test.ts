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
ImageSearch.open({ threads: Number(process.argv[2]), model: process.argv[3] })
  .then(async (search) => {
    const image = { width: 2, height: 1, rgba: Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 255) };
    await search.add([{ id: 'a', image }]);
    const [hit] = await search.query(image);
    console.log('found', hit.id, hit.distance, (await search.report()).extractor.threads);
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
  test(`bundled into one file (${format}), the package runs anywhere, and says what is missing when there is no model`, () =>
    withFolder(async (folder) => {
      const entry = join(folder, 'program.mjs');
      writeFileSync(entry, program);
      // Nothing of the package above it; what has native code is installed.
      const alone = withNative(join(folder, 'alone'));
      const file = join(alone, `program.${end}`);
      await bundle(entry, file, format);
      for (const cwd of [alone, '/']) {
        const { stdout, stderr, ended } = await run(file, cwd, '1');
        assert.ok(ended, 'it ended');
        assert.match(
          stdout,
          /^imported\nnot-found .*"likeness-search" \(dist\/web\/models\).*external.*node_modules/,
          stderr,
        );
      }
      // Another package's package.json is not ours; with a model's folder all is there, threads included.
      writeFileSync(join(alone, 'package.json'), '{"name":"program"}');
      const model = join(root, 'models/vgg16-compact');
      for (const threads of ['1', '2']) {
        const given = await run(file, '/', threads, model);
        assert.equal(given.stdout, `imported\nfound a 0 ${threads}\n`, given.stderr);
      }
      // Installed beside it, all is found.
      mkdirSync(join(alone, 'node_modules/likeness-search'));
      for (const part of ['package.json', 'models', 'dist'])
        cpSync(join(root, part), join(alone, 'node_modules/likeness-search', part), { recursive: true });
      symlinkSync(
        join(root, 'node_modules'),
        join(alone, 'node_modules/likeness-search/node_modules'),
        'junction',
      );
      const found = await run(file, '/', '2');
      assert.equal(found.stdout, 'imported\nfound a 0 2\n', found.stderr);
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

test('the search alone bundled into one file has its threads', () =>
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
      assert.match(stdout, /^2 1 .*2 threads\n$/, stderr);
    }
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
