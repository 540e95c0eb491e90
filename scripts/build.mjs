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
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { buildTypes } from './declarations.mjs';
import { knownPackages, writeNotices } from './notices.mjs';
import { buildServiceWorker } from './service-worker.mjs';
import { ensurePackages, root } from './setup.mjs';
import { buildShaders } from './shaders.mjs';

const run = promisify(execFile);
const stamp = join(root, 'build', '.built');
const inputs = [
  'assembly',
  'shaders',
  'models/vgg16-compact',
  'licenses',
  'src',
  'page',
  'scripts/build.mjs',
  'scripts/declarations.mjs',
  'scripts/service-worker.mjs',
  'scripts/shaders.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
  'asconfig.json',
  'package.json',
  'package-lock.json',
];

/** Kernel modules: [entry in assembly/, asconfig target]. Each becomes build/wasm/<entry>.<target>.wasm. */
const kernels = [
  ['distances', 'simd-shared'],
  ['distances', 'relaxed-shared'],
  ['quantised', 'simd-shared'],
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

/** Scripts of threads in Node, which the library holds as text: each becomes build/threads/<name>.txt. */
const threads = { search: 'src/knn/threads/worker.node.ts', network: 'src/network/worker.node.ts' };

/** Builds the scripts of threads. They contain the kernels, which are built before. */
async function buildThreads() {
  const { build } = await import('esbuild');
  await build({
    ...bundleOptions,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    plugins: [knownPackages],
    entryPoints: threads,
    outdir: 'build/threads',
    outExtension: { '.js': '.txt' },
  });
}

/** Compiles the kernels whose sources changed since they were compiled: the hash of these lies beside each module. */
export async function buildKernels(modules = kernels) {
  mkdirSync(join(root, 'build/wasm'), { recursive: true });
  buildShaders();
  // Of another project, and embedded like our kernels.
  const turbo = 'node_modules/@cwasm/jpeg-turbo/jpeg-turbo.wasm';
  cpSync(join(root, turbo), join(root, 'build/wasm/jpeg-turbo.wasm'));
  // The one build of HDF5's library that Node needs; its package has four.
  mkdirSync(join(root, 'build/h5wasm'), { recursive: true });
  for (const name of ['hdf5_hl.js', 'hdf5_util.js'])
    cpSync(join(root, 'node_modules/h5wasm/dist/node', name), join(root, 'build/h5wasm', name));
  // Decoders of libavif and libwebp. As files of ours they are bundled for Node too, where packages stay outside.
  for (const kind of ['avif', 'webp']) {
    mkdirSync(join(root, 'build', kind), { recursive: true });
    for (const name of [`${kind}_dec.js`, `${kind}_dec.wasm`])
      cpSync(join(root, `node_modules/@jsquash/${kind}/codec/dec`, name), join(root, 'build', kind, name));
  }
  for (const name of ['webp_enc_simd.js', 'webp_enc_simd.wasm'])
    cpSync(join(root, 'node_modules/@jsquash/webp/codec/enc', name), join(root, 'build/webp', name));
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
  await buildThreads();
}

/** SHA-256 over names and contents of files, as hex. */
function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.sort()) hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/**
 * `dist/web/`: all that a page needs, so that a site can have a copy of it. Modules of ours lie side by side, as the URLs
 * in them are relative to them. Workers and what is loaded when it is needed are one file each: whatever bundles the
 * page copies them as they are, or bundles a worker into one script.
 */
async function buildWeb() {
  const { build } = await import('esbuild');
  await buildOrt();
  await Promise.all(webBundles().map(build));
  cpSync(join(root, 'models/vgg16-compact'), join(root, 'dist/web/models/vgg16-compact'), {
    recursive: true,
  });
  writeNotices();
  checkAssets();
}

const webOptions = { ...browserOptions, plugins: [knownPackages], minify: true, outdir: 'dist/web' };

/** The library's bundles for pages, as options of esbuild; ONNX Runtime is built before. */
const webBundles = () => [
  {
    ...webOptions,
    define: { ORT_BYTES: JSON.stringify(ortBytes()) },
    splitting: true,
    chunkNames: 'likeness-chunk-[hash]',
    entryPoints: {
      likeness: 'src/index.ts',
      'likeness-knn': 'src/knn/index.ts',
      'likeness-site': 'src/static-index/search.ts',
    },
  },
  {
    ...webOptions,
    plugins: [knownPackages, unfollowedImports],
    conditions: ['likeness-worker'],
    entryPoints: {
      'likeness-worker': 'src/api/worker.ts',
      'likeness-knn-worker': 'src/knn/threads/worker.ts',
    },
  },
  {
    ...webOptions,
    plugins: [knownPackages, withoutOwnUrl],
    entryPoints: {
      'decoders/tiff': 'src/image/tiff/tiff.ts',
      'decoders/avif': 'src/image/avif/avif.ts',
      'decoders/webp-alpha': 'src/image/webp-alpha.ts',
      'decoders/jpeg-turbo': 'src/image/jpeg-turbo.ts',
    },
  },
];

/** Puts the comments that keep bundlers from following an `import()` back, which minifying takes away. */
const unfollowedImports = {
  name: 'unfollowed imports',
  setup(build) {
    build.initialOptions.write = false;
    build.onEnd(({ outputFiles = [] }) => {
      for (const { path, text } of outputFiles) {
        mkdirSync(dirname(path), { recursive: true });
        const comments = '/* webpackIgnore: true */ /* @vite-ignore */ /* turbopackIgnore: true */';
        writeFileSync(path, text.replaceAll(/\bimport\((?=[\w$]+\))/g, `import(${comments} `));
      }
    });
  },
};

const ortBuilds = { jspi: 'jspi', asyncify: 'webgpu' };

/** What a page fetches of each build of ONNX Runtime, in bytes. */
const ortBytes = () =>
  Object.fromEntries(
    Object.keys(ortBuilds).map((name) => {
      const [script, wasm] = ['js', 'wasm.gz'].map((end) => join(root, `dist/web/ort/${name}.${end}`));
      return [name, statSync(script).size + statSync(wasm).size];
    }),
  );

/** ONNX Runtime's native builds with WebGPU, their glue inside; the WebAssembly compressed: 4 and 7 MB instead of 17 and 27. */
async function buildOrt() {
  const { build } = await import('esbuild');
  const from = join(root, 'node_modules/onnxruntime-web');
  const { version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  mkdirSync(join(root, 'build/ort'), { recursive: true });
  mkdirSync(join(root, 'dist/web/ort'), { recursive: true });
  for (const [name, module] of Object.entries(ortBuilds)) {
    await build({
      ...webOptions,
      conditions: [], // with the glue inside
      // The script gets the WebAssembly as bytes and starts no threads: it loads no file.
      define: { 'import.meta.url': 'globalThis.location.href' },
      stdin: {
        contents: `export { env, InferenceSession, Tensor } from 'onnxruntime-web/${module}';`,
        resolveDir: root,
      },
      outdir: undefined,
      outfile: `dist/web/ort/${name}.js`,
    });
    const packed = join(root, `build/ort/${name}-${version}.wasm.gz`);
    if (!existsSync(packed)) {
      const wasm = readFileSync(join(from, `dist/ort-wasm-simd-threaded.${name}.wasm`));
      writeFileSync(packed, await promisify(gzip)(wasm, { level: 9 }));
    }
    cpSync(packed, join(root, `dist/web/ort/${name}.wasm.gz`));
  }
}

/** Each file needs a literal URL in the code, else no bundler copies it; and each URL needs its file. */
function checkAssets() {
  const source = readFileSync(join(root, 'src/assets/bundled.ts'), 'utf8');
  const named = [...source.matchAll(/new URL\('\.\/([^']+)', import\.meta\.url\)/g)].map(([, path]) => path);
  const there = readdirSync(join(root, 'dist/web'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(join(root, 'dist/web'), join(entry.parentPath, entry.name)).replaceAll('\\', '/'),
    )
    .filter((path) => !/^likeness[\w-]*\.js$|\.(txt|md)$/.test(path));
  const alone = [
    ...named.filter((path) => !there.includes(path)),
    ...there.filter((path) => !named.includes(path)),
  ];
  if (alone.length > 0) throw new Error(`src/assets/bundled.ts and dist/web differ in ${alone.join(', ')}`);
  // A page that only searches would otherwise get models and decoders from its bundler.
  const knn = readFileSync(join(root, 'dist/web/likeness-knn.js'), 'utf8');
  if (/new URL\("\.\/(?!likeness-)/.test(knn))
    throw new Error('likeness-knn.js names files that it does not need');
}

/**
 * Emscripten's glue names its WebAssembly by `new URL('x.wasm', import.meta.url)`, though it is handed the bytes: bundlers
 * and tracers of what a server needs would look for that file, and CommonJS has no such URL.
 */
const withoutOwnUrl = {
  name: 'without an URL of its own',
  setup(build) {
    build.onLoad({ filter: /([\\/]onnxruntime-web[\\/]dist[\\/].*\.mjs|_dec\.js)$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace(/if\(import\.meta\.url===undefined\)\{[^}]*\}/, '')
        .replaceAll('import.meta.url', '"file:///"'),
    }));
  },
};

async function buildNode() {
  const { build } = await import('esbuild');
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  await build({
    ...nodeOptions,
    plugins: [knownPackages, withoutOwnUrl],
    charset: 'utf8', // binary data in texts of others stay as short as they are
    // ONNX Runtime is bundled: all of its package would be 140 MB on every user's disk.
    packages: undefined,
    external: [...Object.keys(dependencies), ...Object.keys(peerDependencies)],
    splitting: true,
    chunkNames: '[name]-[hash]', // side by side: URLs in them are relative to dist/node
    outdir: 'dist/node',
    entryPoints: {
      index: 'src/node.ts',
      knn: 'src/knn/index.ts',
      site: 'src/site/index.ts',
      lance: 'src/lance/index.ts',
      cli: 'src/cli/main.ts',
      'small-thread': 'src/cli/serve/small/thread.ts', // of `likeness serve`
    },
  });
}

/** The page: what its first screen and first results need, and what is loaded after them. */
const pageBundle = {
  ...browserOptions,
  minify: true,
  entryPoints: { main: 'page/main.tsx', style: 'page/style/main.css' },
  splitting: true,
  chunkNames: 'chunk-[hash]', // side by side: URLs in them are relative to dist/page
  external: ['likeness-search'], // the page's import map points it to the library, as on anybody's page
  outdir: 'dist/page',
};

/** Its workers, each a script of its own. */
const pageWorkers = {
  ...browserOptions,
  minify: true,
  entryPoints: {
    'gpu-worker': 'page/gpu/worker.ts', // loaded by its button only
    'thumbnail-worker': 'page/work/thumbnails/worker.ts',
  },
  outdir: 'dist/page',
};

async function buildPage() {
  const { build } = await import('esbuild');
  await Promise.all([build(pageBundle), build(pageWorkers)]);
}

/** Copies the page's files that are not scripts. The library is built by then: the page's HTML names its scripts. */
export function copyPage() {
  for (const name of readdirSync(join(root, 'page'))) {
    if (/\.(svg|png|webmanifest)$/.test(name))
      cpSync(join(root, 'page', name), join(root, 'dist/page', name));
  }
  cpSync(join(root, 'page/samples'), join(root, 'dist/page/samples'), { recursive: true });
  // The Content-Security-Policy allows one inline script, the import map, by its hash.
  const html = readFileSync(join(root, 'page/index.html'), 'utf8');
  const [, importMap] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html);
  const hash = createHash('sha256').update(importMap).digest('base64');
  writeFileSync(
    join(root, 'dist/page/index.html'),
    html.replace('{{importmap}}', hash).replace('{{scripts}}', scriptPreloads()),
  );
}

/** Has a browser fetch all scripts of the first screen at once, and not each when the one before has named it. */
function scriptPreloads() {
  const lines = [
    ['dist/page', '', 'main.js'],
    ['dist/web', 'dist/web/', 'likeness.js'],
  ].flatMap(([folder, at, first]) => {
    const found = new Set([first]);
    for (const name of found) {
      const script = readFileSync(join(root, folder, name), 'utf8');
      for (const [, chunk] of script.matchAll(/\b(?:from|import)\s*"\.\/([\w-]*chunk-\w+\.js)"/g))
        found.add(chunk);
    }
    return [...found].filter((name) => name !== 'main.js').map((name) => at + name);
  });
  return lines.map((path) => `<link rel="modulepreload" href="${path}">`).join('\n');
}

/** Scripts of the custom elements, each with all that it needs: a site has copies of them. */
export const elementsBundle = {
  ...browserOptions,
  plugins: [knownPackages, unfollowedImports],
  minify: true,
  charset: 'utf8', // Chinese texts take a third of their escapes
  entryPoints: { similar: 'src/elements/similar.ts', search: 'src/elements/search.ts' },
  outdir: 'dist/elements',
};

/** All that a page loads, as options of esbuild: the page's scripts first. */
export const pageBundles = () => [pageBundle, pageWorkers, elementsBundle, ...webBundles()];

/** Makes the next `ensureBuilt()` build. */
export const forgetBuild = () => rmSync(stamp, { force: true });

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

export async function buildAll() {
  forgetBuild();
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await buildKernels();
  const { build } = await import('esbuild');
  await Promise.all([buildWeb(), buildNode(), buildPage(), build(elementsBundle), buildTypes()]);
  copyPage();
  await buildServiceWorker(root, browserOptions);
  writeFileSync(stamp, '');
}

export async function ensureBuilt() {
  ensurePackages();
  if (existsSync(stamp) && existsSync(join(root, 'dist'))) {
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
