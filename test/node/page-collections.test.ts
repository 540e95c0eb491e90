import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { withFolder } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';
import {
  alerts,
  copiesOf,
  ids,
  sample,
  sampleFiles,
  shows,
  withoutKeptFolders,
  write,
} from '../support/page-files.ts';
import { filesAreStored } from '../support/results-page.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/**
 * The chooser of folders is the browser's own window, which no test can click: it answers with a folder of the page's own
 * file system, whose handle is a real one.
 */
async function withChooser(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (typeof FileSystemHandle === 'undefined') return; // an empty page
    const scope = globalThis as unknown as { showDirectoryPicker: unknown };
    scope.showDirectoryPicker = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle('Holiday', { create: true });
    const prototype = FileSystemHandle.prototype as unknown as Record<string, unknown>;
    const asked = { granted: false };
    if (localStorage.getItem('test-prompt') !== null) {
      prototype.queryPermission = async () => (asked.granted ? 'granted' : 'prompt');
      prototype.requestPermission = async () => {
        if (!navigator.userActivation.isActive) throw new DOMException('no click', 'SecurityError');
        asked.granted = localStorage.getItem('test-prompt') === 'yes';
        return asked.granted ? 'granted' : 'denied';
      };
    }
  });
  await page.reload();
}

const setPermission = (page: Page, answer: 'yes' | 'no' | undefined) =>
  page.evaluate(
    (value) => (value ? localStorage.setItem('test-prompt', value) : localStorage.removeItem('test-prompt')),
    answer,
  );

/** Writes files below the folder; one without content is removed. */
async function put(page: Page, files: Record<string, number | undefined>): Promise<void> {
  const contents = await Promise.all(
    Object.entries(files).map(
      async ([path, n]): Promise<[string, string | undefined]> => [
        path,
        n === undefined ? undefined : (await readFile(sample(n))).toString('base64'),
      ],
    ),
  );
  await page.evaluate(async (all) => {
    for (const [path, base64] of all) {
      let folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('Holiday', {
        create: true,
      });
      const parts = path.split('/');
      const name = parts.pop()!;
      for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
      if (base64 === undefined) {
        await folder.removeEntry(name);
        continue;
      }
      const file = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await file.write(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
      await file.close();
    }
  }, contents);
}

const reopen = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** Presses Cancel as soon as a picture is shown. */
async function cancelEarly(page: Page, begin: () => Promise<unknown>): Promise<void> {
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const cancel = document.querySelector<HTMLButtonElement>('#cancel');
      if (!cancel || !document.querySelector('.rows [data-id]')) return;
      observer.disconnect();
      cancel.click();
    }).observe(document.body, { childList: true, subtree: true });
  });
  await begin();
  await page.waitForSelector('#go-on');
}

const counted = async (page: Page): Promise<number> =>
  Number(/\d+/.exec(await page.innerText('#pictures-title'))![0]);

test('a cancelled folder goes on: in this visit, and after a reload when it is reopened', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await withChooser(page);
      await setPermission(page, 'yes');
      await page.reload();
      const all = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`day ${n % 2}/${n}.jpg`, n]));
      await put(page, all);
      await cancelEarly(page, () => page.click('#add-folder'));
      const kept = await counted(page);
      assert.ok(kept > 0 && kept < 12, `${kept} of 12`);
      await page.getByText(`${12 - kept} pictures to go`).waitFor();

      await page.reload();
      const button = reopen(page, `Reopen Holiday, ${12 - kept} to go`);
      await button.waitFor();
      assert.equal(await counted(page), kept);
      // Reopening takes the person's permission; where they do not give it, nothing changes.
      await setPermission(page, 'no');
      await page.reload();
      await button.click();
      await page.getByRole('alert').filter({ hasText: 'was not allowed to read Holiday' }).waitFor();
      await setPermission(page, 'yes');
      await button.click();
      await shows(page, 12);
      assert.deepEqual(
        await ids(page),
        Object.keys(all)
          .map((path) => `Holiday/${path}`)
          .sort(),
      );
      // The originals are at hand again.
      await page.reload();
      await reopen(page, 'Reopen Holiday').click();
      await page.waitForSelector('.reopen', { state: 'detached' });
      assert.deepEqual(await copiesOf(page, sample(5)), ['Holiday/day 1/5.jpg']);
    }),
  ));

test('a folder that may be read opens by itself; new, changed and vanished files are found, while the page is open too', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await withChooser(page);
      await put(page, { '1.jpg': 0, 'sub/2.jpg': 1, 'sub/3.jpg': 2 });
      await page.click('#add-folder');
      await shows(page, 3);

      // By itself, where the browser tells of changes.
      await put(page, { 'sub/4.jpg': 3 });
      await shows(page, 4);
      assert.deepEqual(await copiesOf(page, sample(3)), ['Holiday/sub/4.jpg']);

      // While the page is away.
      const other = await page.context().newPage();
      await other.goto(`${url}icon.svg`);
      await page.goto('about:blank');
      await put(other, { 'sub/2.jpg': 7, '1.jpg': undefined, 'new/5.jpg': 5 });
      await other.close();
      await page.goto(url);
      await page.getByText('1 picture of Holiday is not in the folder any more.').waitFor();
      await shows(page, 5);
      assert.deepEqual(await copiesOf(page, sample(7)), ['Holiday/sub/2.jpg']);
      await page.setInputFiles('#query-file', sample(1));
      await page.waitForSelector('.results[aria-busy="false"] .rows [data-id]');
      assert.equal(await page.locator('.copies').count(), 0, 'the old content is found no more');
      await page.click('#back');

      // Its picture stays until the person says so.
      await page.getByRole('button', { name: 'Remove from the index' }).click();
      await shows(page, 4);
      assert.deepEqual(await ids(page), [
        'Holiday/new/5.jpg',
        'Holiday/sub/2.jpg',
        'Holiday/sub/3.jpg',
        'Holiday/sub/4.jpg',
      ]);
      await page.reload();
      await shows(page, 4);
      assert.deepEqual(await alerts(page), []);

      // Undo brings it back, for good: nothing is asked about it again.
      await put(page, { 'sub/3.jpg': undefined });
      await page.getByText('1 picture of Holiday is not in the folder any more.').waitFor();
      await page.getByRole('button', { name: 'Remove from the index' }).click();
      await shows(page, 3);
      await page.getByRole('button', { name: 'Undo' }).click();
      await shows(page, 4);
      assert.deepEqual(await copiesOf(page, sample(2)), ['Holiday/sub/3.jpg']);
      await page.reload();
      await shows(page, 4);
      assert.deepEqual(await copiesOf(page, sample(2)), ['Holiday/sub/3.jpg']);
      assert.equal(await page.getByText('is not in the folder any more').count(), 0);
      assert.deepEqual(await alerts(page), []);
    }),
  ));

test('where the browser watches no folders, one is looked at again when the person comes back', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'FileSystemObserver'));
      await withChooser(page);
      await put(page, { '1.jpg': 0, '2.jpg': 1 });
      await page.click('#add-folder');
      await shows(page, 2);
      await put(page, { '3.jpg': 2 });
      await page.waitForTimeout(5000);
      assert.equal(await counted(page), 2);
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await shows(page, 3);
      assert.deepEqual(await copiesOf(page, sample(2)), ['Holiday/3.jpg']);
    }),
  ));

test('without kept folders: the folder is chosen again, and only what is new or changed is read', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await withoutKeptFolders(page);
        await write(folder, { 'trip/1.jpg': 0, 'trip/2.jpg': 1, 'trip/3.jpg': 2 });
        await page.setInputFiles('#add-folder', join(folder, 'trip'));
        await shows(page, 3);
        await page.reload();
        await reopen(page, 'Reopen trip').waitFor();
        await write(folder, { 'trip/2.jpg': 6, 'trip/4.jpg': 4 });
        await page.setInputFiles('.reopen input', join(folder, 'trip'));
        await shows(page, 4);
        await page.waitForSelector('.reopen', { state: 'detached' });
        assert.deepEqual(await copiesOf(page, sample(6)), ['trip/2.jpg']);
        assert.deepEqual(await copiesOf(page, sample(0)), ['trip/1.jpg']);
        assert.match(await page.innerText('#status'), /^(2 more pictures can be found now\.)?$/);
        // Another folder of that name is another collection.
        await write(folder, { 'elsewhere/trip/1.jpg': 8 });
        await page.setInputFiles('#add-folder', join(folder, 'elsewhere/trip'));
        await shows(page, 5);
        assert.deepEqual(await copiesOf(page, sample(8)), ['trip/1 (2).jpg']);
        await page.reload();
        await reopen(page, 'Reopen trip').nth(1).waitFor();
        assert.equal(await page.locator('.reopen').count(), 2);
      }),
    ),
  ));

test('another tab deletes what the page remembers, or opens it in a newer version: the page goes on, and remembers anew', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await withoutKeptFolders(page);
        await write(folder, { 'trip/1.jpg': 0, 'trip/2.jpg': 1, 'walk/1.jpg': 2 });
        await page.setInputFiles('#add-folder', join(folder, 'trip'));
        await shows(page, 2);
        /** Asks with a file; gives the address. */
        const ask = async (n: number): Promise<string> => {
          await page.setInputFiles('#query-file', sample(n));
          await page.waitForSelector('.results[aria-busy="false"] .hits:not(.old) .rows [data-id]');
          return page.url();
        };
        await ask(4);
        await page.click('#back');

        const other = await page.context().newPage();
        await other.goto(`${url}icon.svg`);
        const stores = ['likeness-page', 'likeness-page-files'];
        const openedBy = (kind: 'delete' | 'newer') =>
          other.evaluate(
            ([names, how]) =>
              Promise.all(
                names.map(
                  (name) =>
                    new Promise<string>((done) => {
                      const asked =
                        how === 'delete' ? indexedDB.deleteDatabase(name) : indexedDB.open(name, 2);
                      for (const event of ['success', 'error', 'blocked'])
                        asked.addEventListener(event, () => done(event));
                    }),
                ),
              ),
            [stores, kind] as const,
          );
        assert.deepEqual(await openedBy('delete'), ['success', 'success']);
        await page.bringToFront();

        await page.setInputFiles('#add-folder', join(folder, 'walk'));
        await shows(page, 3);
        const asked = await ask(5);
        await filesAreStored(page, 1);
        await page.goto(asked);
        await page.waitForSelector('.results[aria-busy="false"] .hits:not(.old) .rows [data-id]');
        assert.match(await page.innerText('#results-title'), new RegExp(sampleFiles[5]!));
        await page.click('#back');
        await reopen(page, 'Reopen walk').waitFor();

        // A newer page may have a newer form: it is not waited for, and this page searches without it.
        assert.deepEqual(await openedBy('newer'), ['success', 'success']);
        await page.bringToFront();
        await ask(6);
        assert.match(await page.innerText('#results-title'), new RegExp(sampleFiles[6]!));
        await other.close();
        assert.deepEqual(await alerts(page), []);
      }),
    ),
  ));
