import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { accessibilityProblems } from '../support/accessibility.ts';
import { samples } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';

const names = readdirSync(samples)
  .map((file) => file.replace('.jpeg', ''))
  .slice(0, 40);
const widths = [360, 820, 1440];

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const title = (page: Page) => page.locator('#pictures-title, #results-title').first();
const searchable = (page: Page) =>
  page.waitForFunction(
    () => document.querySelector('.rows a') && !document.querySelector('.rows .waiting, #progress'),
  );

/** What axe finds at three widths, light and dark. */
async function problems(page: Page): Promise<string[]> {
  const found: string[] = [];
  const before = page.viewportSize()!;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      // The new colours are drawn with the next frame.
      await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
      for (const problem of await accessibilityProblems(page))
        found.push(`${width} ${colorScheme}: ${problem}`);
    }
  }
  await page.setViewportSize(before);
  return found;
}

/** Pixels by which the page is wider than its window. */
const excess = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Sets the browser's font size, as a reader does in its settings. */
async function setLetters(page: Page, standard: number): Promise<void> {
  const client = await page.context().newCDPSession(page);
  await client.send('Page.enable');
  await client.send('Page.setFontSizes', { fontSizes: { standard, fixed: standard } });
  await client.detach();
}

/** Elements that Tab stops at, from the first one on until it has gone round or out. */
async function tabStops(page: Page): Promise<string[]> {
  const stops: string[] = [];
  await page.focus('.skip');
  for (;;) {
    const at = await page.evaluate(() => {
      const { activeElement: element } = document;
      if (!element || element === document.body || element.hasAttribute('data-seen')) return undefined;
      element.setAttribute('data-seen', '');
      return element.outerHTML.slice(0, 100);
    });
    if (at === undefined || stops.length > 100) return stops;
    stops.push(at);
    await page.keyboard.press('Tab');
  }
}

/** How far things have moved, without those that follow a click or a key at once. */
const watchShifts = (page: Page) =>
  page.addInitScript(() => {
    const all: { value: number; what: string }[] = [];
    Object.assign(window, { shifts: all });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        hadRecentInput: boolean;
        value: number;
        sources: { node?: Element }[];
      })[]) {
        if (entry.hadRecentInput) continue;
        const what = entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? '?').join(' ');
        all.push({ value: entry.value, what });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
const shifts = async (page: Page): Promise<{ sum: number; what: string }> => {
  const all = await page.evaluate(
    () => (window as unknown as { shifts: { value: number; what: string }[] }).shifts,
  );
  return {
    sum: all.reduce((sum, { value }) => sum + value, 0),
    what: all.map(({ value, what }) => `${value}: ${what}`).join('\n'),
  };
};

describe('the first screen', () => {
  test('offers a folder first, then the samples; says what stays private; nothing is disabled; axe finds nothing', () =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await page.waitForSelector('#start-title');
        assert.deepEqual(await page.locator('main .primary').allInnerTexts(), ['Choose a folder…']);
        assert.match(await page.innerText('#samples'), /^Try \d+ sample pictures$/);
        assert.match(await page.innerText('main'), /Your pictures stay on this device/);
        assert.equal(await page.locator(':disabled').count(), 0);
        assert.equal(await page.locator('nav').count(), 0, 'there is nothing to look at yet');
        // What it is for fills the window, and all of it is on the first screen.
        for (const [width, height] of [
          [360, 740],
          [820, 1000],
          [1440, 900],
        ] as const) {
          await page.setViewportSize({ width, height });
          const box = (await page.locator('.start').boundingBox())!;
          assert.ok(box.height > height * 0.7 && box.y + box.height <= height, JSON.stringify(box));
          assert.ok((await excess(page)) <= 0);
        }
        assert.deepEqual(await problems(page), []);
      }),
    ));

  test('the samples are added, found, and there after a reload', () =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await page.click('#samples');
        await page.waitForFunction(() => document.querySelectorAll('.rows a').length > 10);
        await searchable(page);
        assert.equal(await title(page).innerText(), '36 pictures');
        const hits = async (): Promise<string[]> => {
          await page.click('.rows [data-id="Samples/stream.jpg"]');
          await page.waitForSelector('#results-title', { state: 'attached' });
          await page.waitForSelector('.rows [data-index="1"]');
          return page.locator('.rows [data-index]').evaluateAll((all) =>
            all
              .sort((a, b) => Number(a.getAttribute('data-index')) - Number(b.getAttribute('data-index')))
              .slice(0, 2)
              .map((one) => one.getAttribute('data-id')!),
          );
        };
        const found = await hits();
        assert.deepEqual([...found].sort(), ['Samples/stream-falls.jpg', 'Samples/stream-forest.jpg']);
        await page.goto(url);
        await searchable(page);
        const broken = await page.locator('.rows img').evaluateAll(async (images) => {
          await Promise.all((images as HTMLImageElement[]).map((image) => image.decode().catch(() => {})));
          return (images as HTMLImageElement[]).filter(({ naturalWidth }) => naturalWidth === 0).length;
        });
        assert.equal(broken, 0);
        assert.deepEqual(await hits(), found);
      }),
    ));

  test('one’s own index: no word of an empty page before it is shown again', () =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await page.setInputFiles('#add-files', [`${samples}/A001.jpeg`, `${samples}/A002.jpeg`]);
        await page.waitForFunction(
          () => document.querySelectorAll('.rows a').length === 2 && !document.querySelector('#progress'),
        );
        await page.addInitScript(() => {
          new MutationObserver(() => {
            if (document.querySelector('#start-title')) document.documentElement.dataset.wasStart = '';
          }).observe(document, { childList: true, subtree: true });
        });
        await page.reload();
        await page.waitForFunction(() => document.querySelectorAll('.rows a').length === 2);
        assert.equal(await page.evaluate(() => document.documentElement.dataset.wasStart), undefined);
      }),
    ));
});

describe('the frame, with a served index', () => {
  test('is opened without a click; nothing moves; few tab stops; axe finds nothing in any of its states', () =>
    withIndex(names, (index) =>
      withServer(['-i', index], async (url) => {
        for (const width of widths) {
          await visitPage(
            browser,
            'about:blank',
            async (page) => {
              await watchShifts(page);
              await page.goto(url);
              await searchable(page);
              assert.equal(await title(page).innerText(), '40 pictures');
              assert.equal(await page.locator(':disabled').count(), 0);
              await page.waitForTimeout(300);
              await page.locator('.rows a').nth(3).click();
              await page.waitForSelector('#results-title', { state: 'attached' });
              await page.waitForTimeout(1200);
              await page.goBack();
              await page.waitForSelector('#pictures-title');
              await page.waitForTimeout(600);
              const { sum, what } = await shifts(page);
              assert.ok(sum < 0.05, `${width}: ${sum}\n${what}`);

              const stops = await tabStops(page);
              assert.ok(stops.length <= 20, `${stops.length} tab stops:\n${stops.join('\n')}`);
              assert.ok(stops.length >= 8, 'all of the frame can be reached');
            },
            { width, alsoAsked: url },
          );
        }
        await visitPage(browser, url, async (page) => {
          await searchable(page);
          const current = () => page.locator('nav [aria-current]').allInnerTexts();
          assert.deepEqual(await current(), ['Pictures']);
          assert.deepEqual(await problems(page), []);
          await page.click('#add-menu summary');
          assert.deepEqual(await problems(page), [], 'with the menu');
          await page.keyboard.press('Escape');
          assert.equal(await page.locator('#add-menu[open]').count(), 0);
          assert.equal(
            await page.evaluate(() => document.activeElement?.closest('details')?.id),
            'add-menu',
            'the focus stays where it was',
          );
          // The skip link leads to the pictures.
          await page.focus('.skip');
          await page.keyboard.press('Enter');
          assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');

          await page.click('#settings');
          await page.waitForSelector('#sheet');
          for (const details of await page.locator('#sheet details').all())
            await details.evaluate((element) => {
              (element as HTMLDetailsElement).open = true;
            });
          assert.deepEqual(await problems(page), [], 'with the settings');
          // What is told is to be reached while they are open.
          await page.setInputFiles('#import-index', {
            name: 'other.json',
            mimeType: 'application/json',
            buffer: Buffer.from('[]'),
          });
          await page.locator('#sheet').getByRole('alert').waitFor();
          assert.deepEqual(await problems(page), [], 'with an alert');
          await page.getByRole('button', { name: 'Dismiss' }).click();
          assert.equal(await page.getByRole('alert').count(), 0);
          await page.keyboard.press('Escape');
          await page.waitForFunction(() => !document.querySelector('#sheet'));
          assert.equal(await page.evaluate(() => document.activeElement?.id), 'settings');
        });
      }),
    ));

  test('right-to-left, large letters and narrow windows: no view is wider than its window', () =>
    withIndex(names.slice(0, 12), (index) =>
      withServer(['-i', index], (url) =>
        visitPage(browser, url, async (page) => {
          const wide: string[] = [];
          const look = async (what: string): Promise<void> => {
            for (const width of [320, ...widths]) {
              await page.setViewportSize({ width, height: 800 });
              // Rows are laid out anew a frame later, or more where the machine is busy.
              let by = await excess(page);
              for (let n = 0; by > 0 && n < 40; n++) {
                await page.waitForTimeout(50);
                by = await excess(page);
              }
              if (by > 0) wide.push(`${what} at ${width}: ${by} pixels`);
            }
          };
          for (const view of ['', '?view=duplicates', '?view=map', `?like=${names[3]}.jpeg`]) {
            await page.goto(url + view);
            await page.waitForSelector(view === '?view=map' ? '.map-buttons' : 'main *');
            await page.waitForTimeout(300);
            await page.evaluate(() => {
              document.documentElement.dir = 'rtl';
            });
            await look(`right-to-left ${view}`);
            await page.evaluate(() => {
              document.documentElement.dir = 'ltr';
            });
            await setLetters(page, 32);
            await look(`large letters ${view}`);
            await setLetters(page, 16);
          }
          await page.goto(url);
          await searchable(page);
          await page.click('#settings');
          await look('settings');
          await page.evaluate(() => {
            document.documentElement.dir = 'rtl';
          });
          await look('settings right-to-left');
          assert.deepEqual(wide, []);
        }),
      ),
    ));

  test('the reader’s font size is followed by all text', () =>
    withIndex(names.slice(0, 4), (index) =>
      withServer(['-i', index], (url) =>
        visitPage(browser, url, async (page) => {
          await searchable(page);
          await page.click('#settings');
          await page.waitForSelector('#sheet h3');
          const sizes = () =>
            page.evaluate(() =>
              Object.fromEntries(
                ['h1', 'nav a', '#pictures-title', 'button', '#sheet p', '#sheet h3', 'label.button'].map(
                  (selector) => [
                    selector,
                    Number.parseFloat(getComputedStyle(document.querySelector(selector)!).fontSize),
                  ],
                ),
              ),
            );
          const before = await sizes();
          await setLetters(page, 32);
          const then = await sizes();
          for (const [selector, size] of Object.entries(before))
            assert.ok(Math.abs(then[selector]! - 2 * size) < 0.1, `${selector}: ${size}, ${then[selector]}`);
        }),
      ),
    ));
});

describe('languages', () => {
  test('the browser’s first one that the page speaks; another is chosen in the settings, and kept', () =>
    withServer([], async (url) => {
      const context = await browser.newContext({ locale: 'zh-TW' });
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(30_000);
        await page.goto(url);
        await page.waitForSelector('#start-title');
        assert.equal(await page.innerText('#start-title'), '找出最相似的图片');
        assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
        assert.deepEqual(await problems(page), []);
        await page.click('#settings');
        await page.getByRole('radio', { name: 'English' }).check();
        assert.equal(await page.locator('#sheet h2').innerText(), 'Settings');
        assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
        await page.reload();
        await page.waitForSelector('#start-title');
        assert.equal(await page.innerText('#start-title'), 'Find the pictures most like one');
      } finally {
        await context.close();
      }
    }));
});
