import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { samples, withFolder } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';

const files = readdirSync(samples).slice(0, 12);
const sample = (n: number): string => join(samples, files[n]!);

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const title = async (page: Page, text: string): Promise<void> => {
  try {
    await page.waitForFunction(
      (wanted) => document.querySelector('#gallery-title')?.textContent === wanted,
      text,
    );
  } catch (error) {
    const there = await page.innerText('#gallery-title');
    throw new Error(`"${there}", wanted "${text}"; ${await page.innerText('#status')}`, { cause: error });
  }
};
const ready = (page: Page) =>
  page.waitForFunction(() =>
    document.querySelector('#engine-summary')?.textContent?.startsWith('vgg16-compact on'),
  );
const ids = (page: Page) =>
  page
    .locator('#pictures button')
    .evaluateAll((buttons) => buttons.map((button) => (button as HTMLButtonElement).title).sort());
const alerts = (page: Page) => page.getByRole('alert').allInnerTexts();

/** Drops files and folders as the file manager does. */
async function drop(page: Page, ...paths: string[]): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const send = (type: 'dragEnter' | 'dragOver' | 'drop') => {
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    return client.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  };
  await send('dragEnter');
  // A hand moves until the page shows that it takes it; before, a drop would be refused by the browser.
  do {
    await send('dragOver');
    await page.waitForTimeout(100);
  } while (await page.isHidden('#drop'));
  await send('dragOver');
  await send('drop');
  await page.waitForFunction(() => document.querySelector<HTMLElement>('#drop')?.hidden);
  await client.detach();
}

/** Files by their path in a folder: a sample's number, or bytes. */
async function write(folder: string, contents: Record<string, number | string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    if (typeof content === 'number') await cp(sample(content), join(folder, path));
    else await writeFile(join(folder, path), content);
  }
}

/** A picture of one colour: all of them have the same size. */
function bmp(colour: number): Uint8Array {
  const side = 16;
  const bytes = new Uint8Array(54 + side * side * 3);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  for (const [n, value] of [40, side, side].entries()) view.setUint32(14 + 4 * n, value, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let at = 54; at < bytes.length; at += 3) bytes.set([colour, colour >> 3, 255 - colour], at);
  return bytes;
}

const heic = new Uint8Array([0, 0, 0, 24, ...new TextEncoder().encode('ftypheic'), 0, 0, 0, 0]);

test('a dropped folder: all pictures by their paths; what is none is named and counted', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await write(folder, {
          'holiday/a/1.jpg': 0,
          'holiday/b/1.jpg': 1,
          'holiday/c/deep/1.jpg': 2,
          'holiday/2.jpg': 3,
          'holiday/no ending': 4,
          'holiday/bad.jpg': 'no picture',
          'holiday/notes.txt': 'notes',
          'holiday/c/phone.HEIC': heic,
          'holiday/.DS_Store': 'x',
          'one/only.jpg': 5,
        });
        // More than a reader of a folder hands out at a time.
        for (let n = 0; n < 230; n++) await write(folder, { [`holiday/many/${n}.bmp`]: bmp(n) });
        await ready(page);
        await drop(page, join(folder, 'holiday'));
        await title(page, '235 pictures, 235 indexed');
        const found = await ids(page);
        for (const path of ['a/1.jpg', 'b/1.jpg', 'c/deep/1.jpg', '2.jpg', 'no ending', 'many/229.bmp'])
          assert.ok(found.includes(`holiday/${path}`), path);
        const [alert] = await alerts(page);
        assert.match(alert!, /^4 of 239 files are not among the pictures:/);
        assert.match(alert!, /holiday\/bad\.jpg: /);
        assert.match(alert!, /holiday\/notes\.txt: not a picture/);
        assert.match(alert!, /holiday\/c\/phone\.HEIC: HEIC is not read: convert it/);
        assert.match(alert!, /holiday\/\.DS_Store: hidden/);

        // A folder of one picture is no query. The list above stays.
        await drop(page, join(folder, 'one'));
        await title(page, '236 pictures, 236 indexed');
        assert.equal((await alerts(page)).length, 1);
        await mkdir(join(folder, 'nothing'));
        await drop(page, join(folder, 'nothing'));
        await page.getByText('There are no files in what was given').waitFor();

        // After a reload they are all there, and the query finds its own.
        await page.reload();
        await title(page, '236 pictures, 236 indexed');
        await page.click('#pictures button[title="holiday/b/1.jpg"]');
        await page.waitForSelector('#results:not([hidden])');
        assert.equal(await page.locator('#hits .name').first().getAttribute('title'), 'holiday/b/1.jpg');
      }),
    ),
  ));

test('namesakes: the same content is the same picture, another gets a number; nothing replaces anything', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await write(folder, {
          'here/photos/1.jpg': 0,
          'here/photos/2.jpg': 1,
          'there/photos/1.jpg': 2,
          'there/photos/2.jpg': 1,
          'x/1.bmp': bmp(1),
          'y/1.bmp': bmp(2),
          'z/1.bmp': bmp(1),
          // The third of that name has a name that is taken.
          'z/1 (2).bmp': bmp(3),
        });
        await ready(page);
        await drop(page, join(folder, 'here/photos'));
        await title(page, '2 pictures, 2 indexed');
        await drop(page, join(folder, 'there/photos'));
        await title(page, '3 pictures, 3 indexed');
        assert.deepEqual(await ids(page), ['photos/1 (2).jpg', 'photos/1.jpg', 'photos/2.jpg']);

        // By the chooser, from three places, the files of one size; and what a reload knows of them.
        await page.setInputFiles('#add-files', join(folder, 'x/1.bmp'));
        await title(page, '4 pictures, 4 indexed');
        await page.setInputFiles('#add-files', join(folder, 'y/1.bmp'));
        await title(page, '5 pictures, 5 indexed');
        await page.reload();
        await title(page, '5 pictures, 5 indexed');
        await page.setInputFiles('#add-files', [join(folder, 'z/1.bmp'), join(folder, 'z/1 (2).bmp')]);
        await title(page, '6 pictures, 6 indexed');
        // Two drops, the second while the first is looked at.
        await drop(page, join(folder, 'there/photos'));
        await drop(page, join(folder, 'here/photos'));
        // Their small pictures become the files themselves.
        await page.waitForFunction(
          () => document.querySelectorAll('#pictures [title^="photos/"] img[src^="blob:"]').length === 3,
        );
        await title(page, '6 pictures, 6 indexed');
        assert.deepEqual(await ids(page), [
          '1 (2) (2).bmp',
          '1 (2).bmp',
          '1.bmp',
          'photos/1 (2).jpg',
          'photos/1.jpg',
          'photos/2.jpg',
        ]);
        // Each has its own content.
        for (const [id, from] of [
          ['photos/1.jpg', 'here/photos/1.jpg'],
          ['photos/1 (2).jpg', 'there/photos/1.jpg'],
        ] as const) {
          await page.setInputFiles('#query-file', join(folder, from));
          await page.waitForFunction(
            (wanted) => document.querySelector('#hits .name')?.getAttribute('title') === wanted,
            id,
          );
          await page.click('#back');
        }
        assert.deepEqual(await alerts(page), []);
      }),
    ),
  ));

test('the folder chooser, the server’s pictures and the clipboard meet no namesake either', () =>
  withFolder((folder) =>
    withIndex(
      files.slice(0, 3).map((file) => file.replace('.jpeg', '')),
      (index) =>
        withServer(['-i', index], (url) =>
          visitPage(browser, url, async (page) => {
            // Another picture with a name that the server has, and one that is the server's.
            await write(folder, {
              [files[0]!]: 5,
              [`same/${files[1]}`]: 1,
              'album/a/1.jpg': 6,
              'album/b/1.jpg': 7,
              'album/list.csv': 'a,b',
            });
            await ready(page);
            await page.click('#index');
            await title(page, '3 pictures, 3 indexed');
            await page.setInputFiles('#add-files', [
              join(folder, files[0]!),
              join(folder, 'same', files[1]!),
            ]);
            const numbered = files[0]!.replace('.jpeg', ' (2).jpeg');
            await title(page, '4 pictures, 4 indexed');
            assert.deepEqual(await ids(page), [numbered, ...files.slice(0, 3)].sort());

            await page.setInputFiles('#add-folder', join(folder, 'album'));
            await title(page, '6 pictures, 6 indexed');
            assert.ok((await ids(page)).includes('album/b/1.jpg'));
            assert.match(
              (await alerts(page))[0]!,
              /^1 of 3 files is not among .*album\/list\.csv: not a picture/s,
            );

            // Two pasted pictures of one name.
            const pasted = [await readFile(sample(8)), await readFile(sample(9))];
            await page.evaluate(
              (all) => {
                const transfer = new DataTransfer();
                for (const base64 of all) {
                  const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
                  transfer.items.add(new File([data], 'image.png', { type: 'image/jpeg', lastModified: 1 }));
                }
                dispatchEvent(new ClipboardEvent('paste', { cancelable: true, clipboardData: transfer }));
              },
              pasted.map((bytes) => bytes.toString('base64')),
            );
            await title(page, '8 pictures, 8 indexed');
            assert.ok((await ids(page)).includes('image (2).png'));

            // An address: fetched, then a query like a file.
            await page.evaluate((address) => {
              const transfer = new DataTransfer();
              transfer.setData('text/plain', address);
              dispatchEvent(new ClipboardEvent('paste', { cancelable: true, clipboardData: transfer }));
            }, `${url}pictures/${files[2]}`);
            await page.waitForSelector('#results:not([hidden])');
            assert.equal(await page.locator('#hits .name').first().innerText(), files[2]);
            assert.match(await page.locator('#hits .caption').first().innerText(), /0\.0000/);
          }),
        ),
    ),
  ));
