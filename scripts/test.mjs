// npm test [-- filter …]: unit tests in Node, the same and more in Chromium (wasm and WebGPU), Firefox and WebKit, the page driven.
// `--full` adds test/full and all of test/consumers and test/examples. `--node`, `--browser` (Chromium), `--firefox` and `--webkit` run those sides only; `--no-build`
// builds the kernels alone. A filter is a part of a test file's path.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, drivers, ensureBrowsers } from './browsers/index.mjs';
import { Side } from './browsers/side.mjs';
import { browserOptions, buildKernels, ensureBuilt, nodeOptions } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { writeConsumers } from './consumers-table.mjs';
import { missingFonts } from './fonts.mjs';
import { ensurePython, missingForPython } from './python.mjs';
import { serveTree } from './serve-tree.mjs';
import { ensureTensorFlow, root } from './setup.mjs';

const args = process.argv.slice(2);
const flags = new Set(args.filter((arg) => arg.startsWith('--')));
const filters = args.filter((arg) => !arg.startsWith('--'));
const full = flags.has('--full');

function testFiles(folder) {
  const path = join(root, 'test', folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', folder, name))
    .filter((name) => filters.length === 0 || filters.some((part) => name.includes(part)))
    .sort();
}

/** Bundles each file on its own; returns the outputs' paths relative to the root. */
async function bundle(files, outdir, options) {
  const { build } = await import('esbuild');
  rmSync(join(root, outdir), { recursive: true, force: true });
  const entryPoints = files.map((file) => ({ in: file, out: relative('test', file).replace(/\.ts$/, '') }));
  const define = { LIKENESS_FULL: String(full) };
  await build({ ...options, define: { ...options.define, ...define }, sourcemap: true, entryPoints, outdir });
  return entryPoints.map(({ out }) => join(outdir, out));
}

async function runNode(files) {
  if (files.length === 0) return true;
  if (!flags.has('--no-build')) ensureTensorFlow(); // TensorFlow.js, which the features are compared with
  const bundles = await bundle(files, 'build/test/node', {
    ...nodeOptions,
    external: ['../peers/*'], // a page's way to TensorFlow.js; in Node it is imported from where it is installed
    outExtension: { '.js': '.mjs' },
  });
  const result = spawnSync(
    process.execPath,
    [
      // A process of Node may stand still at its end, when it waits for a compilation that waits for it:
      // https://github.com/nodejs/node/issues/54918
      '--no-concurrent-recompilation',
      // Much of the time is waiting: for browsers, for what must not come.
      ...['--test', '--test-concurrency=3', '--test-reporter=spec'],
      ...bundles.map((path) => `${path}.mjs`),
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, LIKENESS_ROOT: root } },
  );
  return result.status === 0;
}

/** Projects that use the packed package; without `--full` and unless one is named, the quickest. */
const projectFiles = () => ['consumers', 'examples'].flatMap(testFiles);
const quickProjects = [
  ['consumers', 'esbuild'],
  ['examples', 'plain'],
].map(([folder, name]) => join('test', folder, `${name}.test.ts`));

async function runProjects() {
  const files = projectFiles().filter((file) => full || filters.length > 0 || quickProjects.includes(file));
  if (files.length === 0) return true;
  const bundles = await bundle(files, 'build/test/projects', {
    ...nodeOptions,
    outExtension: { '.js': '.mjs' },
  });
  rmSync(join(root, 'build/consumers'), { recursive: true, force: true });
  const env = { ...process.env, LIKENESS_ROOT: root };
  if (!full && filters.length === 0) env.LIKENESS_CONSUMERS_WEBGPU = 'HTML with an import map';
  const { status } = spawnSync(
    process.execPath,
    // One after the other: a bundler has all processors for itself.
    ['--test', '--test-concurrency=1', '--test-reporter=spec', ...bundles.map((path) => `${path}.mjs`)],
    { cwd: root, stdio: 'inherit', env },
  );
  if ((full && filters.length === 0) || process.env.LIKENESS_CONSUMERS_TABLE === 'write') writeConsumers();
  return status === 0;
}

/** What takes more than its share of the time in the second and third browser; `--full` has it there, too. */
const slow = [
  'browser/calls',
  'browser/explain',
  'flows/page-settings',
  'flows/remote',
  'flows/server-elements',
  'flows/similar-element',
  'unit/engine/map',
  'unit/knn/pairs',
  'unit/network/extractor',
  'unit/network/load',
  'unit/static-index/search',
  'unit/store/amortised',
  'unit/store/faults',
  'unit/store/handles',
];

/** Bundles the tests that run in pages, once for all browsers. */
async function bundleForPages() {
  const files = [...testFiles('unit'), ...testFiles('browser'), ...(full ? testFiles('full-browser') : [])];
  const bundles = await bundle(files, 'build/test/browser', {
    ...browserOptions,
    // What only Node runs is in chunks of its own, which the page never loads.
    external: ['node:*'],
    splitting: true,
    alias: {
      'node:test': './test/support/browser-test.ts',
      'node:assert/strict': './test/support/browser-assert.ts',
    },
  });
  mkdirSync(join(root, 'build/test/browser'), { recursive: true });
  writeFileSync(
    join(root, 'build/test/browser/run.html'),
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>tests</title><script src="/scripts/browsers/page-console.js"></script>',
  );
  return bundles.map((path) => path.replaceAll('\\', '/'));
}

/** Bundles and loads the tests that drive a browser. */
async function loadFlows() {
  const bundles = await bundle(
    ['flows', ...(full ? ['full-flows'] : [])].flatMap(testFiles),
    'build/test/flows',
    {
      ...nodeOptions,
      outExtension: { '.js': '.mjs' },
    },
  );
  const modules = bundles.map((path) => import(pathToFileURL(join(root, `${path}.mjs`)).href));
  return (await Promise.all(modules)).flatMap(({ flows }, n) =>
    flows.map((flow) => ({ ...flow, path: bundles[n] })),
  );
}

/** What Chromium answers, by the name of the test: a promise from the start where this run has Chromium do it. */
const answers = new Map();

/** Has the others wait for what Chromium is to answer. Each is told by `tell`, or by `tellNot`. */
function expectAnswers(flows) {
  for (const { name } of flows) {
    const expected = {};
    expected.answer = new Promise((tell, failed) => {
      expected.tell = tell;
      expected.tellNot = () => failed(new Error(`Chromium has no answer for "${name}".`));
    });
    expected.answer.catch(() => {}); // whoever waits hears of it
    answers.set(name, expected);
  }
}

/** What other browsers' answers are compared with: that of this run, or one that is asked for now. */
function chromiumsAnswer(name, answer) {
  if (!answers.has(name)) answers.set(name, { answer: askChromium(answer) });
  return answers.get(name).answer;
}

async function askChromium(answer) {
  const browser = await chromium.launch();
  try {
    return await answer(browser);
  } finally {
    await browser.close();
  }
}

async function runSide(driver, print, { bundles, flows, origin }) {
  const side = new Side(driver, print);
  const isLeftOut = (path) =>
    driver !== chromium && !full && filters.length === 0 && slow.some((part) => path.includes(part));
  const runBundles = async () => {
    for (const path of bundles) {
      if (isLeftOut(path)) {
        print(`▶ ${path} (${driver.name}): with --full only`);
        continue;
      }
      await side.runModule(path, `${origin}/build/test/browser/run.html`, `/${path}.js`);
    }
  };
  const runFlows = async () => {
    if (flows.length > 0) print(`▶ test/flows (${driver.name})`);
    for (const { name, path, answer, same } of flows) {
      if (isLeftOut(path)) {
        print(`  ${name}: with --full only`);
        continue;
      }
      await side.runFlow(name, async (browser) => {
        const given = await answer(browser);
        if (driver === chromium) answers.get(name).tell(given);
        else same(given, await chromiumsAnswer(name, answer));
      });
      if (driver === chromium) answers.get(name).tellNot();
    }
  };
  try {
    // Others are compared with Chromium: its answers are there when they come to them.
    if (driver === chromium) await runFlows();
    await runBundles();
    if (driver !== chromium) await runFlows();
    return await side.end();
  } finally {
    await side.close();
  }
}

/** Minutes of a GPU's work on a CPU, most of it in one thread: a Chromium of its own does it. */
const gpuWork = [
  'browser/engine/',
  'browser/image-search.test',
  'browser/knn/',
  'browser/network/webgpu',
  'full-browser/',
];

/** Lines of several that work at a time: those of the first come at once, those of the next when it is done. */
function linesInTurn(count) {
  const held = Array.from({ length: count }, () => []);
  const over = new Set();
  let now = 0;
  return held.map((lines, n) => ({
    print: (text) => (n === now ? console.log(text) : lines.push(text)),
    done() {
      over.add(n);
      while (over.has(now)) for (const text of held[++now] ?? []) console.log(text);
    },
  }));
}

/** Two Chromiums run beside the others, one with the work of a GPU. The others run one after another. */
async function runInBrowsers(wanted) {
  const bundles = await bundleForPages();
  const flows = await loadFlows();
  if (bundles.length + flows.length === 0) return true;
  const server = await serveTree(root, { isolated: true });
  const { origin } = server;
  const isGpuWork = (path) => gpuWork.some((part) => path.includes(part));
  const lanes = [];
  if (wanted.includes(chromium)) {
    const [rest, gpu] = [bundles.filter((path) => !isGpuWork(path)), bundles.filter(isGpuWork)];
    expectAnswers(flows);
    if (rest.length + flows.length > 0) lanes.push([{ driver: chromium, bundles: rest, flows }]);
    if (gpu.length > 0) lanes.push([{ driver: chromium, bundles: gpu, flows: [] }]);
  }
  const others = wanted.filter((driver) => driver !== chromium);
  if (others.length > 0) lanes.push(others.map((driver) => ({ driver, bundles, flows })));
  const turns = linesInTurn(lanes.length);
  const runLane = async (lane, { print, done }) => {
    let ok = true;
    try {
      for (const { driver, ...tests } of lane)
        ok = (await runSide(driver, print, { ...tests, origin })) && ok;
    } finally {
      done();
    }
    return ok;
  };
  try {
    const ends = await Promise.allSettled(lanes.map((lane, n) => runLane(lane, turns[n])));
    for (const { reason } of ends) if (reason) throw reason;
    return ends.every(({ value }) => value);
  } finally {
    await server.close();
  }
}

// A signal ends a process without its exit handlers, and these end browsers and displays.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

const only = drivers.filter(({ flag }) => flags.has(flag));
const inNode = flags.has('--node') || only.length === 0;
const browsers = only.length > 0 ? only : flags.has('--node') ? [] : drivers;
/** Minutes of pages in odd places, of a GPU's work on a CPU and of random commands, which few changes touch: with `--full`, or when a filter names them. */
const slowInNode = [
  'node/places/',
  'node/blocked-storage',
  'node/cli-model',
  'node/dev.test',
  'node/knn/kernel-shape',
  'node/odd-site',
  'node/page-gpu',
  'node/page-map',
  'node/webgpu-in-node',
];
const nodeFiles = (inNode ? ['unit', 'node', ...(full ? ['full'] : [])].flatMap(testFiles) : []).filter(
  (file) => full || filters.length > 0 || !slowInNode.some((part) => file.includes(part)),
);
// One of the examples is served by Python.
const servesExamples = inNode && testFiles('examples').length > 0;
const drives = servesExamples || nodeFiles.some((file) => !file.startsWith(join('test', 'unit')));

if (flags.has('--no-build')) await buildKernels();
else await ensureBuilt();
// Before the tests, of which some run at a time: only one installation can. Other browsers are compared with Chromium.
const drivesChromium = drives || browsers.length > 0 || (inNode && projectFiles().length > 0);
ensureBrowsers(
  [...new Set([...(drivesChromium ? [chromium] : []), ...browsers])],
  [
    ...(drives ? missingForPython() : []),
    ...(nodeFiles.some((file) => file.includes('page-screenshots')) ? missingFonts() : []),
  ],
);
if (drives) {
  ensureChromium();
  ensurePython();
}
let ok = true;
if (inNode) ok = (await runNode(nodeFiles)) && ok;
if (inNode) ok = (await runProjects()) && ok;
if (browsers.length > 0) ok = (await runInBrowsers(browsers)) && ok;
process.exitCode = ok ? 0 : 1;
