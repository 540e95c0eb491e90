import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright';
import { give, summaryIs, waitForResults } from '../support/results-page.ts';
import { all, idOf, like, names, resultsSite, second, stranger } from '../support/results-site.ts';

const site = resultsSite();
const { visit } = site;
const parameter = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);
const filters = (page: Page): Promise<string[]> => page.locator('.filter-note li').allInnerTexts();
const even = names.filter((name) => idOf(name).startsWith('Even/')).length;

test('more like, a picture of one’s own, the viewer and the map search what the filter leaves', () =>
  visit(
    async (page) => {
      await waitForResults(page, second);
      assert.deepEqual(await filters(page), ['only in one', 'only named “jpeg”']);
      const odd = names.length - even;
      // The picture of the query is among them, and no answer.
      await summaryIs(page, `${odd - 1} pictures`);
      const firstHit = page.locator('.rows li').first();
      await firstHit.hover();
      await firstHit.locator('.more-like').click();
      await summaryIs(page, `${odd - 2} pictures`);
      assert.equal(parameter(page, 'folder'), 'Odd/one');

      await page.locator('.rows a').first().click();
      await page.locator('.search-this').click();
      await page.waitForFunction(() => new URL(location.href).searchParams.getAll('like').length === 1);
      await summaryIs(page, `${odd - 1} pictures`);

      await give(page, 'paste', 'G001.jpeg', readFileSync(stranger));
      await waitForResults(page, 'Most like G001.jpeg');
      await summaryIs(page, `${odd} pictures`);
      await page.getByRole('button', { name: 'Search all pictures' }).click();
      await summaryIs(page, `${all} pictures`);
      assert.deepEqual(await filters(page), []);
      await page.goBack();
      await summaryIs(page, `${odd} pictures`);

      // The list of the map leads to results of the same pictures.
      await page.getByRole('link', { name: 'Map' }).click();
      await page.locator('.map-list summary').click({ timeout: 60_000 });
      const of = (await page.locator('.map-list .rows a').first().getAttribute('data-id'))!;
      await page.locator('.map-list .rows a').first().click();
      await waitForResults(page, of.split('/').at(-1)!);
      await summaryIs(page, `${odd - 1} pictures`);

      // An address that is opened anew has no list of before: the way back keeps the folder.
      await page.goto(`${site.url}${like(idOf(second))}&folder=Even&sort=name`);
      await waitForResults(page, second);
      await summaryIs(page, `${even} pictures`);
      await page.evaluate(() => sessionStorage.clear());
      await page.click('#back');
      await page.waitForSelector('#pictures-title');
      assert.equal(parameter(page, 'folder'), 'Even');
      assert.equal(parameter(page, 'sort'), 'name');

      await page.goto(`${site.url}${like(idOf(second))}&folder=Gone`);
      await summaryIs(page, 'No other picture is among these.');
      assert.deepEqual(await filters(page), ['only in Gone']);
      await page.getByRole('button', { name: 'Search all pictures' }).click();
      await summaryIs(page, `${all - 1} pictures`);
    },
    `${like(idOf(second))}&folder=${encodeURIComponent('Odd/one')}&name=jpeg`,
  ));
