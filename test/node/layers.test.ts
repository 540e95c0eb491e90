// Imports run one way, from top to bottom of the list in docs/ARCHITECTURE.md; layers.json is that list as Biome's rules.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { root } from '../support/cli.ts';

/** The folders of `src` as the document lists them, from top to bottom. */
function documentedLayers(): string[] {
  const text = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8');
  const list = /## Layers[\s\S]*?```text\n([\s\S]*?)```/.exec(text)![1]!;
  return [...list.matchAll(/^([\w-]+)\//gm)].map(([, name]) => name!);
}

const layers = documentedLayers();

/** Lints files that are made for it, and returns the imports that are refused, as `file line`. */
function refused(files: Record<string, string>): string[] {
  const paths = Object.keys(files).map((file) => join(root, file));
  try {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text, { flag: 'wx' });
    const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
    const options = ['lint', '--only=style/noRestrictedImports', '--reporter=json', '--max-diagnostics=1000'];
    const { stdout } = spawnSync(process.execPath, [biome, ...options, ...paths], {
      cwd: root,
      encoding: 'utf8',
    });
    const { diagnostics } = JSON.parse(stdout);
    return diagnostics.map(
      ({ location: { path, start } }: { location: { path: string; start: { line: number } } }) =>
        `${path} ${start.line}`,
    );
  } finally {
    for (const path of paths) rmSync(path, { force: true });
  }
}

describe('layers', () => {
  test('the document names each folder of src once', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((at) => at.isDirectory());
    assert.deepEqual([...layers].sort(), folders.map(({ name }) => name).sort());
  });

  test('an import from a layer above, or of a public entry, is refused; one from a layer below is not', () => {
    const files: Record<string, string> = {};
    const wanted: string[] = [];
    for (const [n, layer] of layers.entries()) {
      const file = `src/${layer}/wrong-import.ts`;
      const from = (name: string): string => `import '../${name}/x.ts';\n`;
      const above = layers.slice(0, n);
      files[file] = `import '../types.ts';\n${above.map(from).join('')}${layers.slice(n).map(from).join('')}`;
      for (let line = 1; line <= above.length + 1; line++) wanted.push(`${file} ${line}`);
    }
    files['src/store/format/wrong-import.ts'] =
      "export type { Engine } from '../../engine/engine.ts';\nexport const open = () => import('../../api/worker.ts');\n";
    for (const line of [1, 2]) wanted.push(`src/store/format/wrong-import.ts ${line}`);
    assert.deepEqual(refused(files).sort(), wanted.sort());
  });

  test('nor is one from a folder above within the page', () => {
    const folders = ['views', 'parts', 'work', 'state', 'texts'];
    const files: Record<string, string> = {};
    const wanted: string[] = [];
    for (const [n, folder] of folders.entries()) {
      const file = `page/${folder}/wrong-import.ts`;
      files[file] = ['../app.tsx', ...folders.map((name) => `../${name}/x.ts`)]
        .map((from) => `import '${from}';\n`)
        .join('');
      for (let line = 1; line <= n + 1; line++) wanted.push(`${file} ${line}`);
    }
    assert.deepEqual(refused(files).sort(), wanted.sort());
  });

  test('what a page loads has nothing of the layers for Node, nor of their packages', async () => {
    // By its address: bundled into this test it would take the bundle's folder for the root.
    const script = await import(pathToFileURL(join(root, 'scripts/build.mjs')).href);
    const inputs = new Set<string>();
    for (const options of script.pageBundles() as BuildOptions[]) {
      const { metafile } = await build({ ...options, absWorkingDir: root, metafile: true, write: false });
      for (const { inputs: used } of Object.values(metafile!.outputs)) {
        for (const [path, { bytesInOutput }] of Object.entries(used)) if (bytesInOutput > 0) inputs.add(path);
      }
    }
    assert.ok(inputs.has('src/network/manifest.ts') && inputs.has('src/delivery/download.ts'));
    const wrong =
      /^src\/(cli|convert|lance|output|server|site)\/|\.node\.ts$|\/(h5wasm|parse5|htmlparser2|css-select|picomatch|commander|cli-progress|@fastify|hono|@hono|prom-client|@lancedb|apache-arrow)\//;
    assert.deepEqual(
      [...inputs].filter((path) => wrong.test(path)),
      [],
    );
  });
});
