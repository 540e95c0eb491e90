import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { samples } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';

const names = readdirSync(samples)
  .map((file) => file.replace('.jpeg', ''))
  .slice(0, 8);

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

test('right-to-left, twice the letters and forced colours: what is said stays whole and in its place', () =>
  withIndex(names, (index) =>
    withServer(['-i', index], (url) =>
      visitPage(
        browser,
        url,
        async (page) => {
          await page.waitForSelector('#viewer #found .frame.ready');
          await page.click('#why');
          await page.waitForSelector('.legend .scale');
          // The end of the scale that counts little is beside the words that say so.
          const isMirrored = (): boolean =>
            new DOMMatrix(getComputedStyle(document.querySelector('.legend .scale')!).transform).a < 0;
          assert.equal(await page.evaluate(isMirrored), false);
          await page.evaluate(() => {
            document.documentElement.dir = 'rtl';
          });
          assert.equal(await page.evaluate(isMirrored), true);
          const [little, scale] = await page.evaluate(() =>
            ['.legend p span:first-child', '.legend .scale'].map(
              (one) => document.querySelector(one)!.getBoundingClientRect().left,
            ),
          );
          assert.ok(little! > scale!);
          await page.evaluate(() => {
            document.documentElement.dir = 'ltr';
          });

          // What is switched on is seen without a ground.
          await page.emulateMedia({ forcedColors: 'active' });
          const outline = await page.evaluate(
            () => getComputedStyle(document.querySelector('#why')!).outlineStyle,
          );
          assert.equal(outline, 'solid');
          await page.emulateMedia({ forcedColors: 'none' });

          const client = await page.context().newCDPSession(page);
          await client.send('Page.enable');
          await client.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 32 } });
          await page.setViewportSize({ width: 360, height: 740 });
          // No word is broken in two.
          const lines = (selector: string): Promise<number[]> =>
            page.evaluate(
              (one) =>
                [...document.querySelectorAll(one)].map((element) => {
                  const range = document.createRange();
                  range.selectNodeContents(element.lastChild!);
                  return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
                }),
              selector,
            );
          assert.deepEqual(await lines('#asked .name'), [1]);
          await page.keyboard.press('Escape');
          await page.waitForSelector('#viewer', { state: 'detached' });
          assert.deepEqual(await lines('nav a'), [1, 1, 1]);
        },
        { search: `?like=${names[0]}.jpeg&picture=${names[3]}.jpeg` },
      ),
    ),
  ));
