import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { samples } from '../support/cli.ts';
import { fullTest } from '../support/full.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';
import { give, hitDistances, hitNames, tabTo, waitForResults } from '../support/results-page.ts';

const names = readdirSync(samples)
  .map((file) => file.replace('.jpeg', ''))
  .slice(0, 32);
/** A sample that is in no index here. */
const stranger = join(samples, 'G001.jpeg');

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const visit = (
  url: string,
  body: (page: Page) => Promise<void>,
  width?: number,
  search?: string,
): Promise<void> =>
  visitPage(browser, url, body, { ...(width ? { width } : {}), ...(search ? { search } : {}) });

const waitForCount = (page: Page, selector: string, count: number): Promise<unknown> =>
  page.waitForFunction(
    ([wanted, text]) => document.querySelector(wanted!)?.textContent === text,
    [selector, count === 1 ? '1 picture' : `${count} pictures`],
    { timeout: 120_000 },
  );

for (const isolation of [true, false]) {
  describe(`the page ${isolation ? 'with' : 'without'} cross-origin isolation`, () => {
    test('finds by click, by file, by drop and paste, more like this, Back', () =>
      withIndex(names, (index) =>
        withServer(['-i', index, ...(isolation ? [] : ['--no-isolation'])], (url) =>
          visit(url, async (page) => {
            await waitForCount(page, '#pictures-title', names.length);
            assert.equal(await page.evaluate(() => crossOriginIsolated), isolation);

            await page.click('.rows a[title="A010.jpeg"]');
            await waitForResults(page, 'A010.jpeg');
            // All but the picture that was asked for.
            await waitForCount(page, '#results-summary', names.length - 1);
            assert.ok(!(await hitNames(page)).includes('A010.jpeg'));
            const distances = await hitDistances(page);
            assert.ok(distances.length > 5 && distances.every((distance) => distance > 0.01));
            assert.deepEqual(
              [...distances].sort((a, b) => a - b),
              distances,
            );

            const [, second] = await hitNames(page);
            await page.locator('.rows li').nth(1).hover();
            await page.getByRole('button', { name: `More like ${second}` }).click();
            await waitForResults(page, `A010.jpeg and ${second}`);
            assert.ok(!(await hitNames(page)).includes(second!));
            await page.goBack();
            await waitForResults(page, 'Most like A010.jpeg');
            assert.deepEqual(await hitDistances(page), distances);
            await page.goBack();
            await page.waitForSelector('#pictures-title');

            const bytes = await readFile(stranger);
            await page.setInputFiles('#query-file', stranger);
            await waitForResults(page, 'G001.jpeg');
            await waitForCount(page, '#results-summary', names.length);
            const chosen = await hitNames(page);
            assert.ok((await hitDistances(page))[0]! > 0.01);
            for (const how of ['drop', 'paste'] as const) {
              await page.click('#back');
              await page.waitForSelector('#pictures-title');
              // Another picture by its bytes, the same by what is seen.
              const own = Buffer.concat([bytes, Buffer.from(how)]);
              await give(page, how, `${how}ped.jpeg`, own);
              await waitForResults(page, `${how}ped.jpeg`);
              assert.deepEqual(await hitNames(page), chosen);
            }
          }),
        ),
      ));
  });
}

test('a cancel keeps what was indexed; indexing goes on where it stopped', () =>
  withServer([], (url) =>
    visit(url, async (page) => {
      await page.waitForSelector('#start-title');
      // In the page, at the first sign of progress: from here a click may come when all is done.
      await page.evaluate(() => {
        new MutationObserver((_, observer) => {
          const bar = document.querySelector<HTMLProgressElement>('#progress progress');
          if (!bar?.hasAttribute('value') || bar.value === 0 || bar.value === 1) return;
          if (!/[1-9]\d* of 32/.test(document.querySelector('#progress')!.textContent!)) return;
          observer.disconnect();
          document.querySelector<HTMLButtonElement>('#cancel')!.click();
        }).observe(document.body, { attributes: true, subtree: true, childList: true });
      });
      const files = names.map((name) => join(samples, `${name}.jpeg`));
      await page.setInputFiles('#add-files', files);
      await page.waitForFunction(
        () => !document.querySelector('#progress') && document.querySelector('.rows .cell:not(.waiting)'),
        undefined,
        { timeout: 60_000 },
      );
      const said = await page.innerText('#status');
      const [, kept, left] = /(\d+) more pictures? can be found; (\d+) to go/.exec(said)!.map(Number);
      assert.ok(kept! > 0 && left! > 0 && kept! + left! === names.length, said);
      await waitForCount(page, '#pictures-title', kept!);
      await page.setInputFiles('#add-files', files);
      await waitForCount(page, '#pictures-title', names.length);
      await page.click('.rows a[title="A001.jpeg"]');
      await waitForResults(page, 'A001.jpeg');
      await waitForCount(page, '#results-summary', names.length - 1);
    }),
  ));

test('the served index is used without extracting; own pictures are added; a bad file is told', () =>
  withIndex(names.slice(0, 8), (index) =>
    withServer(['-i', index], (url) =>
      visit(url, async (page) => {
        await waitForCount(page, '#pictures-title', 8);
        await page.waitForFunction(() => document.querySelectorAll('.rows .cell:not(.waiting)').length === 8);
        await page.setInputFiles('#add-files', [stranger, join(samples, 'H001.jpeg')]);
        await waitForCount(page, '#pictures-title', 10);
        await page.waitForFunction(
          () => document.querySelectorAll('.rows .cell:not(.waiting)').length === 10,
          undefined,
          { timeout: 60_000 },
        );

        await page.setInputFiles('#query-file', {
          name: 'broken.jpeg',
          mimeType: 'image/jpeg',
          buffer: Buffer.from('no picture'),
        });
        await page.waitForFunction(() =>
          document.querySelector('#results-summary')?.textContent?.startsWith('broken.jpeg cannot be read'),
        );
        assert.equal(await page.getAttribute('#results-summary', 'role'), 'status');
        assert.equal(await page.locator('.results .rows li').count(), 0);

        // The picture itself is no news.
        await page.setInputFiles('#query-file', stranger);
        await waitForResults(page, 'G001.jpeg');
        assert.ok(!(await hitNames(page)).includes('G001.jpeg'));
        await waitForCount(page, '#results-summary', 9);
        await page.click('.copies summary');
        assert.equal(await page.innerText('.copies summary'), '1 exact copy');
        assert.equal((await page.innerText('.copies li')).trim(), 'G001.jpeg');
      }),
    ),
  ));

test('works by keyboard alone, names everything, and fits a phone', () =>
  withIndex(names.slice(0, 12), (index) =>
    withServer(['-i', index], (url) =>
      visit(
        url,
        async (page) => {
          await waitForCount(page, '#pictures-title', 12);
          await tabTo(page, '.rows a');
          await page.keyboard.press('ArrowRight');
          await page.keyboard.press('Enter');
          await waitForResults(page, 'A002.jpeg');
          await page.waitForFunction(() => document.activeElement?.id === 'results-title');
          await tabTo(page, '.rows .more-like');
          await page.keyboard.press('Tab');
          assert.ok(await page.evaluate(() => document.activeElement?.matches('.rows .less-like')));
          await tabTo(page, '#back', 'Shift+Tab');
          await page.keyboard.press('Enter');
          await page.waitForSelector('#pictures-title');
          await page.waitForFunction(
            () => (document.activeElement as HTMLElement)?.dataset.id === 'A002.jpeg',
          );
          await page.keyboard.press('End');
          await page.keyboard.press('Enter');
          await waitForResults(page, `${names[11]}.jpeg`);

          const unnamed = await page.evaluate(() =>
            [...document.querySelectorAll<HTMLElement>('button, input, progress, section, summary, a, ul')]
              .filter((element) => !element.matches('.copies ul, #alerts ul'))
              .filter((element) => {
                const label =
                  element instanceof HTMLInputElement
                    ? element.labels?.[0]?.textContent
                    : element.textContent;
                return !(
                  element.getAttribute('aria-label') ||
                  element.hasAttribute('aria-labelledby') ||
                  element.querySelector('img[alt]:not([alt=""])') ||
                  label?.trim()
                );
              })
              .map(({ outerHTML }) => outerHTML.slice(0, 80)),
          );
          assert.deepEqual(unnamed, []);
          assert.equal(await page.locator('img:not([alt])').count(), 0);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${overflow} pixels too wide`);
          const { y, height } = (await page.locator('.rows li a').first().boundingBox())!;
          assert.ok(y + height <= 740, `the first hit ends at ${y + height}`);
        },
        360,
      ),
    ),
  ));

fullTest('the search is the same on WebGPU, and a page without an index takes pictures of one’s own', () =>
  withServer([], (url) =>
    visit(
      url,
      async (page) => {
        await page.waitForSelector('#start-title');
        await page.setInputFiles(
          '#add-files',
          ['A001', 'A002', 'B001'].map((name) => join(samples, `${name}.jpeg`)),
        );
        await waitForCount(page, '#pictures-title', 3);
        // A software adapter compiles the network's shaders for ten seconds, on a busy machine for far longer.
        await page.waitForFunction(
          () => document.querySelectorAll('.rows .cell:not(.waiting)').length === 3,
          undefined,
          { timeout: 120_000 },
        );
        await page.click('.rows a[title="B001.jpeg"]');
        await waitForResults(page, 'B001.jpeg');
        await waitForCount(page, '#results-summary', 2);
        assert.deepEqual((await hitNames(page)).sort(), ['A001.jpeg', 'A002.jpeg']);
      },
      820,
      '?device=webgpu',
    ),
  ),
);
