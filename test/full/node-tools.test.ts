// Versions of Node, bundlers for it and the tracer of Next and Vercel, fetched from npm into build/node-tools/.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root, samples, withFolder } from '../support/cli.ts';
import { installPackage } from '../support/installed-package.ts';
import { checkPlaces, layPrograms } from '../support/node-places.ts';

const run = promisify(execFile);
const tools = join(root, 'build/node-tools');

/** Installs packages, each with its exact version, into a folder of their own; does nothing where they are. */
async function install(name: string, packages: Record<string, string>): Promise<string> {
  const folder = join(tools, name);
  const manifest = JSON.stringify({ private: true, dependencies: packages });
  const path = join(folder, 'package.json');
  if (existsSync(join(folder, '.done')) && readFileSync(path, 'utf8') === manifest) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, manifest);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const options = { cwd: folder, shell: process.platform === 'win32' };
  await run(npm, ['install', '--no-audit', '--no-fund', '--no-package-lock'], options);
  writeFileSync(join(folder, '.done'), '');
  return folder;
}

describe('versions of Node', () => {
  for (const version of ['22.23.3', '24.21.0']) {
    test(`Node ${version}: as a module, by require, in a worker, with no permission but to read`, async () => {
      const folder = await install(`node-${version}`, { node: version });
      const node = join(folder, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
      assert.equal((await run(node, ['--version'])).stdout, `v${version}\n`);
      await withFolder(async (project) => {
        await installPackage(project);
        layPrograms(project);
        await checkPlaces(node, project, [root]);
      });
    });
  }
});

const program = `
import { ImageSearch } from 'likeness-search';
import { FlatIndex } from 'likeness-search/knn';
(async () => {
  const [image, options] = process.argv.slice(2);
  const search = await ImageSearch.open({ threads: 2, ...JSON.parse(options ?? '{}') });
  const { failed } = await search.add([{ id: 'a', image }]);
  if (failed.length > 0) throw failed[0].error;
  const [hit] = await search.query(image);
  const { extractor } = await search.report();
  await search.close();
  const index = await FlatIndex.create({ dimension: 2, threads: 2 });
  console.log(hit.id, hit.distance, extractor.threads, index.threads);
  index.close();
})();
`;
const found = 'a 0 2 2\n';
const photograph = join(samples, 'A001.jpeg');

describe('bundlers and tracers', () => {
  let folder: string;
  const load = async <T>(name: string): Promise<T> => {
    const path = createRequire(join(folder, 'x.js')).resolve(name);
    const module = await import(pathToFileURL(path).href);
    return (module.default ?? module) as T;
  };
  const result = async (file: string, ...args: string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, [file, photograph, ...args], {
      cwd: dirname(file),
      timeout: 120_000,
    });
    return stdout;
  };
  before(async () => {
    folder = await install('bundlers', {
      '@rollup/plugin-commonjs': '29.0.3',
      '@rollup/plugin-node-resolve': '16.0.3',
      '@vercel/nft': '1.11.5',
      rollup: '4.68.8',
      webpack: '5.113.0',
    });
  });

  /** The folder of a project with the package, and one elsewhere, where nothing is installed. */
  const withProject = (body: (project: string, elsewhere: string) => Promise<void>): Promise<void> =>
    withFolder((project) => withFolder((elsewhere) => body(project, elsewhere)));

  test('webpack: files of the model are found where it has put them, without a warning', () =>
    withProject(async (project, elsewhere) => {
      await installPackage(project);
      writeFileSync(join(project, 'program.mjs'), program);
      const webpack =
        await load<(options: object, done: (error: Error | null, stats: Stats) => void) => void>('webpack');
      for (const [type, end] of [
        ['module', 'mjs'],
        ['commonjs2', 'cjs'],
      ]) {
        const isModule = type === 'module';
        const out = join(elsewhere, `${end}`);
        const library = { library: { type }, ...(isModule && { module: true, chunkFormat: 'module' }) };
        const stats = await new Promise<Stats>((done, fail) =>
          webpack(
            {
              mode: 'production',
              target: 'node20',
              context: project,
              entry: './program.mjs',
              optimization: { minimize: false },
              experiments: { outputModule: isModule },
              output: { path: out, filename: `main.${end}`, ...library },
            },
            (error, all) => (error ? fail(error) : done(all)),
          ),
        );
        const { errors, warnings } = stats.toJson();
        assert.deepEqual(
          [...errors, ...warnings].map(({ message }) => message),
          [],
        );
        assert.equal(await result(join(out, `main.${end}`)), found);
      }
    }));

  test('Rollup: one file runs with the folder that is named, or lies beside it', () =>
    withProject(async (project, elsewhere) => {
      await installPackage(project);
      writeFileSync(join(project, 'program.mjs'), program);
      const { rollup } = await load<{ rollup(options: object): Promise<Bundle> }>('rollup');
      const resolve = await load<(options: object) => object>('@rollup/plugin-node-resolve');
      const commonjs = await load<() => object>('@rollup/plugin-commonjs');
      const bundle = await rollup({
        input: join(project, 'program.mjs'),
        plugins: [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs()],
        onwarn: () => {},
      });
      const web = join(root, 'dist/web');
      for (const [format, end] of [
        ['es', 'mjs'],
        ['cjs', 'cjs'],
      ]) {
        const out = join(elsewhere, format!);
        const file = join(out, `main.${end}`);
        await bundle.write({ dir: out, format, entryFileNames: `main.${end}`, inlineDynamicImports: true });
        assert.equal(await result(file, JSON.stringify({ assets: web })), found);
        cpSync(web, join(out, 'likeness'), { recursive: true });
        assert.equal(await result(file), found);
      }
    }));

  test('@vercel/nft lists all that a program needs, and no more of the package', () =>
    withProject(async (project, server) => {
      await installPackage(project);
      writeFileSync(join(project, 'program.mjs'), program);
      const { nodeFileTrace } = await load<{ nodeFileTrace: Trace }>('@vercel/nft');
      const { fileList } = await nodeFileTrace([join(project, 'program.mjs')], { base: '/' });
      const files = [...fileList].map((file) => `/${file}`);
      const ours = `${project}/node_modules/likeness-search/dist`;
      for (const name of ['manifest.json', 'model.onnx', 'graph-1.bin', 'dense-1.bin'])
        assert.ok(files.includes(`${ours}/web/models/vgg16-compact/${name}`), name);
      assert.deepEqual(
        files.filter((file) => file.startsWith(`${ours}/page/`) || file === `${ours}/node/cli.js`),
        [],
      );
      // Only what was listed, elsewhere.
      for (const file of files) {
        if (statSync(file).isDirectory()) continue; // a link; what it leads to is listed
        const name = file.startsWith(`${project}/`) ? file.slice(project.length) : file.slice(root.length);
        cpSync(file, join(server, name), { dereference: true });
      }
      assert.equal(await result(join(server, 'program.mjs')), found);
    }));
});

interface Stats {
  toJson(): { errors: { message: string }[]; warnings: { message: string }[] };
}
interface Bundle {
  write(options: object): Promise<unknown>;
}
type Trace = (files: string[], options: object) => Promise<{ fileList: Set<string> }>;
