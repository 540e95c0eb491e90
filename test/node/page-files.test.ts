import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { withFolder } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';
import {
  alerts,
  bmp,
  copiesOf,
  drop,
  sampleFiles as files,
  ids,
  sample,
  shows,
  write,
} from '../support/page-files.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

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
        await drop(page, join(folder, 'holiday'));
        await shows(page, 235);
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
        await shows(page, 236);
        assert.equal((await alerts(page)).length, 1);
        await mkdir(join(folder, 'nothing'));
        await drop(page, join(folder, 'nothing'));
        await page.getByText('There are no files in what was given').waitFor();

        // After a reload they are all there, and a query finds its own.
        await page.reload();
        await shows(page, 236);
        assert.deepEqual(await copiesOf(page, sample(1)), ['holiday/b/1.jpg']);
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
        await drop(page, join(folder, 'here/photos'));
        await shows(page, 2);
        await drop(page, join(folder, 'there/photos'));
        await shows(page, 3);
        assert.deepEqual(await ids(page), ['photos/1 (2).jpg', 'photos/1.jpg', 'photos/2.jpg']);

        // By the chooser, from three places, the files of one size; and what a reload knows of them.
        await page.setInputFiles('#add-files', join(folder, 'x/1.bmp'));
        await shows(page, 4);
        await page.setInputFiles('#add-files', join(folder, 'y/1.bmp'));
        await shows(page, 5);
        await page.reload();
        await shows(page, 5);
        await page.setInputFiles('#add-files', [join(folder, 'z/1.bmp'), join(folder, 'z/1 (2).bmp')]);
        await shows(page, 6);
        // Two drops, the second while the first is looked at.
        await drop(page, join(folder, 'there/photos'));
        await drop(page, join(folder, 'here/photos'));
        await shows(page, 6);
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
        ] as const)
          assert.deepEqual(await copiesOf(page, join(folder, from)), [id]);
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
            await shows(page, 3);
            await page.setInputFiles('#add-files', [
              join(folder, files[0]!),
              join(folder, 'same', files[1]!),
            ]);
            const numbered = files[0]!.replace('.jpeg', ' (2).jpeg');
            await shows(page, 4);
            assert.deepEqual(await ids(page), [numbered, ...files.slice(0, 3)].sort());

            await page.setInputFiles('#add-folder', join(folder, 'album'));
            await shows(page, 6);
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
            await shows(page, 8);
            assert.ok((await ids(page)).includes('image (2).png'));

            // An address: fetched, then a query like a file.
            await page.evaluate((address) => {
              const transfer = new DataTransfer();
              transfer.setData('text/plain', address);
              dispatchEvent(new ClipboardEvent('paste', { cancelable: true, clipboardData: transfer }));
            }, `${url}pictures/${files[2]}`);
            await page.waitForSelector('.results[aria-busy="false"] .rows [data-id]');
            const first = page.locator('.results .rows > li').first();
            assert.equal(await first.locator('[data-id]').first().getAttribute('data-id'), files[2]);
            assert.match(await first.innerText(), /0\.000/);
          }),
        ),
    ),
  ));

test('files that cannot be read are told once, not tried again by themselves, and again when the person asks', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await write(folder, {
          'trip/1.jpg': 0,
          'trip/torn.jpg': 'no picture',
          'trip/torn 2.jpg': 'nor this',
        });
        await page.setInputFiles('#add-folder', join(folder, 'trip'));
        await shows(page, 1);
        const [told] = await alerts(page);
        assert.match(told!, /^2 of 3 files are not among the pictures:/);
        assert.match(told!, /trip\/torn\.jpg/);
        const dismiss = () => page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
        await dismiss();

        // The same folder, in this visit and in the next: nothing is told, nothing is read.
        for (const reload of [false, true]) {
          if (reload) {
            await page.reload();
            await shows(page, 1);
          }
          await page.setInputFiles('#add-folder', join(folder, 'trip'));
          await page.getByText('2 files that could not be read before are passed over').waitFor();
          await shows(page, 1);
          assert.deepEqual(await alerts(page), []);
        }
        // One was mended: it has another date, and is read.
        await write(folder, { 'trip/torn.jpg': 3 });
        await page.setInputFiles('#add-folder', join(folder, 'trip'));
        await shows(page, 2);
        assert.deepEqual(await copiesOf(page, sample(3)), ['trip/torn.jpg']);

        // Asked for again, what is still torn is told again.
        await write(folder, { 'other/torn.jpg': 'no picture' });
        await page.setInputFiles('#add-folder', join(folder, 'other'));
        await page.getByRole('alert').waitFor();
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByRole('alert').filter({ hasText: '1 of 1 files is not among' }).waitFor();
        await shows(page, 2);
      }),
    ),
  ));

test('over plain http on another host, where browsers have no crypto.subtle and no storage in place, all of it works', async () => {
  const elsewhere = await launchChromium({
    args: ['--host-resolver-rules=MAP pictures.test 127.0.0.1'],
  });
  try {
    await withFolder((folder) =>
      withServer(['--allow-host', 'pictures.test'], (url) =>
        visitPage(
          elsewhere,
          url.replace(/localhost|127\.0\.0\.1/, 'pictures.test'),
          async (page) => {
            assert.equal(await page.evaluate(() => isSecureContext), false);
            await write(folder, { 'here/1.jpg': 0, 'here/2.jpg': 1, 'there/1.jpg': 2 });
            await page.setInputFiles('#add-folder', join(folder, 'here'));
            await shows(page, 2);
            await page.setInputFiles('#add-files', join(folder, 'there/1.jpg'));
            await shows(page, 3);
            // A namesake: contents are compared.
            await page.setInputFiles('#add-files', [join(folder, 'here/1.jpg')]);
            await shows(page, 4);
            assert.deepEqual(await ids(page), ['1 (2).jpg', '1.jpg', 'here/1.jpg', 'here/2.jpg']);
            assert.deepEqual(await copiesOf(page, sample(0)), ['here/1.jpg', '1 (2).jpg']);
            // What does not work there is said: nothing can be stored.
            const told = await alerts(page);
            assert.equal(told.length, 1);
            assert.match(told[0]!, /came neither by https nor from this machine/);
            // The library's own words are there for those who want them.
            await page.getByRole('alert').locator('summary').click();
            assert.match(
              (await alerts(page))[0]!,
              /neither by https nor from localhost\. The index is in memory/,
            );
          },
          // Chromium says that it isolates no such page; the library, that nothing can be stored.
          { expected: /Cross-Origin-Opener-Policy|neither by https nor from localhost/ },
        ),
      ),
    );
  } finally {
    await elsewhere.close();
  }
});

test('emptied and given again, pictures are read from their files, not from their small pictures', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await write(folder, { 'trip/1.jpg': 0, 'trip/2.jpg': 1, 'trip/3.jpg': 2 });
        await page.setInputFiles('#add-folder', join(folder, 'trip'));
        await shows(page, 3);
        // After a reload the page has their small pictures only.
        await page.reload();
        await shows(page, 3);
        await page.click('#settings');
        await page.click('#empty-index');
        await page.click('#empty-yes');
        await page.getByText('Undo').waitFor();
        await page.keyboard.press('Escape');
        assert.equal(await page.locator('.rows [data-id]').count(), 0);
        await page.setInputFiles('#add-folder', join(folder, 'trip'));
        await shows(page, 3);
        await page.setInputFiles('#query-file', sample(1));
        await page.waitForSelector('.results[aria-busy="false"] .copies [data-id="trip/2.jpg"]', {
          state: 'attached',
        });
      }),
    ),
  ));
