import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { DrivenPage } from '../../scripts/browsers/driver.mts';
import { flow } from '../support/driven.ts';
import { withServer } from '../support/page.ts';
import { sample } from '../support/page-files.ts';

const slow = { timeoutMs: 180_000 };
const count = 4;
/** Is not among the pictures. */
const stranger = sample(8);

const untilIndexed = (page: DrivenPage): Promise<boolean> =>
  page.waitFor(
    (wanted) =>
      document.querySelectorAll('.rows .cell:not(.waiting)').length === wanted &&
      document.querySelector('#progress') === null,
    [count],
    slow,
  );

/** Waits for so many results; gives the names of their pictures. */
const hits = (page: DrivenPage, title: string, wanted: number): Promise<string[]> =>
  page.waitFor(
    (part: string, many: number) => {
      const names = [...document.querySelectorAll('.results[aria-busy="false"] .hits:not(.old) .rows .name')];
      return (
        document.querySelector('#results-title')?.textContent?.includes(part) &&
        names.length === many &&
        names.map(({ textContent }) => textContent ?? '')
      );
    },
    [title, wanted],
    slow,
  ) as Promise<string[]>;

/** Waits until the page's files are stored and its service worker answers for them. */
const untilStored = (page: DrivenPage): Promise<boolean> =>
  page.waitFor(
    async () => {
      const active = (await navigator.serviceWorker.getRegistration())?.active;
      return active?.state === 'activated' && navigator.serviceWorker.controller === active;
    },
    [],
    slow,
  );

async function untilNobodyAnswers(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url);
    } catch {
      return;
    }
    await pause(50);
  }
}

interface Answers {
  picture: string[];
  file: string[];
}

export const flows = [
  flow<Answers>({
    name: 'the page with its server gone: it opens, searches by a picture and by a new file, shows map, viewer and settings',
    async answer(browser) {
      const page = await browser.open();
      try {
        const url = await withServer([], async (at) => {
          await page.goto(at);
          await page.waitFor(() => document.querySelector('#add-files'));
          await page.setFiles(
            '#add-files',
            Array.from({ length: count }, (_, n) => sample(n)),
          );
          // While it reads them, the settings open as at any time.
          await page.click('#settings');
          await page.waitFor(() => document.querySelector('#sheet[open]'));
          await page.press('Escape');
          await page.waitFor(() => document.querySelector('#sheet') === null);
          await untilIndexed(page);
          await untilStored(page);
          return at;
        });
        await untilNobodyAnswers(url);

        await page.reload();
        await untilIndexed(page);
        await page.click('.rows .cell');
        const picture = await hits(page, 'Most like', count - 1);
        await page.setFiles('#query-file', [stranger]);
        const file = await hits(page, stranger.split(/[\\/]/).at(-1)!, count);

        await page.click('.hits .rows a');
        await page.waitFor(() => document.querySelector('#viewer #asked .frame.ready'), [], slow);
        await page.press('Escape');
        await page.waitFor(() => document.querySelector('#viewer') === null);

        await page.goto(`${url}?view=map`);
        await page.waitFor(() => document.querySelector('.map canvas'), [], slow);
        await page.click('#settings');
        await page.waitFor(() =>
          document.querySelector('#sheet')?.textContent?.includes('opens and searches with the network cut'),
        );
        // Browsers tell of what they asked for in vain, each in its own words.
        const wrong = (await page.messages()).filter(
          ({ type, text }) =>
            type !== 'log' &&
            !/^(Failed to load resource: net::|Error: Failed to load .*no-response)/.test(text),
        );
        assert.deepEqual(wrong, []);
        return { picture, file };
      } finally {
        await page.close().catch(() => {});
      }
    },
    same: (actual, chromium) => assert.deepEqual(actual, chromium),
  }),
];
