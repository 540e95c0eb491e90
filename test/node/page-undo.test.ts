import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { withFolder } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';
import { listed, sample, shows } from '../support/page-files.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** The same after a reload, and in another tab. */
async function keeps(page: Page, wanted: readonly string[]): Promise<void> {
  await shows(page, wanted.length);
  assert.deepEqual(await listed(page), wanted);
  await page.reload();
  await shows(page, wanted.length);
  assert.deepEqual(await listed(page), wanted, 'after a reload');
  const other = await page.context().newPage();
  await other.goto(page.url());
  await shows(other, wanted.length);
  assert.deepEqual(await listed(other), wanted, 'in another tab');
  await other.close();
}

test('what is brought back is where it was, also after a reload and in another tab; what was added meanwhile stays', () =>
  withFolder((folder) =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        const path = (name: string): string => join(folder, name);
        const names = ['zebra.jpg', 'copy.jpg', 'apple.jpg', 'mango.jpg'];
        // Two are copies: the one that came later is the one that goes.
        for (const [n, name] of names.entries()) await cp(sample([1, 1, 2, 3][n]!), path(name));
        await cp(sample(5), path('late.jpg'));
        await page.setInputFiles('#add-files', names.map(path));
        await shows(page, 4);
        const first = await listed(page);
        assert.deepEqual([...first].sort(), [...names].sort());

        await page.goto(`${url}?view=duplicates`);
        await page.click('#take-out');
        await page.click('#confirm-yes');
        await page.getByText('1 picture was taken out of the index.').waitFor();
        await page.getByRole('link', { name: 'Pictures', exact: true }).click();
        await shows(page, 3);
        await page.setInputFiles('#add-files', path('late.jpg'));
        await shows(page, 4);
        await page.getByRole('button', { name: 'Undo' }).click();
        await shows(page, 5);
        await keeps(page, [...first, 'late.jpg']);

        // The index knows their content: given again, none of them is read.
        await page.setInputFiles('#add-files', names.map(path));
        await keeps(page, [...first, 'late.jpg']);

        // All that was here comes back; what was added since is not lost.
        await page.click('#settings');
        await page.click('#empty-index');
        await page.click('#empty-yes');
        await page.getByText('5 pictures were removed.').waitFor();
        await page.keyboard.press('Escape');
        await cp(sample(7), path('newest.jpg'));
        await page.setInputFiles('#add-files', path('newest.jpg'));
        await shows(page, 1);
        await page.getByRole('button', { name: 'Undo' }).click();
        await page.getByText('5 pictures are back.').waitFor();
        await keeps(page, [...first, 'late.jpg', 'newest.jpg']);
      }),
    ),
  ));
