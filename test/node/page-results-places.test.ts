import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright';
import { samples } from '../support/cli.ts';
import {
  allHits,
  chips,
  filesAreStored,
  hitNames,
  scrollDownTo,
  waitForResults,
} from '../support/results-page.ts';
import {
  all,
  first,
  idOf,
  like,
  resultsSite,
  scrollBy,
  second,
  stranger,
  third,
} from '../support/results-site.ts';

const site = resultsSite();
const { visit } = site;
const scrolled = (page: Page): Promise<number> => page.evaluate(() => Math.round(scrollY));
/** Waits until the page has stopped to scroll. */
const restsAt = async (page: Page, top: number): Promise<void> => {
  await page.waitForFunction((wanted) => Math.abs(scrollY - wanted) <= 2, top);
  await page.waitForTimeout(300);
  assert.ok(Math.abs((await scrolled(page)) - top) <= 2, `${await scrolled(page)} instead of ${top}`);
};

test('more come on scrolling, each once, until the end', () =>
  visit(
    async (page) => {
      await waitForResults(page, second);
      assert.equal(new Set(await allHits(page, all - 1)).size, all - 1);
      // The end is the end.
      await page.waitForFunction(() => !document.querySelector('.more'));
    },
    like(idOf(second)),
  ));

test('Back, Forward, reload and our own way back give places and focus back', () =>
  visit(async (page) => {
    const list = 700;
    await scrollBy(page, list);
    await restsAt(page, list);
    const chosen = await page.evaluate(() => {
      const all = [...document.querySelectorAll<HTMLElement>('.rows a')];
      return all.find((cell) => cell.getBoundingClientRect().top > 200)!.dataset.id!;
    });
    await page.click(`.rows a[title="${chosen}"]`);
    await waitForResults(page, chosen.split('/').at(-1)!);
    await restsAt(page, 0);
    // Beyond the first page of results.
    const far = 4000;
    await scrollDownTo(page, far);
    await restsAt(page, far);
    const open = await page.evaluate(() => {
      const all = [...document.querySelectorAll<HTMLElement>('.rows a')];
      return all.find((cell) => cell.getBoundingClientRect().top > 200)!.dataset.id!;
    });
    const mark = page.locator('.rows li', { has: page.locator(`a[title="${open}"]`) });
    await mark.hover();
    await mark.locator('.more-like').click();
    await waitForResults(page, 'and');
    await restsAt(page, 0);

    await page.goBack();
    await waitForResults(page, chosen.split('/').at(-1)!);
    await restsAt(page, far);
    await page.goForward();
    await waitForResults(page, 'and');
    await restsAt(page, 0);
    await page.goBack();
    await restsAt(page, far);
    const there = await hitNames(page);
    await page.reload();
    await waitForResults(page, chosen.split('/').at(-1)!);
    await restsAt(page, far);
    assert.deepEqual(await hitNames(page), there);

    // Without going to the top for it.
    await page.locator('#back').evaluate((button) => (button as HTMLElement).click());
    await page.waitForSelector('#pictures-title');
    await restsAt(page, list);
    await page.waitForFunction(
      (wanted) => (document.activeElement as HTMLElement)?.dataset.id === wanted,
      chosen,
    );
    assert.equal(await page.title(), 'Likeness');
    // It went back, and did not go on: the results are ahead of it.
    await page.goForward();
    await waitForResults(page, chosen.split('/').at(-1)!);
    await restsAt(page, far);
  }));

test('a link to results opens them, and Back of our own leads to all pictures', () =>
  visit(
    async (page) => {
      await waitForResults(page, `${first}, ${second}, and ${third}`);
      await page.click('#back');
      await page.waitForSelector('#pictures-title');
      assert.equal(new URL(page.url()).search, '');
      await page.goBack();
      await waitForResults(page, first);
    },
    like(idOf(first), idOf(second), idOf(third)),
  ));

test('a file of a query is there after a reload, and after Back; where nothing is stored the page says so', () =>
  visit(async (page) => {
    await page.setInputFiles('#query-file', stranger);
    await waitForResults(page, 'G001.jpeg');
    const hits = await hitNames(page);
    const url = page.url();
    assert.match(url, /like-file=[0-9a-f]{16}$/);
    await filesAreStored(page, 1);
    await page.reload();
    await waitForResults(page, 'Most like G001.jpeg');
    assert.deepEqual(await hitNames(page), hits);
    await page.waitForFunction(
      () => document.querySelector<HTMLImageElement>('.chip img')?.naturalWidth === 307,
    );
    await page.click('#back');
    await page.waitForSelector('#pictures-title');
    await page.goForward();
    await waitForResults(page, 'Most like G001.jpeg');

    // The last twenty stay.
    const bytes = await readFile(stranger);
    for (let n = 0; n < 20; n++) {
      await page.setInputFiles('#query-file', {
        name: `${n}.jpeg`,
        mimeType: 'image/jpeg',
        buffer: Buffer.concat([bytes, Buffer.from(String(n))]),
      });
      await waitForResults(page, `Most like ${n}.jpeg`);
    }
    await page.goto(url);
    await page.waitForFunction(() =>
      /not kept on this device/.test(document.querySelector('#results-summary')?.textContent ?? ''),
    );
    assert.deepEqual(await chips(page), ['a picture of yours']);

    // Where the browser stores nothing, it is of this visit.
    await page.addInitScript(() => {
      indexedDB.open = () => {
        throw new DOMException('blocked', 'SecurityError');
      };
    });
    await page.goto(site.url);
    await page.setInputFiles('#query-file', stranger);
    await waitForResults(page, 'G001.jpeg');
    await page.reload();
    await page.waitForFunction(() =>
      /not kept on this device/.test(document.querySelector('#results-summary')?.textContent ?? ''),
    );
  }));

test('results follow pictures that are added meanwhile, and stay where the person is', () =>
  visit(async (page) => {
    const added = readdirSync(samples).slice(200, 260);
    await page.setInputFiles(
      '#add-files',
      added.map((name) => join(samples, name)),
    );
    await page.click('.rows a >> nth=5');
    await waitForResults(page, 'Most like');
    // Pictures come while it scrolls: where it comes to rest is not known beforehand.
    await page.evaluate(async () => {
      scrollTo({ top: 900, behavior: 'instant' });
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    });
    const seen = await page.evaluate(() => {
      const top = [...document.querySelectorAll<HTMLElement>('.rows a')].find(
        (cell) => cell.getBoundingClientRect().bottom > 0,
      )!;
      return { id: top.dataset.id!, top: top.getBoundingClientRect().top };
    });
    await page.waitForFunction(
      (wanted) => document.querySelector('#results-summary')?.textContent === wanted,
      `${all - 1 + added.length} pictures`,
      { timeout: 120_000 },
    );
    // Its row may be another one now: that is as high up.
    await page.waitForFunction(({ id, top }) => {
      const now = document.querySelector(`.rows a[data-id="${id}"]`)?.getBoundingClientRect().top;
      return now !== undefined && Math.abs(now - top) <= 2;
    }, seen);
  }));
