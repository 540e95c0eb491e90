// npm run size: what a page downloads, minified and brotli-compressed. Fails when `likeness/knn` outgrows its budget.
import { brotliCompressSync } from 'node:zlib';
import { browserOptions, buildKernels } from './build.mjs';
import { ensurePackages } from './setup.mjs';

/**
 * Bytes of `likeness/knn`, kernels and shaders included, after brotli: floats, codes and threads on the CPU, floats and
 * codes on the GPU.
 */
const knnBudget = 31_000;

const bundles = [
  { name: 'likeness/knn, kernels and shaders', entryPoints: ['src/knn/index.ts'], budget: knnBudget },
  // ONNX Runtime comes as files of its own.
  {
    name: 'likeness, page and worker, without onnxruntime-web',
    entryPoints: ['src/index.ts', 'src/worker/worker.ts'],
  },
];

if (!process.argv.includes('--no-build')) ensurePackages();
await buildKernels();
const { build } = await import('esbuild');

const lines = [['', 'minified', 'brotli', 'budget']];
let ok = true;
for (const { name, entryPoints, budget } of bundles) {
  const { outputFiles } = await build({
    ...browserOptions,
    entryPoints,
    minify: true,
    splitting: true,
    external: ['onnxruntime-web', 'onnxruntime-web/*'],
    outdir: 'unused',
    write: false,
  });
  const sum = (size) => outputFiles.reduce((total, { contents }) => total + size(contents), 0);
  const minified = sum((contents) => contents.length);
  const brotli = sum((contents) => brotliCompressSync(contents).length);
  lines.push([name, `${minified}`, `${brotli}`, budget === undefined ? '' : `${budget}`]);
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
