import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Download, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { ImageSearch } from '../../src/node.ts';
import { parseNpyMatrix } from '../../src/python/npy.ts';
import { accessibilityProblems } from '../support/accessibility.ts';
import { samples, withFolder } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';
import { shows } from '../support/page-files.ts';

const files = readdirSync(samples).slice(0, 12);
const names = files.map((file) => file.replace('.jpeg', ''));
const paths = files.map((file) => join(samples, file));

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const alertText = (page: Page) => page.getByRole('alert').first().innerText();
const status = (page: Page, part: string) =>
  page.waitForFunction((wanted) => document.querySelector('#status')?.textContent?.includes(wanted), part);

/** Ids of the hits, nearest first. */
async function hitNames(page: Page, name: string): Promise<string[]> {
  await page.click(`.rows [data-id="${name}"]`);
  await page.waitForSelector('#results-title', { state: 'attached' });
  const found = await page.waitForFunction(() => {
    const hits = [...document.querySelectorAll<HTMLElement>('.rows [data-index]')];
    hits.sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index));
    return hits.length > 3 && hits.map(({ dataset }) => dataset.id!);
  });
  await page.goBack();
  await page.waitForSelector('#pictures-title');
  return (await found.jsonValue()) as string[];
}

async function openSettings(page: Page): Promise<void> {
  await page.click('#settings');
  await page.waitForSelector('#sheet');
}
const closeSettings = async (page: Page): Promise<void> => {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('#sheet'));
};

/** The files that a click makes the page save. */
async function saved(page: Page, button: string, count: number, folder: string): Promise<string[]> {
  const downloads: Download[] = [];
  const all = new Promise<void>((resolve) => {
    page.on('download', (download) => {
      downloads.push(download);
      if (downloads.length === count) resolve();
    });
  });
  await page.click(button);
  await all;
  page.removeAllListeners('download');
  const found: string[] = [];
  for (const download of downloads) {
    found.push(join(folder, download.suggestedFilename()));
    await download.saveAs(found.at(-1)!);
  }
  return found;
}

test('pictures that were added beside a server’s are there after a reload; they alone can be removed', () =>
  withIndex(names.slice(0, 8), (index) =>
    withServer(['-i', index], (url) =>
      visitPage(browser, url, async (page) => {
        await shows(page, 8);
        const alone = await hitNames(page, files[4]!);
        await page.setInputFiles('#add-files', paths.slice(8));
        await shows(page, 12);
        const before = await hitNames(page, files[4]!);
        assert.equal(before.length, 11);
        let fetched = 0;
        page.on('request', (request) => {
          if (request.url().endsWith('features.npy')) fetched++;
        });
        await page.reload();
        await shows(page, 12);
        assert.deepEqual(await hitNames(page, files[4]!), before);
        assert.equal(fetched, 0, 'what was taken over is not fetched again');

        await openSettings(page);
        assert.equal(await page.innerText('#empty-index'), 'Remove the 4 pictures that I added…');
        await page.click('#empty-index');
        await page.click('#empty-yes');
        await closeSettings(page);
        await shows(page, 8);
        assert.deepEqual(await hitNames(page, files[4]!), alone);
      }),
    ),
  ));

test('one’s own pictures are shown small after a reload; adding them again goes on where it stopped', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await page.setInputFiles('#add-files', paths.slice(0, 8));
      await shows(page, 8);
      const before = await hitNames(page, files[2]!);
      await page.reload();
      await shows(page, 8);
      const broken = await page.evaluate(async () => {
        const images = [...document.querySelectorAll<HTMLImageElement>('.rows img')];
        await Promise.all(images.map((image) => image.decode()));
        return images.filter(({ naturalWidth }) => naturalWidth === 0).length;
      });
      assert.equal(broken, 0);
      assert.equal(await page.locator('.rows img').count(), 8);
      assert.deepEqual(await hitNames(page, files[2]!), before);

      await page.setInputFiles('#add-files', paths);
      await shows(page, 12);
      assert.match((await page.locator('#status').textContent())!, /\b4\b/, 'only four were read');
      await page.reload();
      await shows(page, 12);
    }),
  ));

test('settings show what is stored; an index is saved, emptied, brought back and opened again; features go to NumPy and back', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await page.setInputFiles('#add-files', paths);
        await shows(page, 12);
        const before = await hitNames(page, files[6]!);
        await openSettings(page);
        assert.equal(await page.innerText('#index-count'), '12 pictures can be searched.');
        await page.waitForFunction(() =>
          /This page uses [\d.]+ MB in all\. There is room for [\d.,]+ [MG]B more\./.test(
            document.querySelector('#storage')!.textContent!,
          ),
        );
        await page.waitForFunction(() =>
          /[\d.]+ [kM]B on this device/.test(document.querySelector('#storage')!.textContent!),
        );
        assert.equal(await page.locator('#indexes').count(), 0, 'there are no others');
        assert.deepEqual(await accessibilityProblems(page), []);

        const [index] = await saved(page, '#export-index', 1, folder);
        await page.click('summary:has-text("For Python")');
        const [first, second] = (await saved(page, '#export-npy', 2, folder)).sort();
        assert.ok(index?.endsWith('vgg16-compact.likeness') && first?.endsWith('features.npy'));
        const ids: string[] = JSON.parse(await readFile(second!, 'utf8'));
        assert.deepEqual([...ids].sort(), [...files].sort());
        const { rows, columns } = parseNpyMatrix(new Uint8Array(await readFile(first!)));
        assert.deepEqual([rows, columns], [12, 512]);
        // Node opens the page's file.
        await using inNode = await ImageSearch.open({ store: index });
        assert.equal(inNode.size, 12);
        const hits = await inNode.query(paths[6]!, { k: 12, exclude: [files[6]!] });
        assert.deepEqual(
          hits.map(({ id }) => id),
          before,
        );

        // Emptying asks; no is what a hasty Enter says.
        await page.click('#empty-index');
        assert.match(await page.innerText('.confirm'), /Remove these 12 pictures from the search\?/);
        assert.deepEqual(await accessibilityProblems(page), []);
        await page.keyboard.press('Enter');
        assert.equal(await page.locator('.confirm').count(), 0);
        assert.equal(await page.innerText('#index-count'), '12 pictures can be searched.');
        const storedBytes = (): string =>
          /[\d.]+ [kM]B on this device/.exec(document.querySelector('#storage')!.textContent!)![0];
        const full = await page.evaluate(storedBytes);
        await page.click('#empty-index');
        await page.click('#empty-yes');
        await page.locator('.alert', { hasText: '12 pictures were removed.' }).waitFor();
        // What is stored is told as it is now, and nothing of before when the sheet is opened again.
        await page.waitForFunction(
          (before) => !document.querySelector('#storage')!.textContent!.includes(before),
          full,
        );
        assert.equal(await page.innerText('#index-count'), 'There are no pictures yet.');
        await page.getByRole('button', { name: 'Undo' }).click();
        await status(page, '12 pictures are back');
        await closeSettings(page);
        await shows(page, 12);
        assert.deepEqual(await hitNames(page, files[6]!), before);

        await empty(page);
        await page.setInputFiles('#import-index', index!);
        await status(page, '12 pictures are in the index');
        await closeSettings(page);
        assert.deepEqual(await hitNames(page, files[6]!), before);

        await openSettings(page);
        await empty(page);
        await page.setInputFiles('#import-index', [first!, second!]);
        await closeSettings(page);
        await shows(page, 12);
        assert.deepEqual(await hitNames(page, files[6]!), before);

        // What is wrong is told, and nothing changes.
        const cut = join(folder, 'cut.likeness');
        await writeFile(cut, (await readFile(index!)).subarray(0, 100));
        await openSettings(page);
        await page.setInputFiles('#import-index', cut);
        await page.getByRole('alert').waitFor();
        assert.match(
          await alertText(page),
          /cut\.likeness is no index, or is damaged or cut off\. Nothing was changed\./,
        );
        await page.getByRole('button', { name: 'Dismiss' }).click();
        const wide = join(folder, 'wide.npy');
        const { encodeNpy } = await import('../../src/python/npy.ts');
        await writeFile(wide, encodeNpy(new Float32Array(8), [2, 4]));
        await page.setInputFiles('#import-index', wide);
        await page.waitForFunction(() => document.querySelector('.alert')?.textContent?.includes('wide.npy'));
        assert.match(await alertText(page), /rows of 4 values; those of vgg16-compact have 512/);
        assert.equal(await page.innerText('#index-count'), '12 pictures can be searched.');
      }),
    ),
  ));

/** Removes all pictures, with the settings open. */
async function empty(page: Page): Promise<void> {
  if ((await page.locator('#sheet').count()) === 0) await openSettings(page);
  await page.click('#empty-index');
  await page.click('#empty-yes');
  await page.locator('.alert', { hasText: '12 pictures were removed.' }).waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
}

for (const [what, script] of [
  ['is missing', 'delete StorageManager.prototype.estimate; delete StorageManager.prototype.persisted'],
  ['fails', 'StorageManager.prototype.estimate = () => Promise.reject(new TypeError("no"))'],
  ['never answers', 'StorageManager.prototype.estimate = () => new Promise(() => {})'],
] as const) {
  test(`where the browser’s estimate of its storage ${what}, the settings say that it does not tell`, () =>
    withServer([], (url) =>
      visitPage(
        browser,
        'about:blank',
        async (page) => {
          await page.addInitScript(script);
          await page.goto(url);
          await page.waitForSelector('#start-title');
          await openSettings(page);
          await page.waitForFunction(() =>
            document
              .querySelector('#storage')
              ?.textContent?.includes('This browser does not say how much room is left.'),
          );
        },
        { alsoAsked: url },
      ),
    ));
}
