// Where a page's script is not alone, or no page's: workers, frames, service workers, two copies, frozen globals.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium, launchPersistentChromium } from '../../../scripts/chromium.mjs';
import { withFolder } from '../../support/cli.ts';
import {
  mainScript,
  type Outcome,
  outcomeOf,
  type Place,
  type Places,
  startPlaces,
  type ThreadsOutcome,
  visit,
} from '../../support/places.ts';
import { documentedHeaders, documentedPolicy } from '../../support/policies.ts';

let browser: Browser;
let places: Places;
let right: Outcome;
let cdn: string;
const isolated = documentedHeaders('Threads: COOP and COEP');
before(async () => {
  places = await startPlaces();
  browser = await launchChromium();
  places.add('cdn', { headers: documentedHeaders('A CDN, another origin') });
  cdn = places.at('cdn', '127.0.0.1');
  right = await visit(browser, places.add('plain', {}), (page) => outcomeOf(page));
  assert.match(right.nearest, /^B001 0\.0000, /);
});
after(async () => {
  await browser.close();
  await places.close();
});
let count = 0;
const add = (place: Place): string => places.add(`realm-${++count}`, place);

interface InWorker {
  outcome: Outcome & { images: string; size: number };
  threads: ThreadsOutcome;
  lists: string;
}

/** What a worker does when it is spoken to. `library`, `knn` and `use` are promised by what is before. */
const work = `
onmessage = async () => {
  const [library, knn, { use, useThreads }] = await imports;
  const images = async (search, at) => {
    const blob = await (await fetch(at('A001'))).blob();
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const given = { blob, url: new URL(at('A001')), relative: './pictures/A001.jpeg', bitmap, canvas };
    const { failed } = await search.add(Object.entries(given).map(([id, image]) => ({ id, image })));
    const hits = await search.query(at('A001'), { k: 6 });
    return { images: failed.map(({ error }) => error.message).join() || hits.map(({ distance }) => distance < 0.02).join(), size: search.size };
  };
  const outcome = await use(library, { store: 'opfs:worker' }, images);
  const { listModels, listIndexes, modelInfo, deleteModel, deleteIndex } = library;
  const sizes = async () => [(await listModels()).length, (await listIndexes()).length].join();
  const lists = [await sizes(), (await modelInfo('vgg16-compact')).dimension];
  await deleteModel('vgg16-compact');
  await deleteIndex('opfs:worker');
  lists.push(await sizes());
  postMessage({ outcome, threads: await useThreads(knn), lists: lists.join(' ') });
};`;
const urls = ['./likeness/likeness.js', './likeness/likeness-knn.js', './use.js'];
const promised = (base = './'): string =>
  `const imports = Promise.all([${urls.map((url) => `import('${url.replace('./', base)}')`).join()}]);`;
const workers = {
  'own.js': { body: `const imports = [${urls.map((_, n) => `m${n}`).join()}]; ${work}` },
  'classic.js': { body: promised() + work },
  'nested.js': {
    body: `const inner = new Worker('./own.js', { type: 'module' }); inner.onmessage = ({ data }) => postMessage(data); onmessage = () => inner.postMessage(1);`,
  },
};
workers['own.js'].body =
  urls.map((url, n) => `import * as m${n} from '${url}';`).join('') + workers['own.js'].body;

/** Starts a worker, JavaScript that makes one, and asks it. */
const ask = (page: Page, make: string): Promise<InWorker> =>
  page.evaluate(`new Promise((done, failed) => {
    const worker = ${make};
    worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
    worker.onerror = (event) => failed(new Error(event.message || 'not loaded'));
    worker.postMessage(1);
  })`);

const workedInWorker = ({ outcome, threads, lists }: InWorker): void => {
  assert.equal(outcome.error, undefined);
  assert.equal(outcome.nearest, right.nearest);
  assert.equal(outcome.store, 'opfs:worker');
  assert.deepEqual([outcome.size, outcome.images], [8, 'true,true,true,true,true,true']);
  assert.deepEqual([threads.error, threads.found, threads.threads], [undefined, [700, 0], 2]);
  assert.equal(lists, '1,1 512 0,0');
};

describe('in a worker of the page’s own', () => {
  for (const [what, make] of Object.entries({
    'a module': "new Worker('./own.js', { type: 'module' })",
    'a classic one that imports': "new Worker('./classic.js')",
    'one in a worker': "new Worker('./nested.js')",
  })) {
    test(what, () =>
      visit(browser, add({ files: workers, headers: isolated }), async (page) => {
        const found = await ask(page, make);
        workedInWorker(found);
        assert.doesNotMatch(found.threads.reason, /rows of its own/, 'memory is shared');
      }),
    );
  }

  test('one that is a blob, in which the site is the base of relative URLs', () =>
    visit(browser, add({}), async (page) => {
      const base = page.url();
      const path = new URL(base).pathname;
      const text = (promised(base) + work).replace("'./pictures", `'${path}pictures`);
      workedInWorker(await ask(page, `new Worker(URL.createObjectURL(new Blob([${JSON.stringify(text)}])))`));
    }));

  test('with the library on another origin', () =>
    visit(browser, add({ files: { 'classic.js': { body: promised(cdn) + work } } }), async (page) => {
      const found = await ask(page, "new Worker('./classic.js')");
      workedInWorker(found);
    }));

  test('where no worker can be started the error says so', () => {
    const answer = `async (port) => {
      const said = (error) => ({ error: error.message, code: error.code });
      const open = await library.ImageSearch.open().catch(said);
      const index = await knn.FlatIndex.create({ dimension: 8, threads: 2 });
      port.postMessage({ open, reason: index.reason });
    }`;
    const imports = `import * as library from './likeness/likeness.js'; import * as knn from './likeness/likeness-knn.js'; const answer = ${answer};`;
    const files = {
      'shared.js': { body: `${imports} onconnect = ({ ports: [port] }) => answer(port);` },
      'service.js': { body: `${imports} onmessage = ({ source }) => answer(source);` },
    };
    return visit(browser, add({ files }), async (page) => {
      for (const script of [
        `new SharedWorker('./shared.js', { type: 'module' }).port.onmessage = ({ data }) => done(data);`,
        `navigator.serviceWorker.onmessage = ({ data }) => done(data);
         navigator.serviceWorker.register('./service.js', { type: 'module' }).then(() => navigator.serviceWorker.ready)
           .then(({ active }) => active.postMessage(1));`,
      ]) {
        const { open, reason } = await page.evaluate<{
          open: { error: string; code: string };
          reason: string;
        }>(`new Promise((done) => { ${script} })`);
        assert.equal(open.code, 'no-backend');
        assert.match(open.error, /Workers cannot be started here.*call this from a page/);
        assert.match(reason, /one thread, .*Workers cannot be started here/);
      }
    });
  });
});

/** The frame that has the library. */
async function inFrame(page: Page, options: string): Promise<Outcome> {
  for (;;) {
    for (const frame of page.frames()) {
      if (await frame.evaluate('globalThis.ready === true').catch(() => false))
        return frame.evaluate(`globalThis.use(globalThis.library, ${options})`);
    }
    await page.waitForTimeout(20);
  }
}

describe('in a frame', () => {
  const sandboxed = (library: string, headers: Record<string, string>): Place => ({
    page: '<!doctype html><iframe sandbox="allow-scripts" src="inner.html"></iframe>',
    files: {
      'inner.html': {
        body: `<!doctype html><meta charset="utf-8"><script type="module" src="main.js"></script>`,
      },
      'main.js': { body: mainScript(library) },
    },
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      ...headers,
    },
  });

  test('with sandbox="allow-scripts", from the site and from a CDN, isolated and not', async () => {
    for (const library of ['./likeness/', `${cdn}likeness/`]) {
      for (const headers of [{}, isolated]) {
        const found = await visit(browser, add(sandboxed(library, headers)), (page) =>
          inFrame(page, "{ store: 'opfs:mine' }"),
        );
        assert.equal(found.error, undefined);
        assert.equal(found.nearest, right.nearest);
        assert.deepEqual([found.store, found.modelFiles], ['memory', 'memory']);
      }
    }
  });

  test('with a sandbox, of a server that does not allow the origin "null", the error says CORS', async () => {
    const { files, page: html } = sandboxed('./likeness/', {});
    const cors = (path: string): Record<string, string> =>
      path.endsWith('worker.js') ? {} : { 'Access-Control-Allow-Origin': '*' };
    const found = await visit(browser, add({ files, page: html!, headers: cors }), (page) =>
      inFrame(page, '{}'),
    );
    assert.match(found.error!, /likeness-worker\.js, cannot be loaded: .*page of null to read it \(CORS\)/);
  });

  test('of another site, whose data the browser blocks, or keeps apart', () =>
    withFolder(async (folder) => {
      add({});
      const inner = places.at(`realm-${count}`, '127.0.0.1');
      const outer = add({ page: `<!doctype html><iframe src="${inner}"></iframe>` });
      const storage = (page: Page) =>
        page
          .frames()[1]!
          .evaluate(() =>
            navigator.locks
              .request('test', () => 'allowed')
              .catch((error: DOMException) => `${error.name}: ${error.message}`),
          );
      // Contexts of the tests are private windows, where Chromium blocks it.
      await visit(browser, outer, async (page) => {
        const found = await inFrame(page, "{ store: 'opfs:mine' }");
        assert.equal(await storage(page), 'SecurityError: The request was denied.');
        assert.deepEqual([found.error, found.nearest], [undefined, right.nearest]);
        assert.deepEqual([found.store, found.modelFiles], ['memory', 'memory']);
      });
      await mkdir(join(folder, 'Default'), { recursive: true });
      const profile = { cookie_controls_mode: 0 };
      await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify({ profile }));
      const context = await launchPersistentChromium(folder);
      try {
        const page = await context.newPage();
        await page.goto(outer);
        const found = await inFrame(page, "{ store: 'opfs:mine' }");
        assert.equal(await storage(page), 'allowed');
        assert.deepEqual([found.error, found.nearest, found.store], [undefined, right.nearest, 'opfs:mine']);
      } finally {
        await context.close();
      }
    }));
});

test('behind a service worker that has all in its cache, whole files for ranges, and no network', () => {
  const files = {
    'sw.js': {
      body: `
        addEventListener('install', () => skipWaiting());
        addEventListener('activate', (event) => event.waitUntil(clients.claim()));
        addEventListener('fetch', (event) => event.respondWith((async () => {
          const cache = await caches.open('site');
          const found = await cache.match(event.request, { ignoreVary: true });
          if (found) return found;
          const answer = await fetch(event.request.url);
          if (answer.ok) await cache.put(event.request.url, answer.clone());
          return answer;
        })()));`,
    },
  };
  let isDown = false;
  const url = add({ files, answer: () => (isDown ? { status: 503 } : undefined) });
  return visit(browser, url, async (page) => {
    await page.evaluate(`navigator.serviceWorker.register('./sw.js').then(() => new Promise((done) => {
      if (navigator.serviceWorker.controller) done();
      else navigator.serviceWorker.addEventListener('controllerchange', done);
    }))`);
    await page.reload();
    const keep = `async (search) => {
      const file = await search.export();
      await (await caches.open('site')).put('./copy.likeness', new Response(file));
      return {};
    }`;
    const first = await outcomeOf(page, "{ store: 'opfs:kept' }", keep);
    assert.deepEqual([first.error, first.nearest, first.store], [undefined, right.nearest, 'opfs:kept']);
    isDown = true;
    await page.reload();
    const again = await outcomeOf(page, "{ store: 'opfs:kept' }");
    assert.deepEqual([again.error, again.nearest, again.store], [undefined, right.nearest, 'opfs:kept']);
    const copy = await page.evaluate(`(async () => {
      const search = await library.ImageSearch.open({ store: './copy.likeness' });
      const hits = await search.query(new URL('./pictures/B001.jpeg', location.href), { k: 1 });
      return [search.size, hits[0].id, hits[0].distance].join();
    })()`);
    assert.equal(copy, '3,B001,0');
    // Of the model the stored files are enough, without the service worker's.
    await page.evaluate(
      "caches.open('site').then(async (cache) => { for (const request of await cache.keys()) if (request.url.includes('/models/')) await cache.delete(request); })",
    );
    const stored = await outcomeOf(page);
    assert.deepEqual([stored.error, stored.nearest], [undefined, right.nearest]);
  });
});

describe('in a page with more', () => {
  test('two copies of the library, each opened three times at once', () => {
    const body = `import * as one from './likeness/likeness.js'; import * as two from './other/likeness/likeness.js'; import { use } from './use.js';
      Object.assign(globalThis, { ready: true, library: one, use: () => Promise.all([one, two, one, two, one, two].map((copy, n) => use(copy, n < 2 ? { store: 'opfs:' + n } : {}))) });`;
    return visit(browser, add({ files: { 'main.js': { body } } }), async (page) => {
      const found = (await outcomeOf(page)) as unknown as Outcome[];
      assert.deepEqual(
        found.map(({ error, nearest }) => error ?? nearest),
        found.map(() => right.nearest),
      );
      assert.deepEqual(
        found.map(({ store }) => store),
        ['opfs:0', 'opfs:1', undefined, undefined, undefined, undefined],
      );
    });
  });

  test('opened six times at once, in memory', () => {
    const body = `import * as one from './likeness/likeness.js'; import { use } from './use.js';
      Object.assign(globalThis, { ready: true, library: one, use: () => Promise.all(Array.from({ length: 6 }, () => use(one))) });`;
    return visit(browser, add({ files: { 'main.js': { body } } }), async (page) => {
      const found = (await outcomeOf(page)) as unknown as Outcome[];
      assert.deepEqual(
        found.map(({ error, nearest }) => error ?? nearest),
        Array.from({ length: 6 }, () => right.nearest),
      );
    });
  });

  test('frozen globals and prototypes, as programs have that trust no package', () => {
    const lockdown = `
      for (const name of ['Worker', 'URL', 'Blob', 'Promise', 'Error', 'Array', 'Object', 'Function', 'Map', 'Set'])
        Object.defineProperty(globalThis, name, { value: globalThis[name], writable: false, configurable: false });
      for (const { prototype } of [Object, Function, Array, Error, TypeError, Promise, Map, Set, RegExp, Date, Uint8Array, Float32Array])
        Object.freeze(prototype);
      Object.freeze(Object.getPrototypeOf(Uint8Array.prototype));`;
    const page =
      '<!doctype html><meta charset="utf-8"><script src="lockdown.js"></script><script type="module" src="main.js"></script>';
    const body = { 'lockdown.js': { body: lockdown } };
    const from = (library: string) => ({ ...body, 'main.js': { body: mainScript(library) } });
    const trusted = documentedPolicy('Trusted Types');
    const tried = async (place: Place): Promise<void> =>
      visit(browser, add({ page, ...place }), async (at) => {
        const found = await outcomeOf(at, "{ threads: 2, store: 'opfs:frozen' }");
        assert.deepEqual([found.error, found.nearest, found.threads], [undefined, right.nearest, 2]);
        const threads = await at.evaluate<ThreadsOutcome>('useThreads(knn)');
        assert.deepEqual([threads.error, threads.found, threads.threads], [undefined, [700, 0], 2]);
      });
    return (async () => {
      await tried({ files: body, headers: isolated });
      await tried({ files: body, headers: { ...isolated, ...trusted } });
      await tried({ files: from(`${cdn}likeness/`), headers: isolated });
    })();
  });
});
