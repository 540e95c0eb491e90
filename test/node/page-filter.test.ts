import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright';
import { accessibilityProblems } from '../support/accessibility.ts';
import { samples } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';
import { allHits, chips, summaryIs, waitForResults } from '../support/results-page.ts';
import { all, idOf, like, names, resultsSite, third } from '../support/results-site.ts';

const site = resultsSite();
const { visit } = site;
const parameter = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);
const filters = (page: Page): Promise<string[]> => page.locator('.filter-note li').allInnerTexts();
const even = names.filter((name) => idOf(name).startsWith('Even/')).length;

const hitIds = (page: Page): Promise<string[]> =>
  page
    .locator('.results .rows a')
    .evaluateAll((links) => links.map((link) => (link as HTMLElement).dataset.id!));

test('a click in a folder searches this folder: hits, counts, histogram and paging; all are one click away', () =>
  visit(async (page) => {
    await page.selectOption('#filter-folder', 'Even');
    await page.locator(`.rows a[data-id="${idOf(third)}"]`).click();
    await waitForResults(page, `Most like ${third}`);
    await summaryIs(page, `${even - 1} pictures`);
    assert.equal(parameter(page, 'folder'), 'Even');
    assert.equal(await page.title(), `Most like ${third}, only in Even · Likeness`);
    assert.deepEqual(await filters(page), ['only in Even']);
    assert.deepEqual(await chips(page).then((found) => found.slice(0, 1)), [third]);
    await page.waitForSelector('#within');
    assert.equal(await page.getAttribute('#within', 'aria-valuetext'), `any: ${even - 1} pictures`);
    assert.deepEqual(await accessibilityProblems(page), []);
    const found = await allHits(page, even - 1);
    assert.equal(found.length, even - 1);
    assert.ok(found.every((id) => id.startsWith('Even/')));

    // Up to a distance, the number is of the folder as well.
    await page.focus('#within');
    for (let n = 0; n < 40; n++) await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() =>
      /\d+ pictures? up to/.test(document.querySelector('#results-summary')!.textContent!),
    );
    const within = Number.parseInt(await page.innerText('#results-summary'), 10);
    assert.ok(within > 0 && within < even - 1);
    await page.focus('#within');
    await page.keyboard.press('End');
    await page.waitForFunction(() => !new URL(location.href).searchParams.has('within'));

    await page.reload();
    await waitForResults(page, `Most like ${third}`);
    await summaryIs(page, `${even - 1} pictures`);

    // The cross of the chip, Back, Forward.
    await page.getByRole('button', { name: 'In all folders' }).click();
    await summaryIs(page, `${all - 1} pictures`);
    assert.equal(parameter(page, 'folder'), null);
    assert.deepEqual(await filters(page), []);
    const nearest = await hitIds(page);
    const ofFolder = nearest.filter((id) => id.startsWith('Even/'));
    assert.ok(ofFolder.length > 0 && ofFolder.length < nearest.length);
    assert.deepEqual(ofFolder, found.slice(0, ofFolder.length));
    await page.goBack();
    await summaryIs(page, `${even - 1} pictures`);
    assert.deepEqual(await filters(page), ['only in Even']);
    await page.goForward();
    await summaryIs(page, `${all - 1} pictures`);
    await page.goBack();
    await summaryIs(page, `${even - 1} pictures`);
    // Our own way back leads to the folder.
    await page.click('#back');
    await page.waitForSelector('#pictures-title');
    assert.equal(await page.inputValue('#filter-folder'), 'Even');
    assert.equal(await page.innerText('#pictures-title'), `${even} of ${all} pictures`);
  }));

test('with pictures of one’s own, a reload of results of a filter shows them at once, and follows what is added', () =>
  withServer([], (url) =>
    visitPage(site.browser, url, async (page) => {
      const give = (from: number, to: number): Promise<void> =>
        page.setInputFiles(
          '#add-files',
          names.slice(from, to).map((name) => join(samples, name)),
        );
      await page.waitForSelector('#add-files', { state: 'attached' });
      await give(0, 12);
      await page.waitForFunction(
        () => document.querySelectorAll('.rows .cell:not(.waiting)').length === 12,
        undefined,
        { timeout: 60_000 },
      );
      const [one] = names as [string];
      const isFew = (name: string): boolean => name.includes('A00');
      const few = names.slice(0, 12).filter(isFew).length;
      assert.ok(few > 2 && few < 12);
      await page.goto(`${url}${like(one)}&name=A00`);
      await summaryIs(page, `${few - 1} pictures`);
      // Not even for a moment there seem to be none, and nothing moves when the index tells of its pictures.
      await page.addInitScript(() => {
        const said = new Set<string>();
        const moved: number[] = [];
        Object.assign(window, { said, moved });
        new PerformanceObserver((list) => {
          for (const { value } of list.getEntries() as unknown as { value: number }[]) moved.push(value);
        }).observe({ type: 'layout-shift', buffered: true });
        new MutationObserver(() => {
          const text = document.querySelector('#results-summary')?.textContent;
          if (text) said.add(text);
        }).observe(document, { subtree: true, childList: true, characterData: true });
      });
      await page.reload();
      await waitForResults(page, one);
      await summaryIs(page, `${few - 1} pictures`);
      const { said, moved } = await page.evaluate(() => {
        const seen = window as unknown as { said: Set<string>; moved: number[] };
        return { said: [...seen.said], moved: seen.moved.reduce((sum, value) => sum + value, 0) };
      });
      assert.ok(moved < 0.05, `layout shift ${moved}`);
      assert.ok(!said.includes('No other picture is among these.'), said.join('\n'));

      // What is read meanwhile comes in, as far as the filter lets it.
      await page.goto(`${url}${like(one)}&name=A0`);
      await waitForResults(page, one);
      await give(12, 30);
      await page.waitForSelector('#pictures-title');
      await page.goBack();
      const more = names.slice(0, 30).filter((name) => name.includes('A0')).length;
      assert.ok(more > few);
      await summaryIs(page, `${more - 1} pictures`);
    }),
  ));
