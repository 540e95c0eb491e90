import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, CDPSession, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { samples, withFolder } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';
import { alerts, copiesOf, ids, sample, shows, withoutKeptFolders, write } from '../support/page-files.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

const files = readdirSync(samples)
  .slice(0, 90)
  .map((name) => join(samples, name));

/** Leaves so many bytes of room, or, without a number, what there is. */
async function leaveRoom(page: Page, session: CDPSession, bytes?: number): Promise<void> {
  const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
  const quota = bytes === undefined ? {} : { quotaSize: usage + bytes };
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, ...quota });
}

test('a full storage stops the reading with one sentence and one button; nothing is lost, and it goes on when there is room', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await page.setInputFiles('#add-files', files.slice(0, 10));
      await shows(page, 10);
      const session = await page.context().newCDPSession(page);
      await page.waitForFunction(() => !document.querySelector('.network-bar:not([hidden]) progress'));
      await leaveRoom(page, session, 100_000);
      await page.setInputFiles('#add-files', files.slice(10));
      const alert = page.locator('.alert', { hasText: 'There is no room left on this device.' });
      await alert.waitFor();
      assert.equal((await alerts(page)).length, 1);
      // What was read by then is found, and the rest waits.
      const there = Number(/\d+/.exec(await page.innerText('#pictures-title'))![0]);
      assert.ok(there >= 10 && there < 90, `${there} are there`);
      await page.getByText(`${90 - there} pictures to go`).waitFor();
      // Without room it is the same again; with room it goes on.
      await alert.getByRole('button', { name: 'Continue' }).click();
      await alert.waitFor();
      await leaveRoom(page, session);
      await alert.getByRole('button', { name: 'Continue' }).click();
      await shows(page, 90);
      assert.deepEqual(await alerts(page), []);
      await page.reload();
      await shows(page, 90);
    }),
  ));

test('a folder that was renamed is chosen again: its pictures are known, and only new ones are read', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await withoutKeptFolders(page);
        await write(folder, { 'trip/1.jpg': 0, 'trip/2.jpg': 1, 'trip/sub/3.jpg': 2 });
        await page.setInputFiles('#add-folder', join(folder, 'trip'));
        await shows(page, 3);
        await page.reload();
        await rename(join(folder, 'trip'), join(folder, 'journey'));
        await write(folder, { 'journey/4.jpg': 3 });
        await page.getByRole('button', { name: 'Reopen trip' }).waitFor();
        await page.setInputFiles('.reopen input', join(folder, 'journey'));
        await shows(page, 4);
        await page.waitForSelector('.reopen', { state: 'detached' });
        assert.deepEqual(await ids(page), ['trip/1.jpg', 'trip/2.jpg', 'trip/4.jpg', 'trip/sub/3.jpg']);
        assert.deepEqual(await copiesOf(page, sample(2)), ['trip/sub/3.jpg']);
        // Another folder, given in its place, is another one.
        await page.reload();
        await mkdir(join(folder, 'other'));
        await write(folder, { 'other/1.jpg': 7, 'other/2.jpg': 8 });
        await page.setInputFiles('.reopen input', join(folder, 'other'));
        await shows(page, 6);
        assert.deepEqual(await copiesOf(page, sample(7)), ['other/1.jpg']);
      }),
    ),
  ));

test('a kept folder that is gone is offered to be reopened; then the page says so, and has it chosen again', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await page.addInitScript(() => {
        if (typeof FileSystemHandle === 'undefined') return; // an empty page
        const scope = globalThis as unknown as { showDirectoryPicker: unknown };
        const name = localStorage.getItem('test-folder') ?? 'Holiday';
        scope.showDirectoryPicker = async () =>
          (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
      });
      await page.reload();
      const put = (folder: string, colours: string[]): Promise<void> =>
        page.evaluate(
          async ([name, all]) => {
            const to = await (await navigator.storage.getDirectory()).getDirectoryHandle(name, {
              create: true,
            });
            for (const colour of all) {
              const canvas = new OffscreenCanvas(40, 30);
              const context = canvas.getContext('2d')!;
              context.fillStyle = colour;
              context.fillRect(0, 0, 40, 30);
              const file = await (await to.getFileHandle(`${colour}.png`, { create: true })).createWritable();
              await file.write(await canvas.convertToBlob());
              await file.close();
            }
          },
          [folder, colours] as const,
        );
      await put('Holiday', ['red', 'lime']);
      await page.click('#add-folder');
      await shows(page, 2);
      await page.evaluate(async () => {
        await (await navigator.storage.getDirectory()).removeEntry('Holiday', { recursive: true });
      });
      await page.reload();
      await page.getByRole('button', { name: 'Reopen Holiday' }).click();
      const alert = page.locator('.alert', { hasText: 'Holiday is not where it was' });
      await alert.waitFor();
      await shows(page, 2);
      await put('Holiday', ['red', 'lime', 'blue']);
      await alert.getByRole('button', { name: 'Choose it again' }).click();
      await shows(page, 3);
      assert.deepEqual(await ids(page), ['Holiday/blue.png', 'Holiday/lime.png', 'Holiday/red.png']);
      assert.deepEqual(await alerts(page), []);
    }),
  ));

test('two tabs that add at once: one waits for the other; both have all pictures in the end, and nobody is asked anything', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      const other = await page.context().newPage();
      await other.goto(url);
      await other.locator('#add-files').waitFor({ state: 'attached' });
      await Promise.all([
        page.setInputFiles('#add-files', files.slice(0, 60)),
        other.setInputFiles('#add-files', files.slice(30)),
      ]);
      for (const one of [page, other]) {
        await one.bringToFront();
        await one.waitForFunction(
          () => document.querySelector('.rows li') && !document.querySelector('#progress'),
        );
      }
      for (const one of [page, other]) {
        await one.bringToFront();
        await one.evaluate(() => dispatchEvent(new Event('focus')));
        await shows(one, 90);
        assert.deepEqual(await alerts(one), []);
      }
      await other.close();
    }),
  ));

test('where the browser has no file system for the page, as in private windows, that is said once when pictures are added', () =>
  withServer([], (url) =>
    visitPage(
      browser,
      'about:blank',
      async (page) => {
        await page.addInitScript(() => {
          if (typeof StorageManager === 'undefined') return;
          StorageManager.prototype.getDirectory = () =>
            Promise.reject(new DOMException('Security error when calling GetDirectory', 'SecurityError'));
        });
        await page.goto(url);
        await page.setInputFiles('#add-files', files.slice(0, 3));
        await shows(page, 3);
        await page.setInputFiles('#add-files', files.slice(3, 5));
        await shows(page, 5);
        const [only, ...others] = await alerts(page);
        assert.match(only!, /This seems to be a private window/);
        assert.deepEqual(others, []);
      },
      { alsoAsked: url },
    ),
  ));
