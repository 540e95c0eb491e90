// Pages with a Content-Security-Policy: those that docs/deploying.md shows are enough, and what is missing in another is said.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright';
import sharp from 'sharp';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { root, samples } from '../../support/cli.ts';
import {
  type Answer,
  mainScript,
  type Outcome,
  outcomeOf,
  type Place,
  type Places,
  startPlaces,
  type ThreadsOutcome,
  threadsOutcomeOf,
  visit,
} from '../../support/places.ts';
import { documentedHeaders, documentedPolicy, policyWithout } from '../../support/policies.ts';
import { tinyModel } from '../../support/tiny-model.ts';

let browser: Browser;
let places: Places;
let cdn: string;
let origin: string;
/** A small model beside each page, and on the CDN. */
let tiny: Record<string, Answer>;
let right: Outcome;

const isolated = documentedHeaders('Threads: COOP and COEP');
const own = documentedPolicy('Content-Security-Policy');
const trusted = documentedPolicy('Trusted Types');

before(async () => {
  places = await startPlaces();
  browser = await launchChromium();
  tiny = Object.fromEntries(
    Object.entries(await tinyModel()).map(([name, body]) => [`tiny/${name}`, { body }]),
  );
  places.add('cdn', { headers: documentedHeaders('A CDN, another origin'), files: tiny });
  cdn = places.at('cdn', '127.0.0.1');
  origin = new URL(cdn).origin;
  right = await visit(browser, places.add('plain', {}), (page) => outcomeOf(page));
  assert.match(right.nearest, /^B001 0\.0000, \w+ [01]\.\d+, \w+ [01]\.\d+$/);
});
after(async () => {
  await browser.close();
  await places.close();
});

let count = 0;
interface Found {
  outcome: Outcome;
  threads: ThreadsOutcome;
  told: string[];
}

/** What the library does in a page, and its search alone with two threads. */
function tryIn(place: Place, options = '{}', more?: string): Promise<Found> {
  const url = places.add(`policy-${++count}`, { ...place, files: { ...tiny, ...place.files } });
  return visit(browser, url, async (page) => {
    const told: string[] = [];
    page.on('console', (message) => told.push(message.text()));
    const outcome = await outcomeOf(page, options, more);
    return { outcome, threads: await threadsOutcomeOf(page), told };
  });
}

const works = ({ outcome, threads }: Found, wanted = right.nearest): void => {
  assert.equal(outcome.error, undefined);
  assert.equal(outcome.nearest, wanted);
  assert.deepEqual([threads.error, threads.found, threads.threads], [undefined, [700, 0], 2], threads.reason);
};
const onGpu = "{ device: 'webgpu', model: 'tiny/' }";
const gpuWorks = ({ outcome }: Found): void => {
  assert.equal(outcome.error, undefined);
  assert.match(outcome.nearest, /^B001 0\.0000, /);
  assert.equal(outcome.device, 'webgpu');
};
const library = (url: string): Place['files'] => ({ 'main.js': { body: mainScript(url) } });
/** A page whose library is on the CDN. */
const fromCdn = (): Place => ({ files: library(`${cdn}likeness/`) });
const cdnPolicy = (): Record<string, string> => documentedPolicy('The library on another origin', origin);

describe('the documented policy', () => {
  test('is enough on the page’s own origin, with all decoders', async () => {
    const picture = () => sharp(join(samples, 'A001.jpeg')).resize(64, 64);
    const files = {
      'x.tiff': { body: await picture().tiff().toBuffer() },
      'x.avif': { body: await picture().avif().toBuffer() },
      'x.webp': { body: await picture().ensureAlpha(0.5).webp({ lossless: true }).toBuffer() },
      'x.cmyk': { body: await picture().toColourspace('cmyk').jpeg().toBuffer() },
    };
    const add = `async (search) => {
      const items = ${JSON.stringify(Object.keys(files))}.map((id) => ({ id, image: id }));
      return { failed: (await search.add(items)).failed.map(({ error }) => error.message), size: search.size };
    }`;
    const found = await tryIn({ headers: own, files }, '{}', add);
    works(found);
    assert.deepEqual((found.outcome as unknown as { failed: string[] }).failed, []);
    const decoders = ['tiff', 'avif', 'webp-alpha', 'jpeg-turbo'].map((name) => `/decoders/${name}.js`);
    for (const path of decoders)
      assert.ok(
        places.asked.some((asked) => asked.endsWith(path)),
        path,
      );
    assert.deepEqual(found.told, [], 'nothing is refused on the way');
  });

  test('is enough with threads that share memory', async () => {
    for (const embedder of ['require-corp', 'credentialless']) {
      const headers = { ...own, ...isolated, 'Cross-Origin-Embedder-Policy': embedder };
      const found = await tryIn({ headers }, '{ threads: 2 }');
      works(found);
      assert.equal(found.outcome.threads, 2);
      assert.doesNotMatch(found.threads.reason, /rows of its own/);
    }
  });

  test('is enough on WebGPU, with Trusted Types as well', async () => {
    // Which is the same and more.
    assert.ok(trusted['Content-Security-Policy']!.startsWith(own['Content-Security-Policy']!));
    gpuWorks(await tryIn({ headers: trusted }, onGpu));
  });

  test('is enough when the page alone has it, and its worker comes without', async () => {
    works(await tryIn({ headers: (path) => (path === '' ? own : {}) }));
  });

  test('has nothing that is not needed', async () => {
    const { outcome, threads } = await tryIn({ headers: policyWithout(own, " 'wasm-unsafe-eval'") });
    assert.equal(outcome.code, 'no-backend');
    assert.match(outcome.error!, /Content-Security-Policy.*'wasm-unsafe-eval' in script-src/);
    assert.equal(threads.backend, 'js');
    assert.deepEqual(threads.found, [700, 0]);
    assert.match(threads.reason, /plain JavaScript: .*'wasm-unsafe-eval' in script-src/);

    // In the page WebAssembly is allowed, in the worker that comes with another policy it is not.
    const noWasm = policyWithout(own, " 'wasm-unsafe-eval'");
    const inWorker = await tryIn({ headers: (path) => (path.endsWith('worker.js') ? noWasm : own) });
    assert.match(inWorker.outcome.error!, /'wasm-unsafe-eval' in script-src/);
    assert.match(inWorker.threads.reason, /one thread, as others do not start: .*'wasm-unsafe-eval'/);

    const noWorkers = await tryIn({ headers: policyWithout(own, "worker-src 'self'") });
    // Without worker-src script-src decides, in Chromium.
    works(noWorkers);
    const none = {
      'Content-Security-Policy': own['Content-Security-Policy']!.replace(
        "worker-src 'self'",
        "worker-src 'none'",
      ),
    };
    const refused = await tryIn({ headers: none });
    assert.equal(refused.outcome.code, 'no-backend');
    assert.match(
      refused.outcome.error!,
      /likeness-worker\.js, cannot be loaded: .*worker-src has to allow 'self'\.$/,
    );
    assert.match(
      refused.threads.reason,
      /one thread, .*likeness-knn-worker\.js.*worker-src has to allow 'self'/,
    );

    const noFetch = await tryIn({ headers: policyWithout(own, "; connect-src 'self'") });
    assert.equal(noFetch.outcome.code, 'not-found');
    assert.match(
      noFetch.outcome.error!,
      /manifest\.json cannot be fetched: .*connect-src has to allow 'self'\.$/,
    );
    assert.ok(noFetch.outcome.ms < 5000, 'a refusal is not tried again');
    works({ ...noFetch, outcome: right });
  });

  test('of pictures: what connect-src does not allow is named', async () => {
    const policy = documentedPolicy('Pictures', origin);
    const add = `async (search, at) => {
      const blob = await (await fetch(at('A001'))).blob();
      const text = await new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result);
        reader.readAsDataURL(blob);
      });
      const element = new Image();
      element.crossOrigin = 'anonymous';
      element.src = '${cdn}pictures/C001.jpeg';
      const images = { blob: URL.createObjectURL(blob), data: text, cdn: '${cdn}pictures/B001.jpeg', element };
      const { failed } = await search.add(Object.entries(images).map(([id, image]) => ({ id, image })));
      const hits = await search.query(images.cdn, { k: 2 });
      return { failed: failed.map(({ id, error }) => id + ' ' + error.message), size: search.size, hits: hits.map(({ distance }) => distance.toFixed(4)) };
    }`;
    type More = Outcome & { failed: string[]; size: number; hits: string[] };
    const found = await tryIn({ headers: policy }, '{}', add);
    works(found);
    const { failed, size, hits } = found.outcome as More;
    assert.deepEqual([failed, size, hits], [[], 7, ['0.0000', '0.0000']]);

    const bare = { 'Content-Security-Policy': `${own['Content-Security-Policy']}; img-src ${origin}` };
    const less = (await tryIn({ headers: bare }, '{}', add.replace('images.cdn, {', "at('B001'), {")))
      .outcome as More;
    assert.equal(less.error, undefined);
    assert.equal(less.size, 4, 'the <img> is read from what it shows');
    const needed = { blob: 'blob:', data: 'data:', cdn: origin };
    for (const [id, source] of Object.entries(needed)) {
      const [message] = less.failed.filter((text) => text.startsWith(id));
      assert.match(message!, new RegExp(`connect-src has to allow ${source}$`));
    }
  });

  test('of a model from another origin', async () => {
    const model = `{ model: '${cdn}tiny/', device: 'wasm' }`;
    const found = await tryIn({ headers: documentedPolicy('A model from another origin', origin) }, model);
    assert.match(found.outcome.nearest, /^B001 0\.0000, /);
    const { outcome } = await tryIn({ headers: own }, model);
    assert.match(outcome.error!, new RegExp(`connect-src has to allow ${origin}\\.$`));
  });

  test('of the library on another origin, isolated or not, on wasm and on WebGPU', async () => {
    works(await tryIn({ ...fromCdn(), headers: cdnPolicy() }));
    const found = await tryIn({ ...fromCdn(), headers: { ...cdnPolicy(), ...isolated } }, '{ threads: 2 }');
    works(found);
    assert.equal(found.outcome.threads, 2, found.outcome.reason);
    gpuWorks(await tryIn({ ...fromCdn(), headers: { ...cdnPolicy(), ...isolated } }, onGpu));

    const refused = await tryIn({
      ...fromCdn(),
      headers: policyWithout(cdnPolicy(), `worker-src blob: ${origin}; `),
    });
    const wanted = new RegExp(`worker-src has to allow blob:|worker-src blob: ${origin}`);
    assert.match(refused.outcome.error!, wanted);
    assert.match(refused.threads.reason, wanted);
    const half = policyWithout(cdnPolicy(), `worker-src blob: ${origin}`);
    half['Content-Security-Policy'] += '; worker-src blob:';
    const { outcome, threads } = await tryIn({ ...fromCdn(), headers: half });
    const both = new RegExp(`worker-src blob: ${origin} and script-src ${origin}`);
    assert.match(outcome.error!, both);
    assert.match(threads.reason, both);
  });

  test('of assets on another origin than the library', async () => {
    const { outcome } = await tryIn({ headers: cdnPolicy() }, `{ assets: '${cdn}likeness/' }`);
    assert.equal(outcome.nearest, right.nearest);
  });
});

describe('Trusted Types', () => {
  test('the documented policy is enough: threads, the search alone, a library on another origin', async () => {
    works(await tryIn({ headers: trusted }));
    const shared = await tryIn({ headers: { ...trusted, ...isolated } }, '{ threads: 2 }');
    works(shared);
    assert.equal(shared.outcome.threads, 2, shared.outcome.reason);
    const types = "; require-trusted-types-for 'script'; trusted-types likeness";
    const both = { 'Content-Security-Policy': cdnPolicy()['Content-Security-Policy']! + types };
    const elsewhere = await tryIn({ ...fromCdn(), headers: { ...both, ...isolated } }, '{ threads: 2 }');
    works(elsewhere);
    assert.equal(elsewhere.outcome.threads, 2, elsewhere.outcome.reason);
  });

  test('a worker of the old kind on another origin, as webpack makes them, gets its script through the policy', async () => {
    // What bundlers write for it: no module.
    const types = "; require-trusted-types-for 'script'; trusted-types likeness";
    const headers = {
      'Content-Security-Policy': cdnPolicy()['Content-Security-Policy']! + types,
      ...isolated,
    };
    const classic = (path: string): Answer | undefined =>
      /^likeness\/likeness.*\.js$/.test(path)
        ? {
            body: readFileSync(join(root, 'dist/web', path.slice(9)), 'utf8').replace(
              /new URL\("\.\/(likeness-(?:knn-)?worker\.js)",import\.meta\.url\),\{type:"module"/g,
              (_, name) => `new URL("${cdn}likeness/${name}"),{type:void 0`,
            ),
          }
        : undefined;
    const found = await tryIn({ headers, answer: classic }, '{ threads: 2 }');
    works(found);
    assert.equal(found.outcome.threads, 2, found.outcome.reason);
  });

  test('without the name in the policy the error says it', async () => {
    const headers = policyWithout(trusted, ' likeness');
    const { outcome, threads } = await tryIn({ headers });
    assert.equal(outcome.code, 'no-backend');
    assert.match(outcome.error!, /"trusted-types likeness"/);
    assert.match(threads.reason, /one thread, as others do not start: .*"trusted-types likeness"/);
  });

  test('two copies of the library need duplicates, and the second says so', async () => {
    const files = (more: string): Place['files'] => ({
      'main.js': {
        body: `import * as one from './likeness/likeness.js'; import * as two from './other/likeness/likeness.js';
          import { use } from './use.js';
          Object.assign(globalThis, { ready: true, library: one, use: () => Promise.all([one, two].map((copy) => use(copy${more}))) });`,
      },
    });
    const both = (headers: Record<string, string>): Promise<Outcome[]> =>
      visit(
        browser,
        places.add(`policy-${++count}`, { headers, files: files('') }),
        async (page) => (await outcomeOf(page)) as unknown as Outcome[],
      );
    const [first, second] = await both(trusted);
    assert.equal(first!.nearest, right.nearest);
    assert.match(second!.error!, /two copies of Likeness are in one page/);
    const allowed = { 'Content-Security-Policy': `${trusted['Content-Security-Policy']} 'allow-duplicates'` };
    assert.deepEqual(
      (await both(allowed)).map(({ nearest }) => nearest),
      [right.nearest, right.nearest],
    );
  });
});
