// Servers that do not send what they should: each error names the file and what came instead.
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright';
import sharp from 'sharp';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { root, samples, withFolder } from '../../support/cli.ts';
import {
  type Answer,
  mainScript,
  type Outcome,
  outcomeOf,
  type Place,
  type Places,
  startPlaces,
  threadsOutcomeOf,
  visit,
} from '../../support/places.ts';
import { documentedHeaders } from '../../support/policies.ts';

let browser: Browser;
let places: Places;
let right: Outcome;
before(async () => {
  places = await startPlaces();
  browser = await launchChromium();
  right = await visit(browser, places.add('plain', {}), (page) => outcomeOf(page));
  assert.match(right.nearest, /^B001 0\.0000, /);
});
after(async () => {
  await browser.close();
  await places.close();
});

let count = 0;
const tryIn = (place: Place, options?: string, more?: string): Promise<Outcome> =>
  visit(browser, places.add(`not-served-${++count}`, place), (page) => outcomeOf(page, options, more));
const threadsIn = (place: Place) =>
  visit(browser, places.add(`not-served-${++count}`, place), threadsOutcomeOf);

/** A server that sends something else for one file. */
const instead = (file: string, answer: Answer): Place => ({
  answer: (path) => (path.endsWith(file) ? answer : undefined),
});
/** What a server of one-page applications sends for whatever it has not. */
const html: Answer = { type: 'text/html', body: '<!doctype html>\n<html><title>app</title></html>' };
/** The same, by a server that goes by the name. */
const unnamed: Answer = { body: '<html><title>app</title></html>' };
const missing: Answer = { status: 404, type: 'text/html', body: 'no' };
const asText = (body: string): Answer => ({ type: 'text/plain', body });

const files = [
  { file: 'likeness-worker.js', code: 'no-backend' },
  { file: 'models/vgg16-compact/manifest.json', code: 'not-found' },
  { file: 'models/vgg16-compact/model.onnx', code: 'not-found' },
  { file: 'models/vgg16-compact/graph-1.bin', code: 'not-found' },
  { file: 'models/vgg16-compact/dense-1.bin', code: 'not-found' },
  { file: 'ort/jspi.js', code: 'not-found', options: "{ device: 'webgpu' }" },
  { file: 'ort/jspi.wasm.gz', code: 'not-found', options: "{ device: 'webgpu' }" },
];
describe('a file that is not served', () => {
  for (const { file, code, options } of files) {
    test(`${file}: a page in its place, of whatever type, and 404`, async () => {
      const cases = [
        [html, /a page of HTML came: the file was not served/],
        [unnamed, /a page of HTML came: the file was not served/],
        [missing, /answered 404/],
      ] as const;
      await Promise.all(
        cases.map(async ([answer, wanted]) => {
          const { error, code: got } = await tryIn(instead(file, answer), options);
          assert.match(error!, wanted);
          assert.ok(error!.includes(`/likeness/${file}`), error);
          assert.equal(got, code);
        }),
      );
    });
  }

  test('a decoder: the picture that needs it says so, the others are added', async () => {
    const tiff = await sharp(join(samples, 'A001.jpeg')).resize(32, 32).tiff().toBuffer();
    const place = { ...instead('decoders/tiff.js', html), files: { 'x.tiff': { body: tiff } } };
    const add = `async (search) => {
      const { failed } = await search.add([{ id: 'x', image: 'x.tiff' }]);
      return { error: failed[0].error.message };
    }`;
    const { error, nearest } = await tryIn(place, '{}', add);
    assert.equal(nearest, right.nearest);
    assert.match(error!, /likeness\/decoders\/tiff\.js cannot be loaded: a page of HTML came/);
  });

  test('threads of the search: there is one, and the reason names the script', async () => {
    for (const [answer, wanted] of [
      [html, /a page of HTML came/],
      [missing, /answered 404; copy all of .*dist\/web to your site/],
      [asText('1'), /as text\/plain/],
    ] as const) {
      const { found, threads, reason } = await threadsIn(instead('likeness-knn-worker.js', answer));
      assert.deepEqual([found, threads], [[700, 0], 1]);
      assert.match(reason, /one thread, as others do not start: .*\/likeness\/likeness-knn-worker\.js/);
      assert.match(reason, wanted);
    }
  });

  test('a script of the wrong type', async () => {
    const worker = await tryIn(instead('likeness-worker.js', asText('1')));
    assert.match(worker.error!, /likeness-worker\.js, cannot be loaded: the server sends it as text\/plain/);
    const ort = await tryIn(instead('ort/jspi.js', asText('1')), "{ device: 'webgpu' }");
    assert.match(ort.error!, /ort\/jspi\.js cannot be loaded: the server sends it as text\/plain/);
  });

  test('a worker’s script without the header that an isolated page wants', async () => {
    const isolated = documentedHeaders('Threads: COOP and COEP');
    const place: Place = { headers: (path) => (path.endsWith('likeness-worker.js') ? {} : isolated) };
    const { error, code } = await tryIn(place);
    assert.match(error!, /likeness-worker\.js, cannot be loaded: .*Cross-Origin-Embedder-Policy/);
    assert.equal(code, 'no-backend');
  });

  test('a file of ONNX Runtime, with the device left open: wasm, and the report says why', async () => {
    // Chromium's software adapter is not taken by itself: here it says that it is none.
    const files = {
      'likeness/hardware.js': {
        body: `Object.defineProperty(GPUAdapter.prototype, 'info', {
          get: () => ({ vendor: 'a', architecture: 'gpu', device: '', description: '', isFallbackAdapter: false }) });`,
      },
    };
    for (const [file, answer, wanted] of [
      ['ort/jspi.js', missing, /answered 404/],
      ['ort/jspi.wasm.gz', html, /a page of HTML came/],
    ] as const) {
      const place: Place = {
        files,
        answer(path) {
          if (path.endsWith('likeness/likeness-worker.js'))
            return { body: "import './hardware.js'; import './itself/likeness/likeness-worker.js';" };
          return path.endsWith(file) ? answer : undefined;
        },
      };
      const { answer: ask } = place;
      place.answer = (path, request) => (path.includes('/itself/') ? undefined : ask!(path, request));
      const { error, nearest, reason } = await tryIn(place);
      assert.equal(error, undefined);
      assert.equal(nearest, right.nearest);
      assert.match(reason, /^WebGPU is not used, as a file that it needs is missing: /);
      assert.ok(reason.includes(`/likeness/${file}`), reason);
      assert.match(reason, wanted);
    }
  });

  test('a file that comes later is taken: what came before is not kept for it', async () => {
    let isThere = false;
    const url = places.add(`not-served-${++count}`, {
      answer: (path) => (path.endsWith('dense-1.bin') && !isThere ? html : undefined),
    });
    await visit(browser, url, async (page) => {
      assert.match((await outcomeOf(page)).error!, /dense-1\.bin: a page of HTML came/);
      isThere = true;
      assert.equal((await outcomeOf(page)).nearest, right.nearest);
    });
  });
});

describe('another origin', () => {
  test('that does not allow it: model, picture, index and worker say CORS; one that does is read', async () => {
    const other = new URL('../plain/', places.at('plain', '127.0.0.1')).href;
    places.add('open', { headers: { 'Access-Control-Allow-Origin': '*' } });
    const open = places.at('open', '127.0.0.1');
    const cors =
      /its server answers, but does not allow a page of http:\/\/localhost:\d+ to read it \(CORS\)/i;
    const model = await tryIn({}, `{ model: '${other}likeness/models/vgg16-compact/' }`);
    assert.match(model.error!, cors);
    assert.match(model.error!, /manifest\.json cannot be fetched/);
    const worker = await tryIn({}, `{ assets: '${other}likeness/' }`);
    assert.match(worker.error!, /likeness-worker\.js, cannot be loaded: /);
    assert.match(worker.error!, cors);
    const store = await tryIn({}, `{ store: '${other}pictures/A001.jpeg' }`);
    assert.match(store.error!, cors);
    const more = `async (search) => {
      const { failed } = await search.add([{ id: 'x', image: '${other}pictures/A001.jpeg' }]);
      return { error: failed[0].error.message };
    }`;
    const picture = await tryIn({}, `{ model: '${open}likeness/models/vgg16-compact/' }`, more);
    assert.equal(picture.nearest, right.nearest);
    assert.match(picture.error!, cors);
  });

  test('that is not there', async () => {
    const { error } = await tryIn({}, "{ model: 'http://127.0.0.1:9/model/' }");
    assert.match(error!, /cannot be fetched: .*is the network there.*CORS/);
  });

  test('redirections, within the site and to another origin', async () => {
    places.add('open', { headers: { 'Access-Control-Allow-Origin': '*' } });
    const to = (base: string, from: RegExp): Place => ({
      answer: (path) =>
        from.test(path)
          ? { status: 302, headers: { Location: base + path.replace(/^moved\//, '') } }
          : undefined,
    });
    const main = { 'main.js': { body: mainScript('./moved/likeness/') } };
    const here = await tryIn({ ...to('/plain/', /^moved\//), files: main });
    assert.equal(here.nearest, right.nearest);
    const named = await tryIn(to('/plain/', /^moved\//), "{ assets: 'moved/likeness/' }");
    assert.equal(named.nearest, right.nearest);
    const away = await tryIn(to(places.at('open', '127.0.0.1'), /models\//));
    assert.equal(away.nearest, right.nearest);
    const closed = await tryIn(to(places.at('plain', '127.0.0.1'), /models\//));
    assert.match(closed.error!, /manifest\.json cannot be fetched: .*CORS/);
  });

  test('sub-paths and a base elsewhere', async () => {
    const page = `<!doctype html><meta charset="utf-8"><base href="../../pages/"><script type="module" src="../one/two/main.js"></script>`;
    const url = places.add('deep', {
      answer: (path) => (path === 'one/two/' ? { body: page, type: 'text/html' } : undefined),
      files: {
        'one/two/main.js': { body: mainScript('./likeness/') },
      },
    });
    await visit(browser, `${url}one/two/`, async (at) => {
      assert.equal((await outcomeOf(at)).nearest, right.nearest);
      places.asked.length = 0;
      assert.equal((await outcomeOf(at, "{ assets: 'likeness' }")).nearest, right.nearest);
      assert.ok(places.asked.includes('/deep/pages/likeness/models/vgg16-compact/manifest.json'));
      assert.equal((await threadsOutcomeOf(at)).threads, 2);
    });
  });
});

test('a model’s manifest is asked for each time whatever the headers say, its files once', async () => {
  const url = places.add('cached', { headers: { 'Cache-Control': 'public, max-age=31536000, immutable' } });
  await visit(browser, url, async (page) => {
    await outcomeOf(page);
    places.asked.length = 0;
    assert.equal((await outcomeOf(page)).nearest, right.nearest);
    const models = places.asked.filter((path) => path.includes('/models/'));
    assert.deepEqual(models, ['/cached/likeness/models/vgg16-compact/manifest.json']);
  });
});

describe('scripts that are no modules', () => {
  const bundle = async (outfile: string): Promise<void> => {
    const contents = `export * from ${JSON.stringify(join(root, 'dist/web/likeness.js'))};
      export * as knn from ${JSON.stringify(join(root, 'dist/web/likeness-knn.js'))};`;
    const options = { bundle: true, format: 'iife', globalName: 'library', logLevel: 'silent' } as const;
    await build({ ...options, stdin: { contents, resolveDir: root }, outfile });
  };
  const ready = (script: string): string =>
    `<!doctype html><meta charset="utf-8">${script}<script type="module">
      import { use, useThreads } from './use.js';
      Object.assign(globalThis, { use, useThreads, knn: library.knn, ready: true });</script>`;

  test('a page that is opened from disk says at once that it has to be served', () =>
    withFolder(async (folder) => {
      await bundle(join(folder, 'app.js'));
      cpSync(join(root, 'dist/web'), join(folder, 'likeness'), { recursive: true });
      writeFileSync(join(folder, 'page.html'), '<!doctype html><script src="app.js"></script>');
      await visit(browser, pathToFileURL(join(folder, 'page.html')).href, async (page) => {
        const told = await page.evaluate(async () => {
          const { library } = globalThis as unknown as {
            library: typeof import('../../../src/index.ts') & {
              knn: typeof import('../../../src/knn/index.ts');
            };
          };
          const errorOf = (call: Promise<unknown>) =>
            call.then(
              () => 'no error',
              (error) => `${error.code} ${error.message}`,
            );
          const start = performance.now();
          const open = await errorOf(library.ImageSearch.open());
          const info = await errorOf(library.modelInfo('vgg16-compact'));
          const ms = performance.now() - start;
          const index = await library.knn.FlatIndex.create({ dimension: 8, threads: 2 });
          return { open, info, ms, reason: index.reason };
        });
        assert.match(told.open, /^no-backend .*opened from disk \(file:\).*by http or https\.$/);
        assert.match(
          told.info,
          /^not-found .*manifest\.json cannot be fetched: .*opened from disk \(file:\)/,
        );
        assert.match(told.reason, /one thread, .*opened from disk/);
        assert.ok(told.ms < 2000, `${told.ms} ms`);
      });
    }));

  test('one with an address finds its files beside it, one without is told where they are', () =>
    withFolder(async (folder) => {
      await bundle(join(folder, 'app.js'));
      const { readFileSync } = await import('node:fs');
      const code = readFileSync(join(folder, 'app.js'), 'utf8');
      const named = await tryIn({
        page: ready('<script src="app.js"></script>'),
        files: { 'app.js': { body: code } },
      });
      assert.equal(named.nearest, right.nearest);
      const inline = { page: ready(`<script>${code.replaceAll('</script', '<\\/script')}</script>`) };
      assert.match(
        (await tryIn(inline)).error!,
        /does not know where it is.*open\(\{ assets: '\/likeness\/' \}\)/,
      );
      assert.equal((await tryIn(inline, "{ assets: 'likeness/' }")).nearest, right.nearest);
    }));
});
