import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { folderSink } from '../../src/convert/sink.node.ts';
import { writeVgg16 } from '../../src/convert/write.ts';
import { likeness, samples, withFolder } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';
import { visitPage, withServer } from '../support/page.ts';
import { description, seededWeights } from '../support/seeded-vgg16.ts';

/** Large enough that the page asks before it downloads. */
const shape = { widths: [8, 16, 32, 64, 128], inputSize: 128, fc1: 4096 };
const names = readdirSync(samples).slice(0, 8);

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** A folder with a model in models/vgg16, pictures, and an index of them made with it. */
function withSite(body: (folder: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    await mkdir(join(folder, 'models'));
    const sink = await folderSink(join(folder, 'models/vgg16'));
    await writeVgg16(seededWeights(shape, 3), { ...description, name: 'vgg16-seeded-f32' }, 'f32', sink);
    await sink.commit();
    await mkdir(join(folder, 'pictures'));
    for (const name of names) await cp(join(samples, name), join(folder, 'pictures', name));
    const { code, stderr } = await likeness(
      'index',
      join(folder, 'pictures'),
      ...['-o', join(folder, 'index'), '--model', join(folder, 'models/vgg16')],
    );
    assert.equal(code, 0, stderr);
    await body(folder);
  });
}

const entry = (page: Page, name: string) => page.locator('#models > li', { hasText: name });
const alertText = (page: Page) => page.getByRole('alert').innerText();
const inUse = (page: Page, name: string) =>
  page.waitForFunction(
    (wanted) => document.querySelector('#engine-summary')?.textContent?.startsWith(wanted),
    name,
  );

test('a built model is offered with its size, used when chosen, and kept apart from the other', () =>
  withSite((folder) =>
    withServer(
      ['-i', join(folder, 'index')],
      (url) =>
        visitPage(browser, url, async (page) => {
          await page.waitForSelector('#index:not([disabled])');
          await inUse(page, 'vgg16-compact');
          assert.match(
            await page.innerText('#status'),
            /indexed with vgg16-seeded-f32 \(\d+\.\d MB, to be downloaded once\)/,
          );
          assert.match(
            await entry(page, 'vgg16-seeded').innerText(),
            /4096 values · 3\d\.\d MB, to be downloaded once/,
          );
          assert.match(
            await entry(page, 'vgg16-compact').innerText(),
            /512 values · 6\.5 MB, on this device · MIT/,
          );

          // Its index is refused by the other model, with both names.
          await page.click('#ready-made');
          assert.match(
            await alertText(page),
            /made with vgg16-seeded-f32@1:\w+, the page works with vgg16-compact@2:\w+/,
          );
          await page.click('#index');
          await page.waitForFunction(() =>
            document.querySelector('#status')?.textContent?.includes('indexed in'),
          );

          await entry(page, 'vgg16-seeded').getByRole('button', { name: 'Use' }).click();
          await inUse(page, 'vgg16-seeded-f32');
          assert.equal(await page.locator('#pictures button.indexed').count(), 0);
          await page.click('#ready-made');
          await page.waitForFunction(
            () => document.querySelector('#gallery-title')?.textContent === '8 pictures, 8 indexed',
          );
          await page.click(`#pictures button[title="${names[3]}"]`);
          await page.waitForSelector('#results:not([hidden])');
          assert.equal((await page.locator('#hits .name').allInnerTexts())[0], names[3]);
          const seeded = await page.locator('#hits .caption span').allInnerTexts();

          // Back to the other one: its index is still there.
          await page.click('#back');
          await entry(page, 'vgg16-compact').getByRole('button', { name: 'Use' }).click();
          await inUse(page, 'vgg16-compact');
          assert.equal(await page.innerText('#gallery-title'), '8 pictures, 8 indexed');
          await page.click(`#pictures button[title="${names[3]}"]`);
          await page.waitForSelector('#results:not([hidden])');
          assert.notDeepEqual(await page.locator('#hits .caption span').allInnerTexts(), seeded);

          // Stored now: it costs nothing, opens with the page, and can be deleted.
          await page.reload();
          await inUse(page, 'vgg16-seeded-f32');
          await page.click('#models-box > summary');
          assert.match(await entry(page, 'vgg16-seeded').innerText(), /on this device/);
          await entry(page, 'vgg16-compact').getByRole('button', { name: 'Use' }).click();
          await inUse(page, 'vgg16-compact');
          await entry(page, 'vgg16-seeded').getByRole('button', { name: 'Delete' }).click();
          await page.waitForFunction(() =>
            document.querySelector('#models')?.textContent?.includes('to be downloaded once'),
          );
        }),
      folder,
    ),
  ));

test('a model at another address: asked for by the form or by the page’s own address', () =>
  withSite(async (folder) => {
    const files = new Map<string, Uint8Array>();
    const { readFile } = await import('node:fs/promises');
    for (const name of readdirSync(join(folder, 'models/vgg16'))) {
      files.set(name, await readFile(join(folder, 'models/vgg16', name)));
    }
    const elsewhere = await startModelServer(files);
    try {
      await withServer([], (url) =>
        visitPage(
          browser,
          url,
          async (page) => {
            await inUse(page, 'vgg16-compact');
            assert.match(
              await page.innerText('#status'),
              /vgg16-seeded-f32 \(3\d\.\d MB, to be downloaded once\) was asked for/,
            );
            await entry(page, 'vgg16-seeded').getByRole('button', { name: 'Use' }).click();
            await inUse(page, 'vgg16-seeded-f32');
          },
          { search: `?model=${elsewhere.origin}/model/`, alsoAsked: elsewhere.origin },
        ),
      );
      await withServer([], (url) =>
        visitPage(
          browser,
          url,
          async (page) => {
            await inUse(page, 'vgg16-compact');
            await page.click('#models-box > summary');
            await page.fill('#model-url', `${elsewhere.origin}/model/`);
            await page.keyboard.press('Enter');
            await entry(page, 'vgg16-seeded').waitFor();
            await page.setInputFiles('#model-folder', join(folder, 'models/vgg16'));
            await inUse(page, 'vgg16-seeded-f32');
          },
          { alsoAsked: elsewhere.origin },
        ),
      );
    } finally {
      await elsewhere.close();
    }
  }));
