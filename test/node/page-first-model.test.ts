import assert from 'node:assert/strict';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { writeVgg16 } from '../../src/convert/write.ts';
import { accessibilityProblems } from '../support/accessibility.ts';
import { samples, withFolder } from '../support/cli.ts';
import { bothVersions, firstIndex } from '../support/first-model.ts';
import { memorySink } from '../support/memory-sink.ts';
import { visitPage, withServer } from '../support/page.ts';
import { shows } from '../support/page-files.ts';
import { description, seededWeights } from '../support/seeded-vgg16.ts';

const names = ['A001', 'A010', 'B001', 'C001'].map((name) => `${name}.jpeg`);

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const alertText = (page: Page) => page.getByRole('alert').first().innerText();

async function openSettings(page: Page): Promise<void> {
  await page.click('#settings');
  await page.waitForSelector('#models > li[aria-current]');
}
const closeSettings = async (page: Page): Promise<void> => {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('#sheet'));
};

/** The fingerprint of the model that the page works with: Settings, Advanced, Details. */
async function inUse(page: Page): Promise<string> {
  await openSettings(page);
  const found = await page
    .locator('#advanced dd', { hasText: /@/ })
    .first()
    .evaluate(({ textContent }) => textContent);
  await closeSettings(page);
  return found;
}

describe('the page, and what the first version of its model made', () => {
  test('the server’s index: said at once and when it is asked for; the pictures are indexed instead', () =>
    withFolder(async (folder) => {
      await mkdir(join(folder, 'pictures'));
      await mkdir(join(folder, 'index'));
      for (const name of names) await cp(join(samples, name), join(folder, 'pictures', name));
      await writeFile(join(folder, 'index/index-1.likeness'), await firstIndex());
      await withServer(
        ['-i', 'index'],
        (url, said) =>
          visitPage(browser, url, async (page) => {
            assert.match(said(), bothVersions);
            assert.match(said(), /To index again: likeness index pictures -o index\./);
            await page.getByRole('alert').waitFor();
            assert.match(
              await alertText(page),
              /with the model vgg16-compact, version 1, this page works with vgg16-compact, version 2\./,
            );
            await page.getByRole('button', { name: 'Read these 4 pictures here' }).click();
            await shows(page, 4);
          }),
        folder,
      );
    }));

  test('an index that was saved as a file', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'holiday.likeness');
      await writeFile(file, await firstIndex());
      await withServer([], (url) =>
        visitPage(browser, url, async (page) => {
          await page.waitForSelector('#start-title');
          await openSettings(page);
          await page.setInputFiles('#import-index', file);
          await page.getByRole('alert').getByText('Details').click();
          const said = await alertText(page);
          assert.match(said, /This was made with another model\./);
          assert.match(said, /The index in holiday\.likeness was made with/);
          assert.match(said, bothVersions);
        }),
      );
    }));

  test('a model and an index that are stored from before the update: the new model is used, the old index told of', () =>
    withServer([], async (url) => {
      // The same address had another model before, of the same name: narrower, so that it is quickly made.
      const sink = memorySink();
      const shape = { widths: [8, 8, 16, 16, 32] as const, inputSize: 64, fc1: 64 };
      const about = { ...description, name: 'vgg16-compact', version: '1' };
      const { fingerprint } = await writeVgg16(
        seededWeights({ ...shape, widths: [...shape.widths] }, 5),
        about,
        'f16',
        sink,
      );
      const files = sink.contents();
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(30_000);
        await context.route(/\/models\/vgg16-compact\//, (route) => {
          const bytes = files.get(new URL(route.request().url()).pathname.split('/').at(-1)!);
          return bytes ? route.fulfill({ body: Buffer.from(bytes) }) : route.fulfill({ status: 404 });
        });
        await page.goto(url);
        assert.equal(await inUse(page), fingerprint);
        await page.setInputFiles('#add-files', join(samples, names[0]!));
        await shows(page, 1);

        await context.unroute(/\/models\/vgg16-compact\//);
        await page.reload();
        await page.getByRole('alert').waitFor();
        assert.match(
          await alertText(page),
          /read with vgg16-compact, version 1, this is vgg16-compact, version 2: add them again\./,
        );
        await page.getByRole('button', { name: 'Dismiss' }).click();
        assert.match(await inUse(page), /^vgg16-compact@2:/);
        await openSettings(page);
        assert.equal(await page.locator('#models > li').count(), 1, 'the old one is offered no more');
        await closeSettings(page);
        await page.setInputFiles('#add-files', join(samples, names[0]!));
        await shows(page, 1);

        // Nothing of the old model is left; its index goes when the person says so.
        const shards = await page.evaluate(async () => {
          const root = await navigator.storage.getDirectory();
          const folder = await (await root.getDirectoryHandle('likeness-models')).getDirectoryHandle(
            'shards',
          );
          const found: string[] = [];
          for await (const name of folder.keys()) found.push(name);
          return found;
        });
        assert.equal(shards.length, 3, 'model.onnx, graph-1.bin and dense-1.bin of the new one');
        await openSettings(page);
        assert.deepEqual(
          await page
            .locator('#indexes > li > p')
            .allInnerTexts()
            .then((all) => all.map((one) => one.replace(/[\d.,]+ [kM]?B$/, '').trim())),
          ['Your own pictures, with vgg16-compact, version 1'],
        );
        await page.getByRole('button', { name: /^Delete “Your own pictures/ }).click();
        assert.match(await page.innerText('.confirm'), /for good\?/);
        assert.deepEqual(await accessibilityProblems(page), []);
        await page.click('.confirm .danger');
        await page.waitForFunction(() => !document.querySelector('#indexes'));
        await closeSettings(page);
        await page.reload();
        await shows(page, 1);
        assert.equal(await page.getByRole('alert').count(), 0);
      } finally {
        await context.close();
      }
    }));
});
