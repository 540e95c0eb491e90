import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DrivenPage } from '../../scripts/browsers/driver.mts';
import { samples } from '../support/cli.ts';
import { flow, visit } from '../support/driven.ts';
import { withServer } from '../support/page.ts';

const files = readdirSync(samples).slice(0, 20);
const asked = files[6]!;
/** In no index here. */
const stranger = 'G001.jpeg';

type Hits = { name: string; distance: number }[];

const waitForText = (page: DrivenPage, selector: string, part: string): Promise<boolean> =>
  page.waitFor(
    (wanted, text) => document.querySelector(wanted)?.textContent?.includes(text) ?? false,
    [selector, part],
    { timeoutMs: 180_000 },
  );

/** Waits for the results of a query, and gives those that are drawn. */
async function hitsOf(page: DrivenPage, title: string): Promise<Hits> {
  await page.waitFor(
    (part) =>
      document.querySelector('#results-title')?.textContent?.includes(part) &&
      document.querySelector('.results')?.getAttribute('aria-busy') === 'false' &&
      document.querySelector('.hits:not(.old) .rows li') !== null,
    [title],
    { timeoutMs: 180_000 },
  );
  // Rows far from the window are not drawn, and windows are not of one size.
  return page.evaluate(async () => {
    const found = new Map<number, { name: string; distance: number }>();
    for (let step = 0; step < 100; step++) {
      let count = 0;
      for (const hit of document.querySelectorAll('.hits .rows li')) {
        count = Number(hit.getAttribute('aria-setsize'));
        found.set(Number(hit.getAttribute('aria-posinset')), {
          name: hit.querySelector('.name')?.textContent ?? '',
          distance: Number(hit.querySelector<HTMLDataElement>('.number')?.value),
        });
      }
      if (count > 0 && found.size >= count) break;
      scrollBy({ top: innerHeight / 2, behavior: 'instant' });
      await new Promise((drawn) => setTimeout(drawn, 50));
    }
    scrollTo({ top: 0, behavior: 'instant' });
    return [...found].sort(([a], [b]) => a - b).map(([, hit]) => hit);
  });
}

async function query(page: DrivenPage): Promise<Hits> {
  await page.click(`.rows a[title="${asked}"]`);
  const hits = await hitsOf(page, asked);
  await waitForText(page, '#results-summary', '19 pictures');
  await page.click('#back');
  await waitForText(page, '#pictures-title', '20 pictures');
  return hits;
}

const waitUntilIndexed = (page: DrivenPage): Promise<boolean> =>
  page.waitFor(
    () =>
      document.querySelector('#pictures-title')?.textContent === '20 pictures' &&
      document.querySelector('.rows .cell') !== null &&
      document.querySelector('.rows .cell.waiting, #progress') === null,
    [],
    { timeoutMs: 180_000 },
  );

export const flows = [
  flow<{ hits: Hits; several: Hits; file: Hits }>({
    name: 'the page of `likeness serve`: 20 pictures are added and searched, by one and by several; all is there after a reload',
    answer: (browser) =>
      withServer([], (url) =>
        visit(browser, url, async (page) => {
          await waitForText(page, '#start-title', 'Find');
          await page.setFiles(
            '#add-files',
            files.map((file) => join(samples, file)),
          );
          await waitUntilIndexed(page);
          const before = await query(page);
          assert.equal(before.length, 19);
          assert.ok(before.every(({ name, distance }) => name !== asked && distance > 0));

          await page.reload();
          await waitUntilIndexed(page);
          assert.deepEqual(await query(page), before);
          const shown = await page.evaluate(async () => {
            const images = [...document.querySelectorAll<HTMLImageElement>('.rows img')];
            await Promise.all(images.map((image) => image.decode()));
            const cells = document.querySelectorAll('.rows .cell').length;
            return { cells, whole: images.filter(({ naturalWidth }) => naturalWidth > 0).length };
          });
          assert.ok(shown.cells > 9 && shown.whole === shown.cells, JSON.stringify(shown));

          // Several pictures, by the marks of a hit.
          await page.click(`.rows a[title="${asked}"]`);
          const [nearest] = await hitsOf(page, asked);
          await page.evaluate(() => document.querySelector<HTMLElement>('.rows .more-like')!.click());
          const several = await hitsOf(page, `${asked} and ${nearest!.name}`);
          assert.ok(several.every(({ name }) => name !== asked && name !== nearest!.name));
          await page.evaluate(() => history.back());
          assert.deepEqual((await hitsOf(page, `Most like ${asked}`))[0], nearest);

          // A file that is in no index, before and after a reload.
          await page.setFiles('#query-file', [join(samples, stranger)]);
          const file = await hitsOf(page, stranger);
          await page.evaluate(() => new Promise((stored) => setTimeout(stored, 500)));
          await page.reload();
          assert.deepEqual(await hitsOf(page, `Most like ${stranger}`), file);
          assert.equal(await page.evaluate(() => document.title), `Most like ${stranger} · Likeness`);
          return { hits: before, several, file };
        }),
      ),
    same(actual, chromium) {
      for (const kind of ['hits', 'several', 'file'] as const) {
        const names = (hits: Hits): string[] => hits.map(({ name }) => name);
        assert.deepEqual(names(actual[kind]), names(chromium[kind]), kind);
        for (const [rank, { name, distance }] of chromium[kind].entries())
          assert.ok(
            Math.abs(actual[kind][rank]!.distance - distance) < 1.5e-4,
            `${kind}, ${name}: ${actual[kind][rank]!.distance}, ${distance}`,
          );
      }
    },
  }),
];
