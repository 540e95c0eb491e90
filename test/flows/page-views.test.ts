import assert from 'node:assert/strict';
import { join } from 'node:path';
import sharp from 'sharp';
import type { DrivenPage } from '../../scripts/browsers/driver.mts';
import { samples, withFolder } from '../support/cli.ts';
import { flow, visit } from '../support/driven.ts';
import { withServer } from '../support/page.ts';

interface Views {
  /** Names of a group's pictures, the best first. */
  group: string[];
  distance: number;
}

const slow = { timeoutMs: 180_000 };

const textIs = (page: DrivenPage, selector: string, text: string): Promise<boolean> =>
  page.waitFor((one, wanted) => document.querySelector(one)?.textContent === wanted, [selector, text], slow);

/** Three pictures: one is a smaller copy of another. */
async function write(folder: string): Promise<string[]> {
  const small = join(folder, 'small.jpg');
  await sharp(join(samples, 'A003.jpeg')).resize({ width: 260 }).jpeg({ quality: 70 }).toFile(small);
  return [join(samples, 'B001.jpeg'), small, join(samples, 'A003.jpeg')];
}

export const flows = [
  flow<Views>({
    name: 'duplicates and map of the page: a smaller copy is found and marked; a picture of the map is clicked and found',
    answer: (browser) =>
      withFolder(async (folder) => {
        const files = await write(folder);
        return withServer([], (url) =>
          visit(browser, url, async (page) => {
            await page.waitFor(() => document.querySelector('#add-files') !== null, [], slow);
            await page.setFiles('#add-files', files);
            await textIs(page, '#pictures-title', '3 pictures');
            await page.click('nav a[href*="view=duplicates"]');
            await textIs(page, '#duplicates-summary', '1 group, 1 picture could go');
            await page.waitFor(
              () => document.querySelector('.twin:nth-of-type(2) .facts dd:not(:empty)') !== null,
              [],
            );
            const distanceText = await page.waitFor(
              () => /distance ([\d.]+)/.exec(document.querySelector('.group')!.textContent!)?.[1],
              [],
            );
            const group = await page.evaluate(() =>
              [...document.querySelectorAll<HTMLElement>('.twin')].map(
                (twin) =>
                  `${twin.querySelector('a')!.title}${twin.querySelector<HTMLInputElement>('input')!.checked ? ' *' : ''}`,
              ),
            );
            await page.click('.twin a[title="small.jpg"]');
            await page.waitFor(() => document.querySelectorAll('#compare-pictures img').length === 2, []);
            await page.click('#compare-pictures .close');
            await page.waitFor(() => document.querySelector('#compare-pictures') === null, []);

            await page.click('nav a[href*="view=map"]');
            await page.waitFor(() => document.querySelector('.map canvas') !== null, [], slow);
            // In a low window each picture has a third of it: one is in the middle.
            await page.evaluate(() => {
              const { style } = document.querySelector<HTMLElement>('.map')!;
              style.flex = 'none';
              style.minBlockSize = '0';
              style.blockSize = '14rem';
            });
            const name = await page.waitFor(() => {
              const canvas = document.querySelector('.map canvas')!;
              const { left, top, width, height } = canvas.getBoundingClientRect();
              const at = { clientX: left + width / 2, clientY: top + height / 2 };
              canvas.dispatchEvent(
                new PointerEvent('pointermove', { ...at, pointerType: 'mouse', bubbles: true }),
              );
              return document.querySelector('.map-card .name')?.textContent;
            }, []);
            const colours = await page.waitFor(() => {
              const canvas = document.querySelector<HTMLCanvasElement>('.map canvas')!;
              const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
              copy.canvas.width = canvas.width;
              copy.canvas.height = canvas.height;
              copy.drawImage(canvas, 0, 0);
              const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
              const found = new Set<number>();
              for (let at = 0; at < data.length; at += 400)
                found.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
              return found.size > 30 ? found.size : 0;
            }, []);
            assert.ok(colours > 30, 'pictures are drawn, not dots');
            await page.click('.map canvas');
            await page.waitFor(
              (wanted) => document.querySelector('#results-title')?.textContent?.includes(wanted!),
              [name],
              slow,
            );
            return { group, distance: Number(distanceText) };
          }),
        );
      }),
    same(actual, chromium) {
      assert.deepEqual(actual.group, chromium.group);
      assert.deepEqual(actual.group, ['A003.jpeg', 'small.jpg *']);
      assert.ok(
        Math.abs(actual.distance - chromium.distance) < 2e-3,
        `${actual.distance}, ${chromium.distance}`,
      );
    },
  }),
];
