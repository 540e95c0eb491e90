import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Download, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { ImageSearch } from '../../src/node.ts';
import { parseNpyMatrix } from '../../src/python/npy.ts';
import { samples, withFolder } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';

const files = readdirSync(samples).slice(0, 12);
const names = files.map((file) => file.replace('.jpeg', ''));
const paths = files.map((file) => join(samples, file));

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const title = (page: Page, text: string) =>
  page.waitForFunction((wanted) => document.querySelector('#gallery-title')?.textContent === wanted, text);
const status = (page: Page, part: string) =>
  page.waitForFunction((wanted) => document.querySelector('#status')?.textContent?.includes(wanted), part);
const alertText = (page: Page) => page.getByRole('alert').innerText();

async function hitNames(page: Page, name: string): Promise<string[]> {
  await page.click(`#pictures button[title="${name}"]`);
  await page.waitForFunction(
    (wanted) => document.querySelector('#results-title')?.textContent?.includes(wanted),
    name,
  );
  const found = await page.locator('#hits .name').allInnerTexts();
  await page.click('#back');
  return found;
}

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

test('an index is there after a reload, beside the server’s pictures', () =>
  withIndex(names, (index) =>
    withServer(['-i', index], (url) =>
      visitPage(browser, url, async (page) => {
        await page.waitForSelector('#index:not([disabled])');
        await page.click('#index');
        await status(page, 'indexed in');
        const before = await hitNames(page, files[4]!);
        await page.reload();
        await title(page, '12 pictures, 12 indexed');
        assert.match(await page.innerText('#status'), /12 pictures are in the index of this browser/);
        assert.ok(await page.isHidden('#index'));
        assert.deepEqual(await hitNames(page, files[4]!), before);
      }),
    ),
  ));

test('one’s own pictures are shown small after a reload; adding them again goes on where it stopped', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await status(page, 'Add pictures');
      await page.setInputFiles('#add-files', paths.slice(0, 8));
      await title(page, '8 pictures, 8 indexed');
      const before = await hitNames(page, files[2]!);
      await page.reload();
      await title(page, '8 pictures, 8 indexed');
      const broken = await page.evaluate(async () => {
        const images = [...document.querySelectorAll<HTMLImageElement>('#pictures img')];
        await Promise.all(images.map((image) => image.decode()));
        return images.filter(({ naturalWidth }) => naturalWidth === 0).length;
      });
      assert.equal(broken, 0);
      assert.equal(await page.locator('#pictures img').count(), 8);
      assert.deepEqual(await hitNames(page, files[2]!), before);

      await page.setInputFiles('#add-files', paths);
      await title(page, '12 pictures, 12 indexed');
      assert.match(await page.innerText('#status'), /8 were indexed already/);
      await page.reload();
      await title(page, '12 pictures, 12 indexed');
    }),
  ));

test('storage is shown; an index is saved, emptied and opened again; features go to NumPy and back', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await status(page, 'Add pictures');
        await page.setInputFiles('#add-files', paths);
        await title(page, '12 pictures, 12 indexed');
        const before = await hitNames(page, files[6]!);
        await page.click('#storage-box > summary');
        assert.match(
          await page.innerText('#storage-text'),
          /^\d+\.\d MB used, models included; \d+\.\d [MG]B free$/,
        );
        assert.equal(await page.locator('#indexes > li').count(), 1);

        const [index] = await saved(page, '#export-index', 1, folder);
        const [first, second] = (await saved(page, '#export-npy', 2, folder)).sort();
        assert.ok(index?.endsWith('vgg16-compact.likeness') && first?.endsWith('features.npy'));
        const ids: string[] = JSON.parse(await readFile(second!, 'utf8'));
        assert.deepEqual([...ids].sort(), [...files].sort());
        const { rows, columns } = parseNpyMatrix(new Uint8Array(await readFile(first!)));
        assert.deepEqual([rows, columns], [12, 512]);
        // Node opens the page's file.
        await using inNode = await ImageSearch.open({ store: index });
        assert.equal(inNode.size, 12);
        const hits = await inNode.query(paths[6]!, { k: 12 });
        assert.deepEqual(
          hits.map(({ id }) => id),
          before,
        );

        await page.getByRole('button', { name: /^Empty the index/ }).click();
        await status(page, '12 pictures were taken out');
        await page.setInputFiles('#import-index', index!);
        await status(page, '12 pictures are in the index');
        assert.deepEqual(await hitNames(page, files[6]!), before);

        await page.getByRole('button', { name: /^Empty the index/ }).click();
        await status(page, '12 pictures were taken out');
        await page.setInputFiles('#import-index', [first!, second!]);
        await title(page, '12 pictures, 12 indexed');
        assert.deepEqual(await hitNames(page, files[6]!), before);

        // What is wrong is told, and nothing changes.
        const cut = join(folder, 'cut.likeness');
        await writeFile(cut, (await readFile(index!)).subarray(0, 100));
        await page.setInputFiles('#import-index', cut);
        assert.match(await alertText(page), /\w/);
        const wide = join(folder, 'wide.npy');
        const { encodeNpy } = await import('../../src/python/npy.ts');
        await writeFile(wide, encodeNpy(new Float32Array(8), [2, 4]));
        await page.setInputFiles('#import-index', wide);
        await page.waitForFunction(() => document.querySelector('.alert')?.textContent?.includes('wide.npy'));
        assert.match(await alertText(page), /rows of 4 values; those of vgg16-compact have 512/);
        assert.equal(await page.innerText('#gallery-title'), '12 pictures, 12 indexed');
      }),
    ),
  ));
