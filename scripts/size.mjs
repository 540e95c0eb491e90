// npm run size: what a page downloads, minified and brotli-compressed, at once and when it is needed. Fails when
// `likeness-search/knn` outgrows its budget.
import { relative } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { browserOptions, buildKernels } from './build.mjs';
import { ensurePackages, root } from './setup.mjs';

/** Bytes of `likeness-search/knn` after brotli, with kernels and shaders. */
const knnBudget = 35_500;

const bundles = [
  { name: '<likeness-similar>', entryPoints: ['src/elements/similar.ts'], budget: 7100 },
  {
    name: '<likeness-search>, before a picture comes',
    entryPoints: ['src/elements/search.ts'],
    budget: 10_400,
  },
  { name: 'likeness-search/knn, kernels and shaders', entryPoints: ['src/knn/index.ts'], budget: knnBudget },
  { name: 'likeness, page', entryPoints: ['src/index.ts'] },
  // ONNX Runtime comes as files of its own.
  {
    name: 'likeness, worker, without onnxruntime-web',
    entryPoints: ['src/api/worker.ts'],
    conditions: [...browserOptions.conditions, 'likeness-worker'],
  },
];

if (!process.argv.includes('--no-build')) ensurePackages();
await buildKernels();
const { build } = await import('esbuild');

const lines = [['', 'minified', 'brotli', 'budget']];
let ok = true;
for (const { name, entryPoints, budget, conditions = browserOptions.conditions } of bundles) {
  const { outputFiles, metafile } = await build({
    metafile: true,
    ...browserOptions,
    conditions,
    entryPoints,
    minify: true,
    splitting: true,
    external: ['onnxruntime-web', 'onnxruntime-web/*'],
    outdir: 'unused',
    write: false,
  });
  // What the entries import, and what that imports; the rest comes by dynamic imports.
  const atOnce = new Set(
    Object.keys(metafile.outputs).filter((path) => entryPoints.includes(metafile.outputs[path].entryPoint)),
  );
  for (const path of atOnce)
    for (const { path: imported, kind } of metafile.outputs[path].imports)
      if (kind === 'import-statement' && metafile.outputs[imported]) atOnce.add(imported);
  const sizes = outputFiles.map(({ path, contents }) => ({
    isAtOnce: atOnce.has(relative(root, path)),
    minified: contents.length,
    brotli: brotliCompressSync(contents).length,
  }));
  const sum = (isAtOnce, column) =>
    sizes.reduce((total, size) => total + (size.isAtOnce === isAtOnce ? size[column] : 0), 0);
  const brotli = sum(true, 'brotli');
  lines.push([name, `${sum(true, 'minified')}`, `${brotli}`, budget === undefined ? '' : `${budget}`]);
  if (sum(false, 'brotli') > 0)
    lines.push(['  loaded when it is needed', `${sum(false, 'minified')}`, `${sum(false, 'brotli')}`, '']);
  if (budget !== undefined && brotli > budget) {
    ok = false;
    console.error(
      `${name} is ${brotli} bytes after brotli, ${brotli - budget} over its budget of ${budget}.`,
    );
  }
}
const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
for (const line of lines) {
  console.log(
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
}
process.exitCode = ok ? 0 : 1;
