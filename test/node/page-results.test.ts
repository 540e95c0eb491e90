import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems } from '../support/accessibility.ts';
import { chips, hitDistances, hitNames, summaryIs, tabTo, waitForResults } from '../support/results-page.ts';
import { all, first, idOf, like, resultsSite, second, third } from '../support/results-site.ts';

const site = resultsSite();
const { visit } = site;

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
      await summaryIs(page, `${all - 1} pictures`);
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
      await summaryIs(page, 'There are only pictures not to be like. Add one to be like.');
      assert.deepEqual(await chips(page), [`− ${second}`]);
      const said = async (search: string): Promise<string> => {
        await page.goto(site.url + search);
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
      await summaryIs(page, `${all - 3} pictures`);
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
      await page.waitForFunction(
        (end) => document.querySelector('#results-summary')!.textContent!.endsWith(end),
        `up to ${within.toFixed(3)}`,
      );
      const text = await page.innerText('#results-summary');
      const count = Number(/^(\d+) picture/.exec(text)![1]);
      assert.ok(count > 0 && count < all - 1, text);
      const bars = await page.locator('.bars .in').count();
      assert.ok(bars > 0 && bars < (await page.locator('.bars span').count()));
      await page.keyboard.press('Tab');
      await page.waitForFunction((last) => {
        // More come when the end is near.
        window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' });
        return document.querySelector(`.rows li[aria-posinset="${last}"]`);
      }, count);
      const distances = await hitDistances(page);
      assert.ok(distances.every((distance) => distance <= within + 0.0005));
      assert.equal(await page.locator('.rows li').last().getAttribute('aria-setsize'), String(count));

      await page.reload();
      await waitForResults(page, second);
      await summaryIs(page, text);
      await page.focus('#within');
      await page.keyboard.press('End');
      await summaryIs(page, `${all - 1} pictures`);
      await page.waitForFunction(() => !new URL(location.href).searchParams.has('within'));
    },
    like(idOf(second)),
  ));

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
