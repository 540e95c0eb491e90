import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import type { Measurement } from '../../page/gpu/measure.ts';
import { launchChromium } from '../../scripts/chromium.mjs';
import { accessibilityProblems } from '../support/accessibility.ts';
import { withFolder } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const said = (page: Page, part: RegExp) =>
  page.waitForFunction(
    (pattern) => new RegExp(pattern).test(document.querySelector('#gpu-text')?.textContent ?? ''),
    part.source,
    { timeout: 240_000 },
  );

/** What is left of the page's work would be measured too, and is why the button waits. */
async function openPanel(page: Page): Promise<void> {
  await page.waitForSelector('#start-title');
  await page.click('#settings');
  await page.click('#advanced > summary');
  await page.waitForSelector('#gpu-measure:not([disabled])');
  await page.selectOption('#gpu-size', { label: '2,048 × 512' });
}

test('the page measures the search on the GPU, says that it is software, shows and saves the table', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(
        browser,
        url,
        async (page) => {
          await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
          await openPanel(page);
          assert.equal(await page.locator('#gpu-result').count(), 0);
          await page.click('#gpu-measure');
          await page.waitForSelector('#gpu-progress');
          assert.equal(await page.evaluate(() => document.activeElement?.id), 'gpu-cancel');
          await said(page, /^Measured, on a software adapter/);
          assert.ok(await page.isVisible('#gpu-measure'));

          await page.click('#gpu-copy');
          await page.waitForFunction(() =>
            document.querySelector('#status')?.textContent?.includes('copied'),
          );
          const copied = await page.evaluate(() => navigator.clipboard.readText());
          const [download] = await Promise.all([page.waitForEvent('download'), page.click('#gpu-save')]);
          const file = join(folder, download.suggestedFilename());
          await download.saveAs(file);
          assert.equal(copied, await readFile(file, 'utf8'));

          const { n, d, k, shape, searches, adapter, isSoftware, browser, date }: Measurement =
            JSON.parse(copied);
          assert.deepEqual([n, d, k, isSoftware, browser], [2048, 512, 30, true, await agent(page)]);
          assert.match(Object.values(adapter).join(' '), /swiftshader/i);
          assert.ok(Date.now() - Date.parse(date) < 600_000);
          assert.deepEqual(
            searches.map(({ scan, queries }) => [scan, queries]),
            [
              ['quantised', 1],
              ['quantised', 64],
              ['rows', 1],
              ['rows', 64],
            ],
          );
          for (const search of searches) {
            const {
              scan,
              queries: q,
              bytes,
              terms,
              minMs,
              medianMs,
              maxMs,
              dispatches,
              submissions,
              runs,
            } = search;
            // Six values in seven are zero, more or less.
            assert.ok(terms > 0.05 * q * d && terms < 0.3 * q * d, `${terms} terms`);
            // 2048 rows are one list: keys are written by the distances and read by the sort.
            const keys = 8 * q * n;
            const blocks = 2;
            const splits = Math.max(1, Math.min(16, Math.ceil(shape.columnsThreads / (blocks * 64 * q))));
            const expected = scan === 'rows' ? 4 * n * d : n * terms + 8 * terms + q * n * (8 * splits + 32);
            assert.equal(bytes, expected + keys);
            assert.ok(minMs > 0 && minMs <= medianMs && medianMs <= maxMs && maxMs < 60_000);
            assert.ok(runs >= 2);
            // Distances, for codes their bounds, and the sort; the last submission copies what comes back.
            assert.ok(dispatches >= (scan === 'rows' ? 2 : 3) && submissions >= 3, JSON.stringify(search));
            assert.ok(dispatches < 40 && submissions < 40, JSON.stringify(search));
          }

          const cells = await page.locator('#gpu-table tbody td').allInnerTexts();
          assert.equal(cells.length, 4 * 11);
          for (const cell of cells) assert.ok(Number.isFinite(Number(cell)), cell);
          assert.equal(Number(cells[0]), Number((searches[0]!.bytes / 1e6).toPrecision(3)));
          assert.match(await page.innerText('#gpu-facts'), /software/);
          const overflow = await page.evaluate(() =>
            Math.max(
              ...[document.documentElement, document.querySelector('#sheet')!].map(
                ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
              ),
            ),
          );
          assert.ok(overflow <= 0, `${overflow} pixels too wide`);
          assert.deepEqual(await accessibilityProblems(page), []);
        },
        { width: 360 },
      ),
    ),
  ));

const agent = (page: Page): Promise<string> => page.evaluate(() => navigator.userAgent);

test('measuring the GPU is cancelled at once and can begin again', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await openPanel(page);
      await page.click('#gpu-measure');
      await said(page, /queries|query/);
      await page.click('#gpu-cancel');
      await said(page, /^Cancelled/);
      assert.equal(await page.locator('#gpu-progress').count(), 0);
      assert.equal(await page.locator('#gpu-result').count(), 0);
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'gpu-measure');
      await page.keyboard.press('Enter');
      await said(page, /^Measured/);
    }),
  ));

test('without WebGPU the page says so', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await page.addInitScript(() => {
        Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
      });
      await page.reload();
      await page.click('#settings');
      await page.click('#advanced > summary');
      await said(page, /^This browser has no WebGPU/);
      assert.equal(await page.locator('#gpu-measure').count(), 0, 'no button that does nothing');
    }),
  ));
