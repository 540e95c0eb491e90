import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrivenPage } from '../../scripts/browsers/driver.mts';
import type { LikenessResult } from '../../src/elements/result.ts';
import { type Flow, flow, visit } from '../support/driven.ts';
import {
  type ElementSite,
  listOf,
  onSite,
  type ShownList,
  shownBy,
  sitePictures,
  withElementSite,
} from '../support/element-site.ts';
import { writeStaticSite } from '../support/static-site.ts';

const script = '<script type="module" src="likeness/similar.js"></script>';

/** What the list of picture `row` has to hold, as the test's site says. */
function wanted(site: ElementSite, row: number, k: number): { href: string; text: string }[] {
  return Array.from({ length: k }, (_, n) => {
    const at = (row + n + 1) % sitePictures.length;
    return { href: `${site.url}page-${at}/`, text: ((n + 1) / 16).toFixed(3) };
  });
}

const plain = ({ items }: ShownList) => items.map(({ href, text }) => ({ href, text }));

interface Detail {
  code: string;
  message: string;
  results: LikenessResult[];
}

/** Flows without an answer that browsers could differ in. */
const check = (name: string, run: (browser: Parameters<Flow['answer']>[0]) => Promise<void>): Flow =>
  flow<undefined>({
    name: `<likeness-similar>: ${name}`,
    answer: async (browser) => void (await run(browser)),
    same() {},
  });

/** Runs in a page: keeps the events of the elements. */
function keepEvents(): void {
  const kept: { name: string; detail: unknown }[] = [];
  (globalThis as { kept?: unknown }).kept = kept;
  for (const name of ['likeness-results', 'likeness-error', 'likeness-progress'] as const) {
    document.addEventListener(name, (event) => {
      const { detail } = event as CustomEvent;
      kept.push({
        name,
        detail: detail.error ? { code: detail.error.code, message: detail.error.message } : detail,
      });
      if (name === 'likeness-error') event.preventDefault();
    });
  }
}
const keptEvents = (page: DrivenPage) =>
  page.evaluate(() => (globalThis as unknown as { kept: { name: string; detail: Detail }[] }).kept);

export const flows = [
  check(
    'one entry and one part make a list, shared by all elements; names that have to be escaped',
    (browser) =>
      onSite(
        browser,
        `<img id="photo" src="photos/0.jpg" alt="" width="480" height="320">
      <figure id="figure"><picture><source srcset="https://elsewhere.example/x.avif 1x" type="image/x-none"><img src="data:," srcset="data:,x 1w, photos/1-small.jpg 200w" sizes="200px" width="60" height="40" alt=""></picture></figure>
      <likeness-similar id="a" for="photo" k="6"></likeness-similar><likeness-similar id="b" for="figure" k="3"></likeness-similar>
      <likeness-similar id="c" src="photos/%C3%A9t%C3%A9%20100%25%20%233%3F.jpg?v=3#x" k="2"></likeness-similar>
      <likeness-similar id="d" src="/shop/photos/3.jpg" k="1"></likeness-similar>${script}`,
        async (page, site) => {
          const a = await listOf(page, '#a', 6);
          assert.equal(a.label, 'Similar pictures');
          const all = wanted(site, 0, 6);
          // A page's path cannot leave the site, nor be anything else than a path.
          all[2] = { ...all[2]!, href: `${site.url}javascript%3Aalert(1)` };
          all[3] = { ...all[3]!, href: `${site.url}photos/4.jpg` };
          all[4] = { ...all[4]!, href: `${site.url}//example.org/` };
          assert.deepEqual(plain(a), all);
          assert.equal(a.items[1]!.alt, '<b>bold</b> & "quoted"<img src=x onerror=alert(1)>');
          assert.equal(a.items[2]!.alt, '3.jpg');
          for (const { src, width } of a.items) {
            assert.match(src, /\/shop\/likeness\/small\/[0-9a-f]{12}\.webp$/);
            assert.ok(width > 0);
          }
          assert.deepEqual(
            (await listOf(page, '#b', 3)).items.map(({ text }) => text),
            ['0.063', '0.125', '0.188'],
          );
          assert.equal((await listOf(page, '#c', 2)).items.length, 2);
          assert.equal((await listOf(page, '#d', 1)).items.length, 1);
          const asked = site.asked.map(({ path }) => path).filter((path) => /\.(json|bin)$/.test(path));
          assert.deepEqual(
            asked.map((path) => path.replace(/-[0-9a-f]{12}/, '')).sort(),
            ['likeness/index.json', 'likeness/similar.bin'],
            'one of each, for four elements',
          );
          const results = await page.evaluate(() => document.querySelector('likeness-similar')!.results);
          assert.deepEqual(Object.keys(results[0]!).sort(), [
            'alt',
            'distance',
            'height',
            'id',
            'page',
            'thumbnail',
            'url',
            'width',
          ]);
          assert.equal(results[1]!.id, 'photos/été 100% #3?.jpg');
          assert.equal(results[1]!.url, `${site.url}photos/%C3%A9t%C3%A9%20100%25%20%233%3F.jpg`);
          assert.equal(results[0]!.distance, 1 / 16);
        },
      ),
  ),

  check('more than have cards come with records', (browser) =>
    onSite(
      browser,
      `<likeness-similar src="photos/6.jpg" k="12"></likeness-similar>${script}`,
      async (page, site) => {
        assert.deepEqual(plain(await listOf(page, 'likeness-similar', 12)), wanted(site, 6, 12));
        const results = await page.evaluate(() => document.querySelector('likeness-similar')!.results);
        assert.deepEqual(
          results.map(({ meta }) => meta?.price ?? ''),
          [...Array(4).fill(''), ...'11 12 13 14 15 16 17 18'.split(' ')],
        );
      },
      { write: (folder) => writeStaticSite(folder, sitePictures, { whole: 3 }) },
    ),
  ),

  check('attributes and properties change at any time, and the last ones count', (browser) =>
    onSite(
      browser,
      `<likeness-similar id="it"></likeness-similar>
      <script>const early = document.getElementById('it'); early.k = 2; early.htmlFor = 'photo'; early.labels = { list: 'Alike' };</script>${script}`,
      async (page, site) => {
        await page.waitFor(() => customElements.get('likeness-similar') !== undefined);
        await page.evaluate(keepEvents);
        // What was set before there was a class is heeded, and mirrored; the image comes later.
        assert.deepEqual(
          await page.evaluate(() => {
            const it = document.querySelector('likeness-similar')!;
            return [it.getAttribute('k'), it.getAttribute('for'), it.for, it.k, it.index, it.src];
          }),
          ['2', 'photo', 'photo', 2, '', ''],
        );
        assert.equal((await page.evaluate(shownBy, '#it')).shown, 'content');
        await page.evaluate(() => {
          const image = document.createElement('img');
          image.id = 'photo';
          image.src = 'photos/7.jpg';
          document.body.prepend(image);
        });
        const first = await listOf(page, '#it', 2);
        assert.deepEqual(plain(first), wanted(site, 7, 2));
        assert.equal(first.label, 'Alike');

        // The image shows another picture.
        await page.evaluate(() => document.querySelector('img')!.setAttribute('src', 'photos/9-small.jpg'));
        await page.waitFor(
          () => document.querySelector('likeness-similar')!.results[0]?.id === 'photos/10.jpg',
        );

        // A slow answer to an earlier question comes too late.
        const paths = () => site.asked.map(({ path }) => path);
        const before = paths().length;
        let release = (): void => {};
        const hold = new Promise<void>((done) => {
          release = done;
        });
        site.fails = (path) => {
          if (/similar-/.test(path)) site.holds.set(path, hold);
          return false;
        };
        await page.evaluate(() => {
          const it = document.querySelector('likeness-similar')!;
          it.for = '';
          it.src = 'photos/16.jpg';
          return new Promise((done) => setTimeout(done, 50));
        });
        await page.waitFor(() => document.querySelector('likeness-similar')!.results.length === 0);
        while (paths().length === before) await new Promise((done) => setTimeout(done, 20));
        await page.evaluate(() => {
          document.querySelector('likeness-similar')!.src = 'photos/8.jpg';
        });
        assert.deepEqual(plain(await listOf(page, '#it', 2)), wanted(site, 8, 2));
        release();
        await page.evaluate(() => new Promise((done) => setTimeout(done, 200)));
        assert.deepEqual(plain(await page.evaluate(shownBy, '#it')), wanted(site, 8, 2));

        await page.evaluate(() => {
          const it = document.querySelector('likeness-similar')!;
          it.k = 5;
          it.setAttribute('data-label-list', 'Such as');
          it.labels = {};
        });
        assert.equal((await listOf(page, '#it', 5)).label, 'Such as');
        const events = await keptEvents(page);
        assert.deepEqual(
          events.filter(({ name }) => name === 'likeness-error'),
          [],
        );
        assert.deepEqual(
          events.filter(({ name }) => name === 'likeness-results').map(({ detail }) => detail.results[0]!.id),
          ['photos/8.jpg', 'photos/10.jpg', 'photos/9.jpg', 'photos/9.jpg'],
        );
      },
    ),
  ),

  check('content stays where nothing comes; a failure is told, and tried again', async (browser) => {
    const html = `<likeness-similar src="photos/0.jpg" k="4"><a href="all.html">All pictures</a></likeness-similar>${script}`;
    await withElementSite({ 'page.html': html }, async (site) => {
      const page = await browser.open();
      try {
        const until = async (code: string): Promise<string> => {
          await page.waitFor(() =>
            (globalThis as unknown as { kept: { name: string }[] }).kept.some(
              ({ name }) => name === 'likeness-error',
            ),
          );
          const errors = (await keptEvents(page)).filter(({ name }) => name === 'likeness-error');
          assert.equal(errors.at(-1)!.detail.code, code);
          assert.equal((await page.evaluate(shownBy, 'likeness-similar')).shown, 'content');
          await page.evaluate(() => (globalThis as unknown as { kept: unknown[] }).kept.splice(0));
          return errors.at(-1)!.detail.message;
        };
        site.fails = (path) => path === 'likeness/similar.js';
        await page.goto(`${site.url}page.html`);
        assert.equal(
          await page.evaluate(() => getComputedStyle(document.querySelector('a')!).display),
          'inline',
        );
        await page.evaluate(keepEvents);
        site.fails = (path) => path === 'likeness/index.json';
        await page.evaluate(
          async () => void (await import(new URL('likeness/similar.js?2', location.href).href)),
        );
        assert.match(await until('not-found'), /index\.json answered 503\.$/);
        site.fails = (path) => path.includes('similar-');
        await page.evaluate(() => document.querySelector('likeness-similar')!.refresh());
        assert.match(await until('not-found'), /similar-[0-9a-f]{12}\.bin answered 503\.$/);
        site.fails = () => false;
        // The same value again is a wish to try again.
        await page.evaluate(() => document.querySelector('likeness-similar')!.setAttribute('k', '4'));
        assert.deepEqual(plain(await listOf(page, 'likeness-similar', 4)).length, 4);
        await page.evaluate(() => (globalThis as unknown as { kept: unknown[] }).kept.splice(0));

        for (const [k, shown] of [
          ['0', '"0"'],
          ['2.5', '"2.5"'],
          ['many', '"many"'],
          ['', '""'],
          ['-1', '"-1"'],
        ]) {
          await page.evaluate(
            (value) => document.querySelector('likeness-similar')!.setAttribute('k', value),
            k!,
          );
          assert.equal(await until('bad-argument'), `k is ${shown}; it has to be a whole number from 1.`);
        }
        await page.evaluate(() => document.querySelector('likeness-similar')!.removeAttribute('k'));
        await listOf(page, 'likeness-similar', 6);
        await page.evaluate(() => {
          document.querySelector('likeness-similar')!.src = 'photos/gone.jpg';
        });
        assert.match(await until('not-found'), /^photos\/gone\.jpg is not in the index /);
        await page.evaluate(() => {
          document.querySelector('likeness-similar')!.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw=';
        });
        await until('not-found');
        await page.evaluate(() => {
          document.querySelector('likeness-similar')!.index = '/shop/page.html';
        });
        await until('not-found');

        // More than there are: all there are.
        await page.evaluate(() => {
          Object.assign(document.querySelector('likeness-similar')!, {
            index: 'likeness',
            src: 'photos/1.jpg',
            k: 100,
          });
        });
        await listOf(page, 'likeness-similar', 12);
      } finally {
        await page.close();
      }
    });
  }),

  check(
    'it is filled when it comes near, without moving what is below; removed and put back it stays',
    (browser) =>
      onSite(
        browser,
        `<div id="space" style="height:6000px"></div><likeness-similar src="photos/0.jpg" k="5"></likeness-similar>
      <p id="below">below</p>${script}`,
        async (page, site) => {
          await page.waitFor(() => customElements.get('likeness-similar') !== undefined);
          await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
          assert.deepEqual(
            site.asked.map(({ path }) => path),
            ['likeness/similar.js'],
          );
          const shown = await page.evaluate(shownBy, 'likeness-similar');
          assert.equal(shown.shown, 'placeholders');
          const topOf = () => document.querySelector<HTMLElement>('#below')!.offsetTop;
          const before = await page.evaluate(topOf);
          await page.evaluate(() => scrollTo(0, 5900));
          await listOf(page, 'likeness-similar', 5);
          assert.equal(await page.evaluate(topOf), before);
          const count = site.asked.length;
          await page.evaluate(async () => {
            const it = document.querySelector('likeness-similar')!;
            it.remove();
            await new Promise((done) => setTimeout(done, 50));
            document.body.append(it);
            document.body.prepend(it);
          });
          await listOf(page, 'likeness-similar', 5);
          assert.deepEqual(
            site.asked.slice(count).filter(({ path }) => !path.includes('small/')),
            [],
          );
          // Taken out while it waits, and put back.
          await page.evaluate(async () => {
            const it = document.createElement('likeness-similar');
            it.id = 'other';
            it.setAttribute('src', 'photos/19.jpg');
            scrollTo(0, 0);
            document.body.append(it);
            await new Promise((done) => setTimeout(done, 0));
            it.remove();
            await new Promise((done) => setTimeout(done, 100));
            document.body.prepend(it);
          });
          await listOf(page, '#other', 6);
        },
      ),
  ),

  check('a site that was built anew under an open page', (browser) =>
    withElementSite(
      { 'page.html': `<likeness-similar src="photos/0.jpg" k="1"></likeness-similar>${script}` },
      async (site) => {
        const page = await browser.open();
        try {
          await page.goto(`${site.url}page.html`);
          await listOf(page, 'likeness-similar', 1);
          await rm(join(site.folder, 'likeness'), { recursive: true });
          const renamed = sitePictures.map((picture) => ({ ...picture, label: 'New' }));
          await writeStaticSite(site.folder, renamed);
          await page.evaluate(() => {
            document.querySelector('likeness-similar')!.src = 'photos/19.jpg';
          });
          await page.waitFor(
            () => document.querySelector('likeness-similar')!.results[0]?.id === 'photos/0.jpg',
          );
          const results = await page.evaluate(() => document.querySelector('likeness-similar')!.results);
          assert.equal(results[0]!.alt, 'New');
        } finally {
          await page.close();
        }
      },
    ),
  ),

  check('Chinese, right to left, in a shadow tree, a strict policy', (browser) =>
    onSite(
      browser,
      `<div id="host" lang="zh-Hans" dir="rtl" style="display:block"></div>${script}`,
      async (page) => {
        await page.waitFor(() => customElements.get('likeness-similar') !== undefined);
        await page.evaluate(() => {
          const host = document.querySelector('#host')!;
          const image = document.createElement('img');
          image.id = 'inner';
          image.src = 'photos/0.jpg';
          const it = document.createElement('likeness-similar');
          it.htmlFor = 'inner';
          host.attachShadow({ mode: 'open' }).append(image, it);
        });
        await page.waitFor(
          () =>
            document.querySelector('#host')!.shadowRoot!.querySelector('likeness-similar')!.results.length ===
            6,
        );
        await page.waitFor(() => {
          const it = document.querySelector('#host')!.shadowRoot!.querySelector('likeness-similar')!;
          return it.shadowRoot!.querySelector('img')!.complete;
        });
        const seen = await page.evaluate(() => {
          const it = document.querySelector('#host')!.shadowRoot!.querySelector('likeness-similar')!;
          const list = it.shadowRoot!.querySelector('ul')!;
          const [first, second] = [...list.querySelectorAll('li')].map((item) =>
            item.getBoundingClientRect(),
          );
          return {
            label: list.getAttribute('aria-label'),
            display: getComputedStyle(list).display,
            isRightToLeft: first!.left > second!.left,
            isLoaded: it.shadowRoot!.querySelector('img')!.naturalWidth > 0,
          };
        });
        assert.deepEqual(seen, { label: '相似图片', display: 'grid', isRightToLeft: true, isLoaded: true });
      },
      {
        headers: {
          'Content-Security-Policy':
            "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src-attr 'unsafe-inline'",
        },
      },
    ),
  ),

  check('from another origin than the page’s, and nothing is defined twice', (browser) =>
    withElementSite(
      {},
      (cdn) =>
        withElementSite(
          {
            'page.html': `<img id="photo" src="photos/0.jpg" alt=""><likeness-similar for="photo" k="2"></likeness-similar>
            <script type="module" src="${cdn.url}likeness/similar.js"></script><script type="module" src="likeness/similar.js"></script>`,
          },
          (site) =>
            visit(browser, `${site.url}page.html`, async (page) => {
              assert.deepEqual(plain(await listOf(page, 'likeness-similar', 2)), wanted(cdn, 0, 2));
              assert.ok(!site.asked.some(({ path }) => path === 'likeness/index.json'));
            }),
        ),
      {
        headers: { 'Access-Control-Allow-Origin': '*' },
        // Its pages are at /shop/ of their own origin.
        write: (folder) => writeStaticSite(folder, sitePictures, { base: '/shop/' }),
      },
    ),
  ),
];
