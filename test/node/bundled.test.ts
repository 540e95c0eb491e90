import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root, samples, withFolder } from '../support/cli.ts';

const program = `
import { ImageSearch } from ${JSON.stringify(join(root, 'dist/node/index.js'))};
console.log('imported');
const [threads, image, options] = process.argv.slice(2);
ImageSearch.open({ threads: Number(threads), ...JSON.parse(options) })
  .then(async (search) => {
    const { added } = await search.add([{ id: 'a', image }]);
    const [hit] = await search.query(image);
    console.log('found', added, hit.id, hit.distance, (await search.report()).extractor.threads);
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

/** Bundles as a program's author does: all of it in one file, nothing configured. */
async function bundle(entry: string, outfile: string, format: 'esm' | 'cjs', js = ''): Promise<void> {
  const options = { bundle: true, platform: 'node', format, logLevel: 'silent', banner: { js } } as const;
  await build({ entryPoints: [entry], outfile, ...options });
}

const photograph = join(samples, 'A001.jpeg');

for (const [format, end] of [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
] as const) {
  test(`bundled into one file (${format}), the package runs where nothing is installed, and says what is missing`, () =>
    withFolder(async (folder) => {
      const entry = join(folder, 'program.mjs');
      writeFileSync(entry, program);
      const alone = join(folder, 'alone');
      const file = join(alone, `program.${end}`);
      await bundle(entry, file, format);
      const opened = async (cwd: string, threads: number, options: object): Promise<string> => {
        const result = await run(file, cwd, `${threads}`, photograph, JSON.stringify(options));
        assert.ok(result.ended, 'it ended');
        return result.stdout || result.stderr;
      };
      const found = (threads: number): string => `imported\nfound 1 a 0 ${threads}\n`;
      // Another package's package.json is not ours.
      writeFileSync(join(alone, 'package.json'), '{"name":"program"}');
      for (const cwd of [alone, '/']) {
        const message = await opened(cwd, 1, {});
        assert.match(
          message,
          /^imported\nnot-found models\/vgg16-compact\/manifest\.json of "likeness-search"/,
        );
        assert.match(
          message,
          /copy node_modules\/likeness-search\/dist\/web to \S+\/alone\/likeness, .*assets: '/,
        );
      }
      // The model's folder, or all files that may be needed, where they are.
      const web = join(root, 'dist/web');
      const model = join(web, 'models/vgg16-compact');
      assert.equal(await opened('/', 1, { model }), found(1));
      assert.equal(await opened('/', 2, { model: pathToFileURL(model).href }), found(2));
      assert.equal(await opened(dirname(web), 1, { assets: 'web' }), found(1));
      assert.equal(await opened('/', 1, { assets: pathToFileURL(web).href }), found(1));
      const names = ['manifest.json', 'model.onnx', 'graph-1.bin', 'dense-1.bin'];
      const assets = Object.fromEntries(
        names.map((name) => [`models/vgg16-compact/${name}`, join(model, name)]),
      );
      assert.equal(await opened('/', 1, { assets }), found(1));
      assert.match(await opened('/', 1, { assets: alone }), /^imported\nnot-found .*alone\/models/);
      assert.match(
        await opened('/', 1, { assets: 7 }),
        /^imported\nbad-argument assets is 7; it has to be the folder/,
      );
      // Beside the program, or installed.
      cpSync(web, join(alone, 'likeness'), { recursive: true });
      assert.equal(await opened('/', 2, {}), found(2));
      rmSync(join(alone, 'likeness'), { recursive: true });
      const installed = join(alone, 'node_modules/likeness-search');
      cpSync(web, join(installed, 'dist/web'), { recursive: true });
      cpSync(join(root, 'package.json'), join(installed, 'package.json'));
      assert.equal(await opened('/', 1, {}), found(1));
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
    const file = join(folder, 'likeness.mjs');
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
