import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testExample } from '../support/consumers/example.ts';
import { serveSirv } from '../support/consumers/site.ts';
import { compareHits, listsOf, visitSite } from '../support/consumers/visit.ts';

testExample(
  {
    name: 'next',
    out: 'out',
    lists: { path: '/plums', count: 1, k: 6 },
    search: '/search',
    // It answers /plums by plums.html, as hosts of static sites do, also where there is a folder plums/.
    serve: ({ folder }) => serveSirv(folder, 'out'),
  },
  (built) => {
    test('a page that is opened without loading it anew has its list, too', async () => {
      const { browser, upstream, reference } = built();
      await visitSite(browser, upstream, '/', async ({ page }) => {
        await page.evaluate(() => Object.assign(globalThis, { isSame: true }));
        await page.locator('a[href="/plums"]').click();
        await page.locator('likeness-similar').waitFor();
        const [list] = await listsOf(page);
        compareHits(list!.results, await reference.neighbours('photos/plums.jpg', 6), 'plums');
        assert.equal(await page.evaluate(() => 'isSame' in globalThis), true);
      });
    });
  },
);
