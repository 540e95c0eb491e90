import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { samples } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';

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

const hits = (page: Page) => page.locator('#hits > li');
const caption = (page: Page, n: number) => hits(page).nth(n).locator('.caption').innerText();
const open = (page: Page) => page.waitForSelector('#index:not([disabled])');
async function indexAll(page: Page): Promise<void> {
  await open(page);
  await page.click('#index');
  await page.waitForFunction(() => document.querySelector('#status')?.textContent?.includes('indexed in'));
}

/** Gives the page a file as a drop or a paste does. */
async function give(page: Page, how: 'drop' | 'paste', name: string, bytes: Buffer): Promise<void> {
  await page.evaluate(
    ([event, file, base64]) => {
      const data = Uint8Array.from(atob(base64!), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([data], file!, { type: 'image/jpeg' }));
      const init = { bubbles: true, cancelable: true };
      dispatchEvent(
        event === 'drop'
          ? new DragEvent('drop', { ...init, dataTransfer: transfer })
          : new ClipboardEvent('paste', { ...init, clipboardData: transfer }),
      );
    },
    [how, name, bytes.toString('base64')],
  );
}

for (const isolation of [true, false]) {
  describe(`the page ${isolation ? 'with' : 'without'} cross-origin isolation`, () => {
    test('indexes, finds by click, by file, by drop and paste, more like this, Back', () =>
      withIndex(names, (index) =>
        withServer(['-i', index, ...(isolation ? [] : ['--no-isolation'])], (url) =>
          visit(url, async (page) => {
            await open(page);
            assert.equal(await page.evaluate(() => crossOriginIsolated), isolation);
            const summary = await page.innerText('#engine-summary');
            assert.match(
              summary,
              isolation ? /vgg16-compact on WebAssembly, \d+ threads?/ : /WebAssembly, 1 thread$/,
            );
            assert.equal(await page.locator('#pictures > li').count(), names.length);
            assert.equal(await page.innerText('#index'), `Index ${names.length} pictures`);
            await indexAll(page);
            assert.ok(await page.isHidden('#index'));

            await page.click('#pictures button[title="A010.jpeg"]');
            await page.waitForSelector('#results:not([hidden])');
            assert.equal(await hits(page).count(), 30);
            assert.equal((await caption(page, 0)).replace(/\s+/g, ' '), '1 0.0000');
            assert.match(await hits(page).nth(0).innerText(), /A010\.jpeg/);
            assert.match(await page.innerText('#results-summary'), /30 of 32 pictures.*ms to search/);
            const distances = await page.locator('#hits .caption span').allInnerTexts();
            assert.deepEqual(
              [...distances].sort((a, b) => Number(a) - Number(b)),
              distances,
            );

            const second = await hits(page).nth(1).locator('.name').innerText();
            await hits(page).nth(1).getByRole('button').click();
            await page.waitForFunction(
              (name) => document.querySelector('#results-title')?.textContent?.includes(name),
              second,
            );
            assert.match(await hits(page).nth(0).innerText(), new RegExp(second.replace('.', '\\.')));
            await page.goBack();
            await page.waitForFunction(() =>
              document.querySelector('#results-title')?.textContent?.includes('A010'),
            );
            await page.goBack();
            await page.waitForSelector('#gallery:not([hidden])');

            const bytes = await readFile(stranger);
            await page.setInputFiles('#query-file', stranger);
            await page.waitForFunction(() =>
              document.querySelector('#results-title')?.textContent?.includes('G001.jpeg'),
            );
            const chosen = await page.locator('#hits .name').allInnerTexts();
            for (const how of ['drop', 'paste'] as const) {
              await page.click('#back');
              await give(page, how, `${how}ped.jpeg`, bytes);
              await page.waitForFunction(
                (name) => document.querySelector('#results-title')?.textContent?.includes(name),
                `${how}ped.jpeg`,
              );
              assert.deepEqual(await page.locator('#hits .name').allInnerTexts(), chosen);
            }
            assert.ok(Number((await caption(page, 0)).split(/\s+/)[1]) > 0.01);
          }),
        ),
      ));
  });
}

test('a cancel keeps what was indexed; indexing goes on where it stopped', () =>
  withIndex(names, (index) =>
    withServer(['-i', index], (url) =>
      visit(url, async (page) => {
        await open(page);
        // In the page, at the first sign of progress: from here a click may come when all is done.
        await page.evaluate(() => {
          const bar = document.querySelector<HTMLProgressElement>('#progress-bar')!;
          new MutationObserver((_, observer) => {
            if (bar.value === 0 || bar.value === 1) return;
            observer.disconnect();
            document.querySelector<HTMLButtonElement>('#cancel')!.click();
          }).observe(bar, { attributes: true });
        });
        await page.click('#index');
        await page.waitForFunction(() =>
          document.querySelector('#status')?.textContent?.startsWith('Cancelled'),
        );
        const kept = Number(/(\d+) pictures are indexed/.exec(await page.innerText('#status'))?.[1]);
        assert.ok(kept > 0 && kept < names.length, `${kept} indexed`);
        assert.equal(await page.innerText('#index'), `Index ${names.length - kept} more`);
        assert.equal(await page.locator('#pictures button.indexed').count(), kept);
        await indexAll(page);
        assert.match(await page.innerText('#status'), new RegExp(`^${names.length - kept} pictures indexed`));
        await page.click('#pictures button[title="A001.jpeg"]');
        await page.waitForSelector('#results:not([hidden])');
        assert.equal(await hits(page).count(), 30);
      }),
    ),
  ));

test('the ready-made index is used without extracting; own pictures are added; a bad file is an alert', () =>
  withIndex(names.slice(0, 8), (index) =>
    withServer(['-i', index], (url) =>
      visit(url, async (page) => {
        await open(page);
        await page.click('#ready-made');
        await page.waitForFunction(
          () => document.querySelector('#gallery-title')?.textContent === '8 pictures, 8 indexed',
        );
        await page.setInputFiles('#add-files', [stranger, join(samples, 'H001.jpeg')]);
        await page.waitForFunction(
          () => document.querySelector('#gallery-title')?.textContent === '10 pictures, 10 indexed',
        );

        await page.setInputFiles('#query-file', {
          name: 'broken.jpeg',
          mimeType: 'image/jpeg',
          buffer: Buffer.from('no picture'),
        });
        const alert = page.getByRole('alert');
        await alert.waitFor();
        assert.match(await alert.innerText(), /^broken\.jpeg: /);
        await alert.getByRole('button').click();

        await page.setInputFiles('#query-file', stranger);
        await page.waitForSelector('#results:not([hidden])');
        assert.equal((await page.locator('#hits .name').allInnerTexts())[0], 'G001.jpeg');
        assert.equal((await caption(page, 0)).replace(/\s+/g, ' '), '1 0.0000');
      }),
    ),
  ));

test('works by keyboard alone, names everything, and fits a phone', () =>
  withIndex(names.slice(0, 12), (index) =>
    withServer(['-i', index], (url) =>
      visit(
        url,
        async (page) => {
          await open(page);
          const tabTo = async (selector: string): Promise<void> => {
            for (let n = 0; n < 40; n++) {
              if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
              await page.keyboard.press('Tab');
            }
            assert.fail(`Tab does not reach ${selector}`);
          };
          await tabTo('#index');
          await page.keyboard.press('Enter');
          await page.waitForFunction(() =>
            document.querySelector('#status')?.textContent?.includes('indexed in'),
          );
          await tabTo('#pictures button');
          await page.keyboard.press('Enter');
          await page.waitForSelector('#results:not([hidden])');
          assert.equal(await page.evaluate(() => document.activeElement?.id), 'results-title');
          await tabTo('#hits .more');
          await page.keyboard.press('Escape');
          await page.waitForSelector('#gallery:not([hidden])');
          await page.click('#pictures button >> nth=3');
          await page.waitForSelector('#results:not([hidden])');

          const unnamed = await page.evaluate(() =>
            [...document.querySelectorAll<HTMLElement>('button, input, progress, section, summary')]
              .filter((element) => {
                const label =
                  element instanceof HTMLInputElement
                    ? element.labels?.[0]?.textContent
                    : element.textContent;
                return !(
                  element.getAttribute('aria-label') ||
                  element.hasAttribute('aria-labelledby') ||
                  label?.trim()
                );
              })
              .map(({ outerHTML }) => outerHTML.slice(0, 80)),
          );
          assert.deepEqual(unnamed, []);
          assert.equal(await page.locator('img:not([alt])').count(), 0);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${overflow} pixels too wide`);
        },
        360,
      ),
    ),
  ));

test('the search is the same on WebGPU, and a page without an index takes pictures of one’s own', () =>
  withServer([], (url) =>
    visit(
      url,
      async (page) => {
        // A software adapter compiles the network's shaders for ten seconds, on a busy machine for far longer.
        await page.waitForFunction(
          () => document.querySelector('#engine-summary')?.textContent?.includes('WebGPU'),
          undefined,
          { timeout: 120_000 },
        );
        await page.setInputFiles(
          '#add-files',
          ['A001', 'A002', 'B001'].map((name) => join(samples, `${name}.jpeg`)),
        );
        await page.waitForFunction(
          () => document.querySelector('#gallery-title')?.textContent === '3 pictures, 3 indexed',
          undefined,
          { timeout: 120_000 },
        );
        await page.click('#pictures button[title="B001.jpeg"]');
        await page.waitForSelector('#results:not([hidden])');
        assert.equal(await hits(page).count(), 3);
        assert.equal((await caption(page, 0)).replace(/\s+/g, ' '), '1 0.0000');
      },
      820,
      '?device=webgpu',
    ),
  ));
