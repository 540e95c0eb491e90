import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { folderSink } from '../../src/convert/sink.node.ts';
import { writeVgg16 } from '../../src/convert/write.ts';
import { accessibilityProblems } from '../support/accessibility.ts';
import { likeness, samples, withFolder } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';
import { visitPage, withServer } from '../support/page.ts';
import { areFound, shows } from '../support/page-files.ts';
import { description, seededWeights } from '../support/seeded-vgg16.ts';

/** Large enough that the page asks before it downloads. */
const shape = { widths: [8, 16, 32, 64, 128], inputSize: 128, fc1: 4096 };
const names = readdirSync(samples).slice(0, 8);
/** A picture that is in no index here. */
const stranger = join(samples, 'G001.jpeg');

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
const alertText = (page: Page) => page.getByRole('alert').first().innerText();

async function openSettings(page: Page): Promise<void> {
  await page.click('#settings');
  await page.waitForSelector('#models > li');
  // What is above has its place by then: a press and its release are on the same thing.
  await page.waitForSelector('#storage:not(.outdated)');
}
const closeSettings = async (page: Page): Promise<void> => {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('#sheet'));
};
/** Waits until the page works with a model; the settings are open. */
const inUse = (page: Page, name: string) =>
  page.waitForFunction(
    (wanted) => document.querySelector('#models > li[aria-current] b')?.textContent === wanted,
    name,
  );

/** The hits of a picture with their distances, nearest first. */
async function hits(page: Page, id: string): Promise<string[]> {
  await page.click(`.rows [data-id="${id}"]`);
  const found = await page.waitForFunction(() => {
    const shown = [...document.querySelectorAll<HTMLElement>('.rows [data-index]')];
    shown.sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index));
    return (
      document.querySelector('#results-title') &&
      shown.length >= 7 &&
      shown.map(({ dataset, parentElement }) => `${dataset.id} ${parentElement!.textContent}`)
    );
  });
  await page.goBack();
  await page.waitForSelector('#pictures-title');
  return (await found.jsonValue()) as string[];
}

/** Counts what is fetched of a model's weights. */
function countWeights(page: Page, of: RegExp): () => number {
  let count = 0;
  page.on('request', (request) => {
    if (of.test(request.url()) && /\.(bin|onnx)$/.test(request.url())) count++;
  });
  return () => count;
}

test('the index of a large model is searched at once; its network is asked for when it is needed, kept, and deleted', () =>
  withSite((folder) =>
    withServer(
      ['-i', join(folder, 'index')],
      (url) =>
        visitPage(
          browser,
          'about:blank',
          async (page) => {
            const fetched = countWeights(page, /models\/vgg16\//);
            await page.goto(url);
            await shows(page, 8);
            const seeded = await hits(page, names[3]!);
            await openSettings(page);
            await inUse(page, 'vgg16-seeded-f32');
            assert.match(
              await entry(page, 'vgg16-seeded').innerText(),
              /The page works with this model\.[\s\S]*3\d MB to download, once/,
            );
            assert.match(await entry(page, 'vgg16-compact').innerText(), /6\.5 MB/);
            await closeSettings(page);
            assert.equal(fetched(), 0, 'nothing of it was needed');

            // A picture that is new has to be read: the page asks, and no is no.
            await page.setInputFiles('#add-files', stranger);
            await page.waitForSelector('#question');
            assert.match(
              await page.innerText('#question'),
              /Download the model vgg16-seeded-f32 \(3\d MB\)\?/,
            );
            assert.deepEqual(await accessibilityProblems(page), []);
            await page.click('#question-no');
            await page.getByRole('alert').first().waitFor();
            assert.match(
              await page.locator('#alerts').innerText(),
              /cannot be read without the model vgg16-seeded-f32/,
            );
            assert.equal(fetched(), 0);
            await page.getByRole('button', { name: 'Dismiss' }).first().click();

            await page.click('#go-on');
            await page.click('#question-yes');
            await shows(page, 9);
            assert.ok(fetched() > 0);

            // The other model has an index of its own, in which nothing is found of this one.
            await openSettings(page);
            await page.click('button:has-text("Use vgg16-compact")');
            await inUse(page, 'vgg16-compact');
            assert.match(
              await alertText(page),
              /with the model vgg16-seeded-f32, version 1, this page works with vgg16-compact, version 2\./,
            );
            await page.getByRole('button', { name: 'Read these 8 pictures here' }).click();
            await closeSettings(page);
            await areFound(page, 9); // the file of this visit is read, too
            const compact = await hits(page, names[3]!);
            assert.notDeepEqual(compact, seeded);

            // Back to the first: its index is still there; stored now, it costs nothing.
            await page.reload();
            await shows(page, 9);
            await openSettings(page);
            await inUse(page, 'vgg16-seeded-f32');
            assert.match(await entry(page, 'vgg16-seeded').innerText(), /3\d MB, on this device/);
            assert.match(
              await entry(page, 'vgg16-compact').innerText(),
              /6\.5 MB, on this device · Licence MIT/,
            );
            await page.click('button:has-text("Use vgg16-compact")');
            await inUse(page, 'vgg16-compact');
            await page.click('button:has-text("Delete vgg16-seeded-f32 from this device")');
            await page.waitForFunction(() =>
              /3\d MB to download, once/.test(document.querySelector('#models')?.textContent ?? ''),
            );
            await page.locator('button', { hasText: /^Download 3\d MB and use vgg16-seeded-f32$/ }).waitFor();
          },
          { alsoAsked: url },
        ),
      folder,
    ),
  ));

test('a model at another address: asked for by the page’s own address, by the form, or as a folder', () =>
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
            const fetched = countWeights(page, /\/model\//);
            await page.waitForSelector('#start-title');
            await openSettings(page);
            await inUse(page, 'vgg16-seeded-f32');
            assert.equal(fetched(), 0);
            await closeSettings(page);
            await page.setInputFiles('#add-files', stranger);
            await page.click('#question-yes');
            await shows(page, 1);
            assert.ok(fetched() > 0);
          },
          { search: `?model=${elsewhere.origin}/model/`, alsoAsked: elsewhere.origin },
        ),
      );
      await withServer([], (url) =>
        visitPage(
          browser,
          url,
          async (page) => {
            await page.waitForSelector('#start-title');
            await openSettings(page);
            await inUse(page, 'vgg16-compact');
            await page.click('summary:has-text("Use another model")');
            await page.fill('#model-url', `${elsewhere.origin}/model/`);
            await page.keyboard.press('Enter');
            await entry(page, 'vgg16-seeded').waitFor();
            assert.equal(await page.inputValue('#model-url'), '');
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
