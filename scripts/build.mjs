// Builds everything: WebAssembly kernels, the library, the command line, the page, type declarations.
// `ensureBuilt()` does nothing when no source is newer than the last build.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensurePackages, root } from './setup.mjs';

const run = promisify(execFile);
const stamp = join(root, 'dist', '.built');
const inputs = [
  'assembly',
  'shaders',
  'src',
  'demo',
  'scripts/build.mjs',
  'asconfig.json',
  'package.json',
  'package-lock.json',
];

/** Kernel modules: [entry in assembly/, asconfig target]. Each becomes build/wasm/<entry>.<target>.wasm. */
const kernels = [
  ['knn', 'simd-shared'],
  ['knn', 'relaxed-shared'],
  ['codes', 'simd-shared'],
  ['image', 'simd'],
  ['checksum', 'simd'],
  ['dense', 'simd'],
  ['convolution', 'simd'],
  ['convolution', 'relaxed'],
  ['convolution', 'simd-shared'],
  ['convolution', 'relaxed-shared'],
];

/** esbuild settings shared with the test and bench bundles. `node20`/`es2023` keep newer built-ins out. */
export const bundleOptions = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  loader: { '.wgsl': 'text', '.wasm': 'binary' },
  logLevel: 'warning',
};
export const browserOptions = {
  ...bundleOptions,
  platform: 'browser',
  target: 'es2023',
  // ORT's glue stays in a file of its own: with threads, a pthread would otherwise run our whole bundle again.
  conditions: ['onnxruntime-web-use-extern-wasm'],
};
export const nodeOptions = { ...bundleOptions, platform: 'node', target: 'node20', packages: 'external' };

/** Compiles the kernels whose sources changed since they were compiled: the hash of these lies beside each module. */
export async function buildKernels(modules = kernels) {
  mkdirSync(join(root, 'build/wasm'), { recursive: true });
  // Not ours, but embedded the same way.
  const turbo = 'node_modules/@cwasm/jpeg-turbo/jpeg-turbo.wasm';
  cpSync(join(root, turbo), join(root, 'build/wasm/jpeg-turbo.wasm'));
  // Decoders of libavif and libwebp. As files of ours they are bundled for Node too, where packages stay outside.
  for (const kind of ['avif', 'webp']) {
    mkdirSync(join(root, 'build', kind), { recursive: true });
    for (const name of [`${kind}_dec.js`, `${kind}_dec.wasm`])
      cpSync(join(root, `node_modules/@jsquash/${kind}/codec/dec`, name), join(root, 'build', kind, name));
  }
  const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
  const sources = hashOf([
    ...readdirSync(join(root, 'assembly')).map((name) => `assembly/${name}`),
    'asconfig.json',
    'node_modules/assemblyscript/package.json',
  ]);
  const present = modules.filter(([entry]) => existsSync(join(root, 'assembly', `${entry}.ts`)));
  await Promise.all(
    present.map(async ([entry, target]) => {
      const output = `build/wasm/${entry}.${target}.wasm`;
      const stamp = join(root, `${output}.sources`);
      if (existsSync(join(root, output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources)
        return;
      const args = [
        asc,
        `assembly/${entry}.ts`,
        '--config',
        'asconfig.json',
        '--target',
        target,
        '-o',
        output,
      ];
      await run(process.execPath, args, { cwd: root }).catch((error) => {
        throw new Error(`asc ${entry} (${target}) failed:\n${error.stdout}${error.stderr}`);
      });
      writeFileSync(stamp, sources);
    }),
  );
}

/** SHA-256 over names and contents of files, as hex. */
function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.sort()) hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

async function buildLibrary() {
  const { build } = await import('esbuild');
  const shared = { minify: true, splitting: true, chunkNames: 'chunks/[name]-[hash]', outdir: 'dist' };
  await build({
    ...browserOptions,
    ...shared,
    entryPoints: {
      index: 'src/index.ts',
      worker: 'src/worker/worker.ts',
      'convolution-worker': 'src/worker/convolution-worker.ts',
    },
  });
  await build({
    ...browserOptions,
    minify: true,
    outdir: 'dist',
    entryPoints: { knn: 'src/knn/index.ts', 'knn-worker': 'src/knn/worker.ts' },
  });
  await build({
    ...nodeOptions,
    ...shared,
    minify: false,
    entryPoints: {
      node: 'src/node.ts',
      cli: 'src/cli/main.ts',
      'graph-worker': 'src/model/graph-worker.node.ts',
    },
  });
  for (const kind of ['avif', 'webp']) {
    const apache = readFileSync(join(root, `node_modules/@jsquash/${kind}/LICENSE`), 'utf8');
    const notice = readFileSync(join(root, `licenses/${kind}.txt`), 'utf8');
    writeFileSync(join(root, `dist/chunks/${kind}.LICENSE.txt`), notice + apache);
  }
  const ort = join(root, 'node_modules/onnxruntime-web/dist');
  mkdirSync(join(root, 'dist/ort'), { recursive: true });
  for (const name of readdirSync(ort)) {
    // The native builds: CPU only, WebGPU with JSPI, WebGPU with Asyncify. Not the deprecated JSEP one.
    if (/^ort-wasm-simd-threaded(\.jspi|\.asyncify)?\.(mjs|wasm)$/.test(name))
      cpSync(join(ort, name), join(root, 'dist/ort', name));
  }
}

async function buildPage() {
  const { build } = await import('esbuild');
  await build({
    ...browserOptions,
    minify: true,
    // The worker that measures a GPU is loaded by its button only.
    entryPoints: { main: 'demo/main.ts', 'gpu-worker': 'demo/gpu/worker.ts' },
    external: ['likeness-search'], // the page's import map points it to the library, as on anybody's page
    outdir: 'dist/page',
  });
  for (const name of readdirSync(join(root, 'demo'))) {
    if (/\.(css|svg)$/.test(name)) cpSync(join(root, 'demo', name), join(root, 'dist/page', name));
  }
  // The Content-Security-Policy allows one inline script, the import map, by its hash.
  const html = readFileSync(join(root, 'demo/index.html'), 'utf8');
  const [, importMap] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html);
  const hash = createHash('sha256').update(importMap).digest('base64');
  writeFileSync(join(root, 'dist/page/index.html'), html.replace('{{importmap}}', hash));
}

async function buildTypes() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root }).catch((error) => {
    throw new Error(`tsc failed:\n${error.stdout}${error.stderr}`);
  });
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

export async function buildAll() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await buildKernels();
  await Promise.all([buildLibrary(), buildPage(), buildTypes()]);
  writeFileSync(stamp, '');
}

export async function ensureBuilt() {
  ensurePackages();
  if (existsSync(stamp)) {
    const built = statSync(stamp).mtimeMs;
    if (inputs.every((path) => newest(join(root, path)) <= built)) return;
  }
  console.error('Building …');
  await buildAll();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensurePackages();
  await buildAll();
}
