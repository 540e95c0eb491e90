import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { DrivenPage } from '../../scripts/browsers/driver.mts';
import { samples } from '../support/cli.ts';
import { flow, visit } from '../support/driven.ts';
import { withIndex, withServer } from '../support/page.ts';

const names = readdirSync(samples)
  .slice(0, 6)
  .map((file) => file.replace(/\.jpeg$/, ''));

const shows = (page: DrivenPage, id: string): Promise<boolean> =>
  page.waitFor(
    (wanted) =>
      new URLSearchParams(location.search).get('picture') === wanted &&
      document.querySelector('#found .frame.ready img') !== null,
    [id],
    { timeoutMs: 60_000 },
  );
const isClosed = (page: DrivenPage): Promise<boolean> =>
  page.waitFor(() => document.querySelector('#viewer') === null);
/** The hits, all pictures but the query. */
const hits = (page: DrivenPage): Promise<string[]> =>
  page.waitFor(
    (wanted) => {
      const links = [...document.querySelectorAll<HTMLElement>('#results-title, .hits:not(.old) .rows a')];
      const ids = links.slice(1).map(({ title }) => title);
      return links[0]?.id === 'results-title' && ids.length === wanted ? ids : undefined;
    },
    [names.length - 1],
    { timeoutMs: 180_000 },
  ) as Promise<string[]>;

export const flows = [
  flow<{ ids: string[]; region: string }>({
    name: 'the viewer: a hit is opened, arrow keys go on, a box is dragged, its part is searched with',
    answer: (browser) =>
      withIndex(names, (index) =>
        withServer(['-i', index], (url) =>
          visit(browser, `${url}?like=${names[0]}.jpeg`, async (page) => {
            const ids = await hits(page);
            await page.click(`.rows a[title="${ids[0]}"]`);
            await shows(page, ids[0]!);
            await page.press('ArrowRight');
            await shows(page, ids[1]!);
            await page.press('ArrowLeft');
            await shows(page, ids[0]!);
            await page.press('ArrowRight');
            await shows(page, ids[1]!);

            await page.press('Escape');
            await isClosed(page);
            await page.waitFor((id) => document.activeElement?.getAttribute('data-id') === id, [ids[1]!]);

            await page.click(`.rows a[title="${ids[1]}"]`);
            await shows(page, ids[1]!);
            const { left, top, width, height } = await page.evaluate(() => {
              const { left, top, width, height } = document
                .querySelector('#found .frame')!
                .getBoundingClientRect();
              return { left, top, width, height };
            });
            const at = (x: number, y: number): [number, number] => [left + x * width, top + y * height];
            await page.drag([at(0.25, 0.25), at(0.4, 0.4), at(0.5, 0.75)]);
            await page.waitFor(() => document.activeElement?.classList.contains('box') ?? false);
            // Keys take it into the upper left corner, and make it as large as in every other browser.
            const press = async (times: number, key: string): Promise<void> => {
              for (let n = 0; n < times; n++) await page.press(key);
            };
            await press(15, 'ArrowLeft');
            await press(10, 'ArrowUp');
            await press(16, 'Shift+ArrowLeft');
            await press(18, 'Shift+ArrowUp');
            await press(8, 'Shift+ArrowRight');
            await press(6, 'Shift+ArrowDown');
            await page.press('Enter');
            await isClosed(page);
            const region = await page.waitFor(() => new URLSearchParams(location.search).get('region') ?? '');
            return { ids: await hits(page), region };
          }),
        ),
      ),
    same(actual, chromium) {
      assert.equal(actual.region, chromium.region);
      assert.deepEqual(actual.ids, chromium.ids);
    },
  }),
];
