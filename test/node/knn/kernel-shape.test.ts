import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { serveTree } from '../../../scripts/serve-tree.mjs';
import { root } from '../../support/cli.ts';

let browser: Browser;
let server: { origin: string; close(): Promise<void> };
before(async () => {
  browser = await launchChromium();
  server = await serveTree(join(root, 'dist'));
});
after(async () => {
  await browser.close();
  await server.close();
});

/** Runs `body` with an empty page of an origin that has kept nothing. */
async function withPage(body: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.setDefaultTimeout(120_000);
  try {
    await page.route('**/empty', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>empty</title>' }),
    );
    await page.goto(`${server.origin}/empty`);
    await body(page, context);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

/**
 * What a realm does: opens an index on the GPU and searches it. Returns the dispatches of opening, which are those of
 * the measurement, and the nearest row.
 */
const opening = `
  const { FlatIndex } = await import(library);
  let dispatches = 0;
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...groups) {
    dispatches++;
    return dispatchWorkgroups.apply(this, groups);
  };
  const index = await FlatIndex.create({ dimension: 3, backend: 'webgpu' });
  GPUComputePassEncoder.prototype.dispatchWorkgroups = dispatchWorkgroups;
  index.add(Float32Array.of(0, 0, 1, 5, 6, 7, 0, 1, 0));
  const { rows } = await index.search(Float32Array.of(5, 6, 6), 1);
  index.close();
  return { dispatches, nearest: rows[0] };
`;

interface Opened {
  dispatches: number;
  nearest: number;
}

const inPage = (page: Page): Promise<Opened> =>
  page.evaluate(
    ([body, library]) => new Function('library', `return (async () => {${body}})()`)(library),
    [opening, '/web/likeness-knn.js'],
  );

const inWorker = (page: Page): Promise<Opened> =>
  page.evaluate(
    ([body, library]) => {
      const script = `(async (library) => {${body}})(${JSON.stringify(library)}).then(postMessage)`;
      const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
      return new Promise<Opened>((done, failed) => {
        worker.onmessage = ({ data }) => done(data);
        worker.onerror = ({ message }) => failed(new Error(message));
      });
    },
    [opening, `${server.origin}/web/likeness-knn.js`],
  );

/** What is kept; `change` is written in its place. */
const kept = (page: Page, change?: string): Promise<string[]> =>
  page.evaluate(async (text) => {
    const cache = await caches.open('likeness-gpu');
    const found: string[] = [];
    for (const request of await cache.keys()) {
      found.push(await (await cache.match(request))!.text());
      if (text !== undefined) await cache.put(request, new Response(text));
    }
    return found;
  }, change);

test('a kernel shape is measured once: later pages and workers of the origin recall it', () =>
  withPage(async (page) => {
    const first = await inWorker(page);
    // Two shapes each of three kernels, four runs each.
    assert.ok(first.dispatches >= 6 * 4, `${first.dispatches} dispatches`);
    assert.equal(first.nearest, 1);
    assert.equal((await kept(page)).length, 1);
    const recalled = { dispatches: 0, nearest: 1 };
    assert.deepEqual(await inWorker(page), recalled);
    assert.deepEqual(await inPage(page), recalled);
    await page.reload();
    assert.deepEqual(await inPage(page), recalled);

    // What is damaged, or another browser measured, is measured again and kept in its place.
    const [right] = await kept(page);
    const { facts } = JSON.parse(right!);
    for (const wrong of [right!.slice(0, -9), JSON.stringify({ browser: 'Chrome/1', facts })]) {
      await kept(page, wrong);
      await page.reload();
      const { dispatches, nearest } = await inPage(page);
      assert.ok(dispatches > 0 && nearest === 1, wrong);
      const again = (await kept(page)).map((text) => JSON.parse(text));
      assert.deepEqual(Object.keys(again[0].facts.shape), Object.keys(facts.shape));
      assert.deepEqual([again.length, again[0].browser], [1, JSON.parse(right!).browser]);
    }
  }));

const denials: Record<string, () => void> = {
  denied: () => {
    Object.defineProperty(globalThis, 'caches', {
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  },
  silent: () => {
    CacheStorage.prototype.open = () => new Promise(() => {});
  },
};
for (const [what, denial] of Object.entries(denials)) {
  test(`where storage is ${what} the shape is measured`, () =>
    withPage(async (page) => {
      await page.evaluate(denial);
      const { dispatches, nearest } = await inPage(page);
      assert.ok(dispatches > 0 && nearest === 1);
    }));
}
