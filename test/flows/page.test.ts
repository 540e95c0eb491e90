import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DrivenPage } from '../../scripts/browsers/driver.mts';
import { samples } from '../support/cli.ts';
import { flow, visit } from '../support/driven.ts';
import { withServer } from '../support/page.ts';

const files = readdirSync(samples).slice(0, 20);
const asked = files[6]!;

type Hits = { name: string; distance: number }[];

const waitForText = (page: DrivenPage, selector: string, part: string): Promise<boolean> =>
  page.waitFor(
    (wanted, text) => document.querySelector(wanted)?.textContent?.includes(text) ?? false,
    [selector, part],
    { timeoutMs: 180_000 },
  );

async function query(page: DrivenPage): Promise<Hits> {
  await page.click(`#pictures button[title="${asked}"]`);
  await waitForText(page, '#results-title', asked);
  const hits = await page.evaluate(() =>
    [...document.querySelectorAll('#hits > li')].map((hit) => ({
      name: hit.querySelector('.name')?.textContent ?? '',
      distance: Number(hit.querySelector('.caption span')?.textContent),
    })),
  );
  await page.click('#back');
  return hits;
}

export const flows = [
  flow<Hits>({
    name: 'the page of `likeness serve`: 20 pictures are added and searched; they are there after a reload',
    answer: (browser) =>
      withServer([], (url) =>
        visit(browser, url, async (page) => {
          await waitForText(page, '#status', 'Add pictures');
          await page.setFiles(
            '#add-files',
            files.map((file) => join(samples, file)),
          );
          await waitForText(page, '#gallery-title', '20 pictures, 20 indexed');
          const before = await query(page);
          assert.equal(before.length, 20);
          assert.deepEqual(before[0], { name: asked, distance: 0 });

          await page.reload();
          await waitForText(page, '#gallery-title', '20 pictures, 20 indexed');
          assert.deepEqual(await query(page), before);
          const shown = await page.evaluate(async () => {
            const images = [...document.querySelectorAll<HTMLImageElement>('#pictures img')];
            await Promise.all(images.map((image) => image.decode()));
            return images.filter(({ naturalWidth }) => naturalWidth > 0).length;
          });
          assert.equal(shown, 20);
          return before;
        }),
      ),
    same(actual, chromium) {
      assert.deepEqual(
        actual.map(({ name }) => name),
        chromium.map(({ name }) => name),
      );
      for (const [rank, { name, distance }] of chromium.entries())
        assert.ok(
          Math.abs(actual[rank]!.distance - distance) < 1.5e-4,
          `${name}: ${actual[rank]!.distance}, ${distance}`,
        );
    },
  }),
];
