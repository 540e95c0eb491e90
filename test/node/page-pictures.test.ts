import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, mkdir, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { accessibilityProblems } from '../support/accessibility.ts';
import { likeness, samples, withFolder } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';

const paths = [
  'Holiday/beach/img 10.jpeg',
  'Holiday/beach/img 2.jpeg',
  'Holiday/hills/img 1.jpeg',
  'Work/plan.jpeg',
  'Caf\u00e9.jpeg',
];
const sources = readdirSync(samples).slice(0, paths.length);

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

async function write(folder: string): Promise<void> {
  for (const [n, path] of paths.entries()) {
    const to = join(folder, path);
    await mkdir(dirname(to), { recursive: true });
    await cp(join(samples, sources[n]!), to);
    // The first one is the newest.
    await utimes(to, 0, 1_700_000_000 - n * 86_400);
  }
}

const shown = (page: Page): Promise<string[]> =>
  page.locator('.rows a').evaluateAll((links) => links.map((link) => (link as HTMLElement).title));
const parameter = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);
const title = (page: Page, text: string) =>
  page.waitForFunction((wanted) => document.querySelector('#pictures-title')?.textContent === wanted, text);
const addressHas = (page: Page, text: string) =>
  page.waitForFunction((wanted) => location.search.includes(wanted), text);

test('served pictures: by folder, by name, sorted; the address says it, a reload keeps it, and an empty choice can be cleared', () =>
  withFolder(async (folder) => {
    await write(join(folder, 'pictures'));
    const { code, stderr } = await likeness('index', join(folder, 'pictures'), '-o', join(folder, 'index'));
    assert.equal(code, 0, stderr);
    await withServer(['-i', join(folder, 'index')], (url) =>
      visitPage(browser, url, async (page) => {
        await title(page, '5 pictures');
        assert.deepEqual(await page.locator('#filter-folder option').allInnerTexts(), [
          'All folders (5)',
          'Holiday (3)',
          '\u2003beach (2)',
          '\u2003hills (1)',
          'Work (1)',
        ]);
        await page.selectOption('#filter-folder', 'Holiday');
        await title(page, '3 of 5 pictures');
        await page.selectOption('#sort', 'name');
        assert.deepEqual(await shown(page), [paths[2], paths[1], paths[0]]);
        assert.match(await page.title(), /Holiday/);

        await page.fill('#filter-name', 'IMG beach');
        await title(page, '2 of 5 pictures');
        await addressHas(page, 'name=IMG+beach');
        await page.reload();
        await title(page, '2 of 5 pictures');
        assert.deepEqual(await shown(page), [paths[1], paths[0]]);
        assert.equal(await page.inputValue('#filter-name'), 'IMG beach');
        assert.equal(await page.inputValue('#filter-folder'), 'Holiday');
        assert.equal(await page.inputValue('#sort'), 'name');

        // A search and back: the choice is still there.
        await page.click('.rows a');
        await page.waitForSelector('#results-title');
        await page.goBack();
        await title(page, '2 of 5 pictures');

        await page.fill('#filter-name', 'nothing like it');
        await page.getByText('No picture matches.').waitFor();
        await title(page, '0 of 5 pictures');
        await page.getByRole('button', { name: 'Show all pictures' }).click();
        await title(page, '5 pictures');
        await page.waitForFunction(() => document.activeElement?.id === 'filter-name');
        await page.fill('#filter-name', 'cafe\u0301');
        await title(page, '1 of 5 pictures');
        await page.fill('#filter-name', '');
        await page.selectOption('#sort', 'added');
        await addressHas(page, '');
        await page.waitForFunction(() => !/name=|folder=|sort=/.test(location.search));
        assert.equal(parameter(page, 'sort'), null);

        // A folder of an old address that is not there any more.
        await page.goto(`${url}?folder=Gone%2Faway`);
        await title(page, '0 of 5 pictures');
        assert.equal(await page.inputValue('#filter-folder'), 'Gone/away');
      }),
    );
  }));

test('a chosen folder: the newest first, at 360 pixels the filter stays within the window', () =>
  withFolder(async (folder) => {
    const pictures = join(folder, 'Pictures');
    await write(pictures);
    await withServer([], (url) =>
      visitPage(
        browser,
        url,
        async (page) => {
          await page.setInputFiles('#add-folder', pictures);
          await title(page, '5 pictures');
          await page.selectOption('#sort', 'date');
          await page.waitForFunction(
            (first) => document.querySelector<HTMLElement>('.rows [data-index="0"]')?.title === first,
            `Pictures/${paths[0]}`,
          );
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= 360, `${wide}`);
          for (const control of ['#filter-name', '#filter-folder', '#sort']) {
            const { height } = (await page.locator(control).boundingBox())!;
            assert.ok(height >= 40, `${control}: ${height}`);
          }
          assert.deepEqual(await accessibilityProblems(page), []);

          // The next visit may not read the files: the viewer shows what was kept, and says so.
          await page.waitForFunction(() => document.querySelectorAll('.rows .cell.waiting').length === 0);
          await page.reload();
          await title(page, '5 pictures');
          await page.click('.rows a');
          await page.click('.rows:has(.caption) a');
          await page.getByText('Only a small copy of this picture is here.').nth(1).waitFor();
          assert.ok(
            await page
              .locator('#found img')
              .evaluate((image) => (image as HTMLImageElement).src.startsWith('data:image/')),
          );
          assert.equal(await page.locator('#viewer :is(.choose-part, .open, .download)').count(), 0);
          await page.click('#why');
          await page.getByText('There is no map for this picture').first().waitFor();
        },
        { width: 360 },
      ),
    );
  }));
