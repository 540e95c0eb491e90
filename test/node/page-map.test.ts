import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { accessibilityProblems } from '../support/accessibility.ts';
import { samples } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';
import { dropFeatures } from '../support/page-files.ts';

const names = readdirSync(samples)
  .map((file) => file.replace('.jpeg', ''))
  .slice(0, 40);

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** Where pictures were found by pointing at them: names by places of the window. */
async function pointAround(
  page: Page,
  columns = 12,
  rows = 8,
): Promise<Map<string, { x: number; y: number }>> {
  const box = (await page.locator('.map canvas').boundingBox())!;
  const found = new Map<string, { x: number; y: number }>();
  for (let n = 0; n < columns * rows; n++) {
    const x = box.x + (box.width * ((n % columns) + 0.5)) / columns;
    const y = box.y + (box.height * (Math.floor(n / columns) + 0.5)) / rows;
    // The buttons lie over a corner.
    if (x > box.x + box.width - 130 && y < box.y + 190) continue;
    await page.mouse.move(x, y);
    const name = await page.evaluate(() => document.querySelector('.map-card .name')?.textContent);
    if (name) found.set(name, { x, y });
  }
  return found;
}

const mapIsThere = (page: Page) => page.waitForSelector('.map canvas');
/** Which part of the canvas something was drawn on. */
const drawnPart = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.map canvas')!;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
      willReadFrequently: true,
    })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]! > 0) drawn++;
    return drawn / (data.length / 4);
  });

describe('the map', () => {
  test('with reduced motion what is measured is there at once: no style is on its way from what it was', () =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await page.emulateMedia({ reducedMotion: 'reduce' });
        const measured = await page.evaluate(() => {
          const { body } = document;
          void body.clientHeight;
          body.style.paddingInlineEnd = '160px';
          return getComputedStyle(body).paddingInlineEnd;
        });
        assert.equal(measured, '160px');
      }),
    ));

  test('of a served index: pictures are drawn, pointed at and found; it stays for the next visit', () =>
    withIndex(names, (index) =>
      withServer(['-i', index], (url) =>
        visitPage(
          browser,
          url,
          async (page) => {
            await mapIsThere(page);
            while ((await drawnPart(page)) < 0.25) await page.waitForTimeout(100);
            assert.deepEqual(await accessibilityProblems(page), []);
            const places = await pointAround(page);
            assert.ok(places.size > 20, `${places.size} of 40 pictures were pointed at`);

            const [name, { x, y }] = [...places][7]!;
            await page.mouse.move(x, y);
            assert.equal(await page.innerText('.map-card .name'), name);
            await page.mouse.click(x, y);
            await page.waitForURL((to) => to.searchParams.get('like') === name);
            await page.waitForSelector('#results-title');
            await page.goBack();
            await mapIsThere(page);

            // A drag moves what is under the pointer, and asks for nothing.
            await page.click('#zoom-in');
            await page.waitForTimeout(400);
            const near = [...(await pointAround(page))];
            const middle = near[Math.floor(near.length / 2)]!;
            await page.mouse.move(middle[1].x, middle[1].y);
            await page.mouse.down();
            await page.mouse.move(middle[1].x + 60, middle[1].y - 40, { steps: 5 });
            await page.mouse.up();
            await page.mouse.move(middle[1].x + 61, middle[1].y - 40);
            assert.equal(await page.innerText('.map-card .name'), middle[0]);
            // The wheel magnifies what is under the pointer.
            await page.mouse.wheel(0, -200);
            await page.mouse.move(middle[1].x + 60, middle[1].y - 40);
            assert.equal(await page.innerText('.map-card .name'), middle[0]);
            assert.equal(new URL(page.url()).searchParams.get('like'), null);

            // By keyboard: the picture in the middle is chosen; Enter asks.
            await page.click('#show-all');
            await page.focus('.map-stage');
            await page.keyboard.press('+');
            await page.keyboard.press('ArrowLeft');
            await page.waitForFunction(
              () => document.querySelector('.map [role="status"]')!.textContent !== '',
            );
            const chosen = await page.textContent('.map [role="status"]');
            await page.keyboard.press('Enter');
            await page.waitForURL((to) => to.searchParams.get('like') === chosen);
            await page.goBack();

            // The next visit shows it at once: nothing is computed.
            await page.reload();
            await mapIsThere(page);
            while ((await drawnPart(page)) === 0) await page.waitForTimeout(50);
            await page.click('#show-all');
            await page.waitForTimeout(400);
            const again = await pointAround(page);
            for (const [same, place] of again) {
              const was = places.get(same);
              if (was) assert.ok(Math.hypot(was.x - place.x, was.y - place.y) < 400, same);
            }

            // The same as a list: all pictures, like ones next to each other.
            await page.click('.map-list summary');
            await page.waitForSelector('.map-list .cell');
            assert.equal(await page.locator('.map-list li').first().getAttribute('aria-setsize'), '40');
            assert.deepEqual(await accessibilityProblems(page), []);
            await page.locator('.map-list .cell').first().click();
            await page.waitForSelector('#results-title');
          },
          { search: '?view=map' },
        ),
      ),
    ));

  test('of a person’s own pictures: too few, drawn again on request, a tap shows and a second one asks', () =>
    withServer([], async (url) => {
      const context = await browser.newContext({
        viewport: { width: 360, height: 740 },
        hasTouch: true,
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      try {
        await page.goto(`${url}?view=map`);
        await page.getByText('A map needs two pictures or more.').waitFor();
        assert.deepEqual(await accessibilityProblems(page), []);
        await page.getByRole('link', { name: 'Go to the pictures' }).click();
        const file = (name: string): string => join(samples, `${name}.jpeg`);
        await page.setInputFiles('#add-files', [file(names[0]!), file(names[1]!), file(names[2]!)]);
        await page.getByRole('link', { name: 'Map' }).click();
        await mapIsThere(page);
        await page.setInputFiles('#add-files', [file(names[3]!)]);
        await page.getByRole('link', { name: 'Map' }).click();
        await page.getByRole('button', { name: '1 new picture · draw again' }).click();
        await page.getByRole('application', { name: 'Map of 4 pictures' }).waitFor();
        const box = (await page.locator('.map canvas').boundingBox())!;
        const at = { x: box.x + box.width * 0.25, y: box.y + box.height * 0.25 };
        await page.touchscreen.tap(at.x, at.y);
        await page.waitForSelector('.map-card');
        const name = await page.innerText('.map-card .name');
        assert.equal(new URL(page.url()).searchParams.get('like'), null);
        assert.deepEqual(await accessibilityProblems(page), []);
        await page.touchscreen.tap(at.x, at.y);
        await page.waitForURL((to) => to.searchParams.get('like') === name);
        // Nothing is wider than the window.
        await page.goBack();
        await mapIsThere(page);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
        // With the line that says what is shown, too, the window has the whole map, and shows that a list is below it.
        await page.goto(`${url}?view=map&name=A0&sort=name`);
        await mapIsThere(page);
        await page.waitForSelector('.filter-note');
        const [end, views] = await page.evaluate(() => [
          document.querySelector('.map-list summary')!.getBoundingClientRect().bottom,
          document.querySelector('nav')!.getBoundingClientRect().top,
        ]);
        assert.ok(end! <= views!, `the map and its list end at ${end}, the views begin at ${views}`);
      } finally {
        await context.close();
      }
    }));

  test('5,000 pictures: drawn, moved and magnified without keeping the page waiting; Cancel ends the drawing', () =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await page.waitForSelector('#add-files', { state: 'attached' });
        const [count, dimension] = [5000, 512];
        let state = 1;
        const random = (): number => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return state / 2 ** 32;
        };
        const values = new Float32Array(count * dimension);
        for (let row = 0; row < count; row++) {
          const own = values.subarray(row * dimension, (row + 1) * dimension);
          for (let j = 0; j < dimension; j++) own[j] = (j % 40 === row % 40 ? 3 : 0) + random();
          const length = Math.hypot(...own);
          for (let j = 0; j < dimension; j++) own[j]! /= length;
        }
        await dropFeatures(page, values, count);
        await page.getByRole('heading', { name: '5,000 pictures' }).waitFor();
        await page.evaluate(() => {
          const long: number[] = [];
          Object.assign(window, { long });
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) long.push(Math.round(duration));
          }).observe({ type: 'longtask' });
        });
        await page.getByRole('link', { name: 'Map' }).click();
        await page.click('#cancel');
        await page.getByRole('button', { name: 'Draw the map' }).click();
        await mapIsThere(page);
        assert.ok((await drawnPart(page)) > 0.05);
        const box = (await page.locator('.map canvas').boundingBox())!;
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        for (let n = 0; n < 5; n++) await page.mouse.wheel(0, -150);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width / 3, box.y + box.height / 3, { steps: 10 });
        await page.mouse.up();
        const long = await page.evaluate(() => (window as unknown as { long: number[] }).long);
        assert.ok(Math.max(0, ...long) < 1000, String(long));
      }),
    ));
});
