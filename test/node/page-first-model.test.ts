import assert from 'node:assert/strict';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { writeVgg16 } from '../../src/convert/write.ts';
import { samples, withFolder } from '../support/cli.ts';
import { bothVersions, firstIndex } from '../support/first-model.ts';
import { memorySink } from '../support/memory-sink.ts';
import { visitPage, withServer } from '../support/page.ts';
import { description, seededWeights } from '../support/seeded-vgg16.ts';

const names = ['A001', 'A010', 'B001', 'C001'].map((name) => `${name}.jpeg`);

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const alertText = (page: Page) => page.getByRole('alert').innerText();
const status = (page: Page, text: string) =>
  page.waitForFunction((part) => document.querySelector('#status')?.textContent?.includes(part), text);

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
            await status(page, 'index the pictures in this page');
            await page.click('#ready-made');
            assert.match(
              await alertText(page),
              /made with vgg16-compact@1:565\w+, the page works with vgg16-compact@2:\w+, and the other model is not here: index the pictures in this page/,
            );
            await page.click('#index');
            await status(page, '4 pictures indexed in');
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
          await page.waitForFunction(() =>
            document.querySelector('#engine-summary')?.textContent?.startsWith('vgg16-compact on'),
          );
          await page.click('#storage-box > summary');
          await page.setInputFiles('#import-index', file);
          const said = await alertText(page);
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
        const inUse = async (): Promise<string> => {
          await page.waitForSelector('#models button:has-text("In use")', { state: 'attached' });
          return (await page.getAttribute('#models li:has(button:disabled)', 'title'))!;
        };
        await page.goto(url);
        assert.equal(await inUse(), fingerprint);
        await page.setInputFiles('#add-files', join(samples, names[0]!));
        await status(page, '1 pictures indexed in');

        await context.unroute(/\/models\/vgg16-compact\//);
        await page.reload();
        assert.match(await inUse(), /^vgg16-compact@2:/);
        await status(page, `An index in this browser was made with ${fingerprint}, this is vgg16-compact@2:`);
        assert.equal(await page.locator('#models > li').count(), 1, 'the old one is offered no more');
        await page.setInputFiles('#add-files', join(samples, names[0]!));
        await status(page, '1 pictures indexed in');

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
        await page.click('#storage-box > summary');
        assert.equal(await page.locator('#indexes > li').count(), 2);
        await page.getByRole('button', { name: /^Delete the index own-vgg16-compact-1-/ }).click();
        await page.waitForFunction(() => document.querySelectorAll('#indexes > li').length === 1);
        await page.reload();
        await status(page, '1 pictures are in the index of this browser');
      } finally {
        await context.close();
      }
    }));
});
