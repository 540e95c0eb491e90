import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { ImageSearch } from '../../src/node.ts';
import { root, samples } from '../support/cli.ts';
import { withIndex, withServer } from '../support/page.ts';
import { shows } from '../support/page-files.ts';

const files = readdirSync(samples).slice(0, 10);
const names = files.slice(0, 8).map((file) => file.replace('.jpeg', ''));
const asked = files[2]!;

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** A page whose worker, with model and stored index, does not start before `open` is called. */
async function heldPage(context: BrowserContext, url: string): Promise<{ page: Page; open(): void }> {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  let open!: () => void;
  const opened = new Promise<void>((done) => {
    open = done;
  });
  await page.route('**/likeness-worker.js', async (route) => {
    await opened;
    await route.continue();
  });
  await page.goto(url);
  return { page, open };
}

/** What the page shows of an answer, nearest first: ids, and distances in full. */
async function hitsOf(page: Page, count: number): Promise<[id: string, distance: number][]> {
  const found = await page.waitForFunction((wanted) => {
    const cells = [...document.querySelectorAll<HTMLElement>('.results:not([aria-busy="true"]) .rows li')];
    const hits = cells.map((cell): [number, string, number] => {
      const { index, id } = cell.querySelector<HTMLElement>('[data-id]')!.dataset;
      return [Number(index), id!, Number(cell.querySelector('data')?.value)];
    });
    hits.sort(([a], [b]) => a - b);
    return hits.length === wanted && hits.map(([, id, distance]) => [id, distance]);
  }, count);
  return (await found.jsonValue()) as [string, number][];
}

/** Waits until the page says that the results are still to come. */
const saysNotYet = (page: Page): Promise<unknown> =>
  page.getByText('The pictures are not ready yet: the results come when they are.').waitFor();

async function withContext(body: (context: BrowserContext) => Promise<void>): Promise<void> {
  // What a service worker has stored could not be held back.
  const context = await browser.newContext({ serviceWorkers: 'block' });
  try {
    await body(context);
  } finally {
    await context.close();
  }
}

test('a served index is searched before model and index are open, and answers the same afterwards', () =>
  withIndex(names, (index) =>
    withServer(['-i', index], (url) =>
      withContext(async (context) => {
        const search = await ImageSearch.open({ store: `file:${index}`, network: 'lazy' });
        const right = (await search.query([{ id: asked }])).map(({ id, distance }) => [id, distance]);
        await search.close();

        const first = await heldPage(context, url);
        await first.page.click(`.rows [data-id="${asked}"]`);
        const early = await hitsOf(first.page, 7);
        assert.deepEqual(early, right);
        first.open();
        await first.page.goBack();
        await shows(first.page, 8);
        await first.page.click(`.rows [data-id="${asked}"]`);
        assert.deepEqual(await hitsOf(first.page, 7), early);
        await first.page.close();

        // Whoever names a model waits for it.
        const named = await heldPage(context, `${url}?model=vgg16-compact&like=${encodeURIComponent(asked)}`);
        await saysNotYet(named.page);
        await named.page.close();

        // The stored index holds the same: the next visit need not wait for it either.
        const second = await heldPage(context, `${url}?like=${encodeURIComponent(asked)}`);
        assert.deepEqual(await hitsOf(second.page, 7), early);
        second.open();
        await second.page.click('#back');
        await shows(second.page, 8);
        await second.page.setInputFiles(
          '#add-files',
          files.slice(8).map((file) => join(samples, file)),
        );
        await shows(second.page, 10);
        await second.page.close();

        // With pictures of one's own the server's alone are not the answer.
        const third = await heldPage(context, `${url}?like=${encodeURIComponent(asked)}`);
        await saysNotYet(third.page);
        third.open();
        const all = await hitsOf(third.page, 9);
        const own = new Set(files.slice(8));
        assert.equal(all.filter(([id]) => own.has(id)).length, 2);
        assert.deepEqual(
          all.filter(([id]) => !own.has(id)),
          early,
        );
        await third.page.close();
      }),
    ),
  ));

/** The nearest of the picture that is asked for, as the page tells it before the index is open. */
async function firstHitsOf(
  context: BrowserContext,
  url: string,
  count: number,
): Promise<{ hits: [id: string, distance: number][]; requests: number }> {
  const { page, open } = await heldPage(context, 'about:blank');
  let requests = 0;
  page.on('request', (request) => {
    if (request.url().includes('features.npy')) requests++;
  });
  await page.goto(`${url}?like=${encodeURIComponent(asked)}`);
  const hits = await hitsOf(page, count);
  open();
  // A person stays until all is stored.
  await page.evaluate(async () => {
    const { version } = await (await fetch('index/index.json')).json();
    const isStored = async (): Promise<boolean> => {
      const kept = await (await caches.open('likeness-features')).keys();
      return (
        kept.length === 1 &&
        new URL(kept[0]!.url).searchParams.get('version') === version &&
        Object.values(localStorage).includes(version) &&
        !document.querySelector('#progress')
      );
    };
    while (!(await isStored())) await new Promise((done) => setTimeout(done, 50));
  });
  await page.close();
  return { hits, requests };
}

test('the next visit has the server’s features at hand, and asks for those of an index that was built anew', () =>
  withIndex(names, (index) =>
    withIndex(names.slice(0, 6), (smaller) =>
      withServer(['-i', index], (url) =>
        withServer(['-i', smaller], (other) =>
          withContext(async (context) => {
            const first = await firstHitsOf(context, url, 7);
            assert.equal(first.requests, 1);
            const second = await firstHitsOf(context, url, 7);
            assert.deepEqual(second, { hits: first.hits, requests: 0 });
            // The same address has another index now.
            await context.route('**/index/*', async (route) => {
              const { pathname } = new URL(route.request().url());
              await route.fulfill({ response: await route.fetch({ url: new URL(pathname, other).href }) });
            });
            const there = new Set(names.slice(0, 6).map((name) => `${name}.jpeg`));
            const right = first.hits.filter(([id]) => there.has(id));
            assert.deepEqual(await firstHitsOf(context, url, 5), { hits: right, requests: 1 });
            assert.deepEqual(await firstHitsOf(context, url, 5), { hits: right, requests: 0 });
          }),
        ),
      ),
    ),
  ));

test('a view whose script cannot be loaded says so, and is there when the page is loaded again', () =>
  withServer([], (url) =>
    withContext(async (context) => {
      const main = readFileSync(join(root, 'dist/page/main.js'), 'utf8');
      const [, script] = /\bimport\("\.\/(chunk-\w+\.js)"\)/.exec(main)!;
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      await page.route(`**/${script}`, (route) => route.abort());
      await page.goto(url);
      await page.click('#settings');
      await page.getByText('This part of the page could not be loaded.').waitFor();
      await page.unroute(`**/${script}`);
      await page.getByRole('button', { name: 'Load the page again' }).click();
      await page.waitForSelector('.alert', { state: 'detached' });
      await page.click('#settings');
      await page.waitForSelector('#sheet h2');
    }),
  ));
