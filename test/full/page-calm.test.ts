import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { samples } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';
import { onScreen, watchShifts } from '../support/page-calm.ts';
import { shows } from '../support/page-files.ts';
import { hitNames, waitForResults } from '../support/results-page.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const all = readdirSync(samples)
  .slice(0, 240)
  .map((name) => join(samples, name));
const [early, late] = [all.filter((_, n) => n % 6 === 0), all.filter((_, n) => n % 6 !== 0)];
assert.deepEqual([early.length, late.length], [40, 200]);

/** Opens the page with the first pictures; measures what moves from now on. */
const visit = (
  body: (page: Page, shifted: () => Promise<number>) => Promise<void>,
  width = 1280,
): Promise<void> =>
  withServer([], (url) =>
    visitPage(
      browser,
      url,
      async (page) => {
        await page.setInputFiles('#add-files', early);
        await shows(page, early.length);
        await page.evaluate(watchShifts);
        const read = (): Promise<number> =>
          page.evaluate(() => (window as unknown as { shifted: number }).shifted);
        const before = await read();
        await body(page, async () => (await read()) - before);
      },
      { width },
    ),
  );
const atRest = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => !document.querySelector('#progress'), undefined, { timeout: 120_000 });
const newOnes = (page: Page): Promise<number> =>
  page
    .locator('#show-new')
    .innerText()
    .then((text) => Number(/\d+/.exec(text)?.[0]));

for (const width of [1280, 360])
  test(`nothing on the screen moves while 200 pictures come under open results, ${width} pixels wide`, () =>
    visit(async (page, shifted) => {
      await page.click('.rows [data-index="4"]');
      await waitForResults(page, 'Most like');
      // Files that are given lead to the list; Back leads to the results while most are to come.
      await page.setInputFiles('#add-files', late);
      await page.locator('#pictures-title').waitFor();
      await page.evaluate(() => history.back());
      await waitForResults(page, 'Most like');
      const start = await shifted();
      const before = await page.evaluate(onScreen);
      await page.waitForFunction(
        () => document.querySelector('#results-summary')?.textContent === '239 pictures',
        undefined,
        { timeout: 120_000 },
      );
      await atRest(page);
      const seen = await page.evaluate(onScreen);
      assert.deepEqual(seen.slice(0, before.length), before);
      const moved = (await shifted()) - start;
      assert.ok(moved < 0.05, `layout shift ${moved}`);

      // Those that wait are those that are nearer than the last one that was seen.
      const shown = await hitNames(page);
      const count = await newOnes(page);
      assert.ok(count > 0, `${count} wait`);
      const lastSeen = seen.at(-1)!.split(' ')[0]!.split('/').at(-1)!;
      await page.click('#show-new');
      await page.waitForFunction(() => !document.querySelector('#show-new'));
      await page.setViewportSize({ width, height: 6000 });
      const now = await page
        .waitForFunction((wanted) => {
          const names = [...document.querySelectorAll('.results .rows .name')].map(
            (one) => (one as HTMLElement).innerText,
          );
          return names.includes(wanted) && names;
        }, lastSeen)
        .then((found) => found.jsonValue() as Promise<string[]>);
      const fresh = now.slice(0, now.indexOf(lastSeen)).filter((name) => !shown.includes(name));
      assert.equal(fresh.length, count);
      assert.equal(now.length, new Set(now).size);
    }, width));

test('the list by name keeps its place too; what waits is shown by a reload, and by another order', () =>
  visit(async (page, shifted) => {
    await page.selectOption('#sort', 'name');
    await page.setInputFiles('#add-files', late);
    const before = await page.evaluate(onScreen);
    const start = await shifted();
    await shows(page, 240);
    const seen = await page.evaluate(onScreen);
    assert.deepEqual(seen.slice(0, before.length), before);
    const moved = (await shifted()) - start;
    assert.ok(moved < 0.05, `layout shift ${moved}`);
    const count = await newOnes(page);
    assert.ok(count > 0, `${count} wait`);
    assert.equal(await page.locator('#show-new').innerText(), `${count} new pictures · show`);

    await page.reload();
    await shows(page, 240);
    assert.equal(await page.locator('#show-new').count(), 0);
    const [first] = (await page.evaluate(onScreen)).map((one) => one.split(' ')[0]);
    assert.equal(first, all[0]!.split('/').at(-1));
  }));
