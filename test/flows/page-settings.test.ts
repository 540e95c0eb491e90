import assert from 'node:assert/strict';
import type { DrivenPage } from '../../scripts/browsers/driver.mts';
import { flow, visit } from '../support/driven.ts';
import { withServer } from '../support/page.ts';

/** It is there, and where it stays: WebDriver clicks nothing that is on its way into the window. */
const isOpen = async (page: DrivenPage): Promise<void> => {
  await page.waitFor(() => document.querySelector('#sheet[open]'));
  await page.waitFor(() => document.querySelector('#sheet')!.getAnimations().length === 0);
};
/** It is gone, and the focus is where it was. */
const isClosed = (page: DrivenPage): Promise<boolean> =>
  page.waitFor(() => document.querySelector('#sheet') === null && document.activeElement?.id === 'settings');
const headings = (page: DrivenPage, lang: string): Promise<string[]> =>
  page.waitFor(
    (wanted) =>
      document.documentElement.lang === wanted &&
      [...document.querySelectorAll('#sheet h2, #sheet h3')].map(({ textContent }) => textContent ?? ''),
    [lang],
  ) as Promise<string[]>;

export const flows = [
  flow<string[]>({
    name: 'the settings: opened by mouse and keyboard, closed by Escape, by their button and by a click beside them; another language stays',
    answer: (browser) =>
      withServer([], (url) =>
        visit(browser, url, async (page) => {
          await page.click('#settings');
          await isOpen(page);
          const english = await headings(page, 'en');
          assert.equal(english[0], 'Settings');
          await page.click('#sheet label[lang="zh-CN"]');
          const chinese = await headings(page, 'zh-CN');
          assert.equal(chinese.length, english.length);
          for (const [n, heading] of chinese.entries()) assert.notEqual(heading, english[n]);
          await page.press('Escape');
          await isClosed(page);

          await page.reload();
          await page.waitFor(() => document.documentElement.lang === 'zh-CN');
          await page.click('#settings');
          await isOpen(page);
          assert.deepEqual(await headings(page, 'zh-CN'), chinese);
          await page.click('#sheet label[lang="en"]');
          assert.deepEqual(await headings(page, 'en'), english);
          await page.click('#sheet .close');
          await isClosed(page);

          await page.press('Enter');
          await isOpen(page);
          await page.click('#advanced summary');
          await page.waitFor(() => document.querySelector<HTMLDetailsElement>('#advanced')?.open);
          await page.drag([
            [20, 300],
            [20, 300],
          ]);
          await isClosed(page);
          return [...english, ...chinese];
        }),
      ),
    same: (actual, chromium) => assert.deepEqual(actual, chromium),
  }),
];
