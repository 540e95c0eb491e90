import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { accessibilityProblems } from '../support/accessibility.ts';
import { samples } from '../support/cli.ts';
import { visitPage } from '../support/page.ts';
import { chips, hitDistances, hitNames, tabTo, waitForResults } from '../support/results-page.ts';
import { type ServedFolder, serveFolder } from '../support/served-folder.ts';

const names = readdirSync(samples).slice(0, 130);
const [first, second, third] = names as [string, string, string];
const stranger = join(samples, 'G001.jpeg');
const idOf = (name: string): string => `${names.indexOf(name) % 2 === 0 ? 'Even' : 'Odd/one'}/${name}`;

let browser: Browser;
let served: ServedFolder;
before(async () => {
  browser = await launchChromium();
  served = await serveFolder(async (pictures) => {
    for (const folder of ['Even', 'Odd/one', 'Copies'])
      await mkdir(join(pictures, folder), { recursive: true });
    for (const name of names) await cp(join(samples, name), join(pictures, idOf(name)));
    for (const copy of ['a.jpeg', 'b.jpeg']) await cp(join(samples, first), join(pictures, 'Copies', copy));
  });
});
after(async () => {
  await served?.end();
  await browser.close();
});

const all = names.length + 2;

/** Opens the page, with its index ready. */
const visit = (body: (page: Page) => Promise<void>, search = '', width = 1280): Promise<void> =>
  visitPage(
    browser,
    served.url,
    async (page) => {
      // Features of the server's index are taken over.
      if (search === '') {
        await page.waitForFunction(
          () => document.querySelector('.rows .cell') && !document.querySelector('.rows .cell.waiting'),
          undefined,
          { timeout: 60_000 },
        );
      }
      await body(page);
    },
    { width, search },
  );

const like = (...ids: string[]): string => `?${ids.map((id) => `like=${encodeURIComponent(id)}`).join('&')}`;
const summary = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector('#results-summary')?.textContent === wanted, text);
const scrollBy = async (page: Page, pixels: number): Promise<void> => {
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, pixels);
};
const scrolled = (page: Page): Promise<number> => page.evaluate(() => Math.round(scrollY));
/** Waits until the page has stopped to scroll. */
const restsAt = async (page: Page, top: number): Promise<void> => {
  await page.waitForFunction((wanted) => Math.abs(scrollY - wanted) <= 2, top);
  await page.waitForTimeout(300);
  assert.ok(Math.abs((await scrolled(page)) - top) <= 2, `${await scrolled(page)} instead of ${top}`);
};

test('marks extend the query, chips take a picture out; the address is the query', () =>
  visit(
    async (page) => {
      await waitForResults(page, `Most like ${second}`);
      assert.deepEqual(await chips(page), [second]);
      const alone = await hitNames(page);
      const ids = await page
        .locator('.rows a')
        .evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset.id!));
      const [one, two] = alone as [string, string];
      await page.locator('.rows li').first().hover();
      await page.getByRole('button', { name: `More like ${one}` }).click();
      await waitForResults(page, `Most like ${second} and ${one}`);
      assert.equal(await page.title(), `Most like ${second} and ${one} · Likeness`);
      assert.deepEqual(await chips(page), [`+ ${second}`, `+ ${one}`]);
      await page.getByRole('button', { name: `Less like ${two}` }).click({ force: true });
      await waitForResults(page, `Most like ${second} and ${one}, unlike ${two}`);
      assert.deepEqual(await chips(page), [`+ ${second}`, `+ ${one}`, `− ${two}`]);
      for (const name of [second, one, two]) assert.ok(!(await hitNames(page)).includes(name));
      const three = await hitNames(page);
      const distances = await hitDistances(page);
      assert.deepEqual(
        [...distances].sort((a, b) => a - b),
        distances,
      );

      const parameters = new URL(page.url()).searchParams;
      assert.deepEqual(parameters.getAll('like'), [idOf(second), ids[0]]);
      assert.deepEqual(parameters.getAll('unlike'), [ids[1]]);
      await page.reload();
      await waitForResults(page, `unlike ${two}`);
      assert.deepEqual(await hitNames(page), three);

      await page.getByRole('button', { name: `Remove ${two} from the query` }).click();
      await waitForResults(page, `Most like ${second} and ${one}`);
      await page.getByRole('button', { name: `Remove ${one} from the query` }).click();
      await waitForResults(page, `Most like ${second}`);
      await summary(page, `${all - 1} pictures`);
      assert.deepEqual(await hitNames(page), alone);
      // The last one: there is nothing to search for.
      await page.getByRole('button', { name: `Remove ${second} from the query` }).click();
      await page.waitForSelector('#pictures-title');
      assert.equal(new URL(page.url()).search, '');
    },
    like(idOf(second)),
  ));

test('a query that cannot be answered says why, and its chips can be removed', () =>
  visit(
    async (page) => {
      await summary(page, 'There are only pictures not to be like. Add one to be like.');
      assert.deepEqual(await chips(page), [`− ${second}`]);
      const said = async (search: string): Promise<string> => {
        await page.goto(served.url + search);
        await page.waitForFunction(() => {
          const text = document.querySelector('#results-summary')?.textContent ?? '';
          return text.endsWith('.') && !text.includes('not ready');
        });
        return page.innerText('#results-summary');
      };
      const both = `${like(idOf(second))}&unlike=${encodeURIComponent(idOf(second))}`;
      assert.match(await said(both), /cancel each other out/);
      await page
        .getByRole('button', { name: `Remove ${second}` })
        .last()
        .click();
      await waitForResults(page, `Most like ${second}`);
      assert.equal(await said(like('Gone/x.jpeg')), 'x.jpeg is not among the pictures here.');
      assert.match(await said('?like-file=0123456789abcdef'), /not kept on this device any more/);
    },
    `?unlike=${encodeURIComponent(idOf(second))}`,
  ));

test('captions have name, folder and distance; exact copies are folded away', () =>
  visit(
    async (page) => {
      await waitForResults(page, first);
      await summary(page, `${all - 3} pictures`);
      const hit = page.locator('.rows li').first();
      const id = (await hit.locator('a').getAttribute('data-id'))!;
      assert.equal(await hit.locator('a').getAttribute('title'), id);
      assert.equal(await hit.locator('.name').innerText(), id.split('/').at(-1));
      assert.equal(await hit.locator('.folder').innerText(), id.split('/').slice(0, -1).join('/'));
      assert.match(await hit.locator('.number').innerText(), /^0\.\d{3}$/);
      assert.ok((await hitDistances(page))[0]! > 0.01);
      const copies = page.locator('.copies');
      assert.equal(await copies.locator('summary').innerText(), '2 exact copies');
      assert.ok(!(await copies.locator('a').first().isVisible()));
      await copies.locator('summary').click();
      assert.deepEqual((await copies.locator('a').allInnerTexts()).map((text) => text.trim()).sort(), [
        'Copies/a.jpeg',
        'Copies/b.jpeg',
      ]);
      assert.deepEqual(await accessibilityProblems(page), []);
      // The picture is the button: it opens the whole picture.
      await hit.locator('a').click();
      await page.waitForFunction(
        (wanted) => new URL(location.href).searchParams.get('picture') === wanted,
        id,
      );
      await page.goBack();
      await page.waitForFunction(() => !new URL(location.href).searchParams.has('picture'));
      await page.waitForFunction(
        (wanted) => (document.activeElement as HTMLElement)?.dataset.id === wanted,
        id,
      );
    },
    like(idOf(first)),
  ));

test('the greatest distance is chosen over a histogram, by keyboard too, and is in the address', () =>
  visit(
    async (page) => {
      await waitForResults(page, second);
      await page.waitForSelector('#within');
      assert.ok((await page.locator('.bars .in').count()) === (await page.locator('.bars span').count()));
      await tabTo(page, '#within');
      assert.equal(await page.getAttribute('#within', 'aria-valuetext'), `any: ${all - 1} pictures`);
      const depth = await page.evaluate(() => history.length);
      await page.keyboard.press('Home');
      await page.waitForFunction(() => new URL(location.href).searchParams.has('within'));
      for (let n = 0; n < 60; n++) await page.keyboard.press('ArrowRight');
      // The address of the last step, once the person rests.
      await page.waitForFunction(() => {
        const value = document.querySelector<HTMLInputElement>('#within')!.value;
        return Number(new URL(location.href).searchParams.get('within')) === Number(value);
      });
      assert.equal(
        await page.evaluate(() => history.length),
        depth,
        'a step of the slider is no entry of the history',
      );
      const within = Number(new URL(page.url()).searchParams.get('within'));
      await page.waitForFunction(() =>
        /up to/.test(document.querySelector('#results-summary')!.textContent!),
      );
      const text = await page.innerText('#results-summary');
      const count = Number(/^(\d+) picture/.exec(text)![1]);
      assert.ok(text.endsWith(`up to ${within.toFixed(3)}`), text);
      assert.ok(count > 0 && count < all - 1, text);
      const bars = await page.locator('.bars .in').count();
      assert.ok(bars > 0 && bars < (await page.locator('.bars span').count()));
      await page.keyboard.press('Tab');
      await scrollBy(page, 20_000);
      await page.waitForFunction(
        (last) => document.querySelector(`.rows li[aria-posinset="${last}"]`),
        count,
      );
      const distances = await hitDistances(page);
      assert.ok(distances.every((distance) => distance <= within + 0.0005));
      assert.equal(await page.locator('.rows li').last().getAttribute('aria-setsize'), String(count));

      await page.reload();
      await waitForResults(page, second);
      await summary(page, text);
      await page.focus('#within');
      await page.keyboard.press('End');
      await summary(page, `${all - 1} pictures`);
      await page.waitForFunction(() => !new URL(location.href).searchParams.has('within'));
    },
    like(idOf(second)),
  ));

test('more come on scrolling, each once, until the end', () =>
  visit(
    async (page) => {
      await waitForResults(page, second);
      const seen = new Map<number, string>();
      for (let n = 0; n < 60 && seen.size < all - 1; n++) {
        const drawn = await page
          .locator('.rows li')
          .evaluateAll((items) =>
            items.map((item) => [
              Number(item.getAttribute('aria-posinset')),
              item.querySelector<HTMLElement>('a')!.dataset.id!,
            ]),
          );
        for (const [place, id] of drawn as [number, string][]) {
          assert.equal(seen.get(place) ?? id, id, `place ${place} is of one picture`);
          seen.set(place, id);
        }
        await scrollBy(page, 500);
        await page.waitForTimeout(50);
      }
      assert.equal(seen.size, all - 1);
      assert.equal(new Set(seen.values()).size, all - 1);
      assert.deepEqual(
        [...seen.keys()].sort((a, b) => a - b),
        Array.from({ length: all - 1 }, (_, at) => at + 1),
      );
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
    for (let n = 0; n < 4; n++) {
      await scrollBy(page, 1000);
      await page.waitForTimeout(150);
    }
    const far = 4000;
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
    await page.waitForTimeout(300); // it is stored beside the search
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
    await page.goto(served.url);
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
    await page.waitForTimeout(100);
    const now = await page.evaluate(
      (id) => document.querySelector(`.rows a[data-id="${id}"]`)?.getBoundingClientRect().top,
      seen.id,
    );
    // Its row may be another one now: that is as high up.
    assert.ok(Math.abs(now! - seen.top) <= 2, `${now} instead of ${seen.top}`);
  }));

test('at 360 pixels the first hit is on the first screen, also of a query of three', () =>
  visit(
    async (page) => {
      await waitForResults(page, third);
      const { y, height } = (await page.locator('.rows li a').first().boundingBox())!;
      assert.ok(y <= 300, `it begins at ${y}`);
      assert.ok(y + height <= 740);
      const targets = await page.evaluate(() =>
        [...document.querySelectorAll('.results button, .results input')].map((element) => {
          const { width, height } = element.getBoundingClientRect();
          return { width, height, what: element.outerHTML.slice(0, 60) };
        }),
      );
      for (const { width, height, what } of targets)
        assert.ok(width >= 40 && height >= 40, `${what}: ${width} × ${height}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 360, `${wide} pixels wide`);
      await page.evaluate(() => {
        document.documentElement.dir = 'rtl';
      });
      const rtl = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(rtl <= 360, `${rtl} pixels wide from right to left`);
      assert.deepEqual(await accessibilityProblems(page), []);
    },
    like(idOf(first), idOf(second), idOf(third)),
    360,
  ));
