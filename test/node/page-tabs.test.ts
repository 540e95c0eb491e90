import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { visitPage, withServer } from '../support/page.ts';
import { areFound, listed, sample, shows } from '../support/page-files.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

test('what another tab adds and takes out is shown when a person comes back to this one', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await page.setInputFiles('#add-files', [sample(0), sample(1)]);
      await shows(page, 2);
      const other = await page.context().newPage();
      await other.goto(url);
      await shows(other, 2);
      await other.setInputFiles('#add-files', [sample(2), sample(3)]);
      await shows(other, 4);
      // Browsers say so when a tab comes to the front; one that nobody sees does not always.
      const comeBack = (to: Page): Promise<unknown> => to.evaluate(() => dispatchEvent(new Event('focus')));
      await page.bringToFront();
      await comeBack(page);
      await shows(page, 4);
      assert.deepEqual(await listed(page), await listed(other));
      // They are pictures like others: each has its small one, and is found.
      await areFound(page, 4);
      await page.locator('.rows [data-id]').nth(3).click();
      await page.locator('.results[aria-busy="false"] .rows [data-id]').nth(2).waitFor();
      await page.click('#back');

      await other.click('#settings');
      await other.click('#empty-index');
      await other.click('#empty-yes');
      await other.getByText('4 pictures were removed.').waitFor();
      await page.bringToFront();
      await comeBack(page);
      // Files that this tab was given can be read again; those of the other tab are gone.
      await page.waitForFunction(() => document.querySelectorAll('.rows [data-id]').length <= 2);
      await other.close();
    }),
  ));
