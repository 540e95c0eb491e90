import assert from 'node:assert/strict';
import { cp, mkdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright';
import sharp from 'sharp';
import { launchChromium } from '../../scripts/chromium.mjs';
import { accessibilityProblems } from '../support/accessibility.ts';
import { likeness, samples, withFolder } from '../support/cli.ts';
import { visitPage, withServer } from '../support/page.ts';
import { dropFeatures } from '../support/page-files.ts';

/** Pictures of which there are copies, and some of which there are none. */
const [twice, thrice, shrunk] = ['A001', 'A002', 'A003'] as const;
const alone = ['B001', 'C005', 'D010', 'E020', 'F003'] as const;

/** `Trip/`: originals, a smaller copy, one of another format, the same file in another folder. */
async function writeTrip(folder: string): Promise<void> {
  const trip = join(folder, 'Trip');
  await mkdir(join(trip, 'phone'), { recursive: true });
  await mkdir(join(trip, 'export'));
  for (const name of [twice, thrice, shrunk, ...alone]) {
    await cp(join(samples, `${name}.jpeg`), join(trip, `${name}.jpeg`));
    await utimes(join(trip, `${name}.jpeg`), 1.6e9, 1.6e9);
  }
  await cp(join(samples, `${twice}.jpeg`), join(trip, 'phone', 'IMG_1.jpeg'));
  await sharp(join(samples, `${thrice}.jpeg`))
    .png()
    .toFile(join(trip, 'export', 'big.png'));
  await sharp(join(samples, `${thrice}.jpeg`))
    .jpeg({ quality: 60 })
    .toFile(join(trip, 'export', 'low.jpg'));
  await sharp(join(samples, `${shrunk}.jpeg`))
    .resize({ width: 280 })
    .toFile(join(trip, 'export', 'small.jpg'));
}

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** The groups that are drawn: names in order, each with `*` when it is marked. */
const groupsOf = (page: Page): Promise<string[]> =>
  page
    .locator('.group')
    .evaluateAll((groups) =>
      groups.map((group) =>
        [...group.querySelectorAll('.twin')]
          .map(
            (twin) =>
              `${twin.querySelector('a')!.title}${twin.querySelector<HTMLInputElement>('input')!.checked ? '*' : ''}`,
          )
          .join(' '),
      ),
    );
const summaryIs = (page: Page, text: string) =>
  page.waitForFunction(
    (wanted) => document.querySelector('#duplicates-summary')?.textContent === wanted,
    text,
  );

describe('duplicates', () => {
  test('of a served index: groups, the best first, what differs, the slider, the list', () =>
    withFolder(async (folder) => {
      await writeTrip(folder);
      const index = join(folder, 'index');
      const { code, stderr } = await likeness('index', join(folder, 'Trip'), '-o', index);
      assert.equal(code, 0, stderr);
      await withServer(['-i', index], (url) =>
        visitPage(
          browser,
          url,
          async (page) => {
            await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
            await summaryIs(page, '3 groups, 4 pictures could go');
            // The first has the most pixels, of as many the most bytes; all others are suggested.
            const expected = [
              'Trip/A001.jpeg Trip/phone/IMG_1.jpeg*',
              'Trip/export/big.png Trip/A002.jpeg* Trip/export/low.jpg*',
              'Trip/A003.jpeg Trip/export/small.jpg*',
            ].map((group) => group.replaceAll('Trip/', ''));
            await page.waitForFunction(() => document.querySelectorAll('.group').length === 3);
            const found = await groupsOf(page);
            assert.deepEqual([...found].sort(), [...expected].sort());
            assert.equal(found[0], expected[0], 'what is nearest comes first');
            const factsOf = (title: string) =>
              page.locator(`.twin:has(a[title="${title}"]) dd`).allInnerTexts();
            await page.waitForFunction(() => document.body.innerText.includes('distance 0.000'));
            const [, pixels, , date] = await factsOf('A003.jpeg');
            const original = await sharp(join(samples, 'A003.jpeg')).metadata();
            assert.equal(pixels, `${original.width} × ${original.height}`);
            assert.match(date!, /2020/);
            const [inFolder, smaller, , , distance] = await factsOf('export/small.jpg');
            assert.equal(inFolder, 'export');
            assert.match(smaller!, /^280 × \d+$/);
            assert.match(distance!, /^distance 0\.[01]\d\d$/);
            const differing = page.locator('.twin:has(a[title="export/small.jpg"]) .differs dt');
            assert.deepEqual(await differing.allTextContents(), [
              'Folder',
              'Pixels',
              'File',
              'Date',
              'Distance',
            ]);
            assert.match(await page.innerText('#marked-count'), /^4 pictures marked · \d+ kB$/);
            assert.deepEqual(await accessibilityProblems(page), []);

            // The slider by keyboard: exact copies only; the address says so, also after a reload.
            await page.focus('#threshold');
            await page.keyboard.press('Home');
            await summaryIs(page, '2 groups, 2 pictures could go');
            await page.waitForURL((url) => url.searchParams.get('threshold') === '0');
            await page.reload();
            await summaryIs(page, '2 groups, 2 pictures could go');
            await page.waitForFunction(() => document.querySelectorAll('.group').length === 2);
            // A PNG of a JPEG's pixels is the same picture.
            assert.deepEqual(await groupsOf(page), [expected[0], 'export/big.png A002.jpeg*']);
            await page.focus('#threshold');
            for (let step = 0; step < 20; step++) await page.keyboard.press('ArrowRight');
            await summaryIs(page, '3 groups, 4 pictures could go');

            // Marks by keyboard: Space; arrow keys go from picture to picture and from group to group.
            const places = (await groupsOf(page)).map((group) => group.replaceAll('*', '').split(' '));
            await page.locator('.twin a').first().focus();
            await page.keyboard.press('ArrowRight');
            await page.keyboard.press(' ');
            await page.waitForFunction(
              () => !document.querySelectorAll<HTMLInputElement>('.twin input')[1]!.checked,
            );
            await page.keyboard.press('ArrowDown');
            assert.equal(
              await page.evaluate(() => (document.activeElement as HTMLElement).title),
              places[1]![1],
            );
            await page.keyboard.press('End');
            assert.equal(
              await page.evaluate(() => (document.activeElement as HTMLElement).title),
              places[2]![0],
            );
            await page.keyboard.press('Home');
            assert.equal(
              await page.evaluate(() => (document.activeElement as HTMLElement).title),
              places[0]![0],
            );
            const stops = await page.locator('.groups [tabindex="0"]').count();
            assert.equal(stops, 2, 'a picture and its box are in the order of the tab key');

            // The list: what is marked, a path a line.
            const listed = places.flatMap((group, n) => (n === 0 ? [] : group.slice(1)));
            await page.click('#copy-list');
            await page.waitForFunction(() =>
              document.querySelector('#status')?.textContent?.includes('copied'),
            );
            const copied = await page.evaluate(() => navigator.clipboard.readText());
            assert.equal(copied, listed.map((path) => `${path}\n`).join(''));
            const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-list')]);
            assert.equal(download.suggestedFilename(), 'duplicates.txt');
            assert.equal(await readFile(await download.path(), 'utf8'), copied);
            assert.ok(await page.isHidden('#take-out'), 'the server gives its pictures again');

            // A group of which nothing would be left is named.
            await page.locator('.twin input').first().check();
            await page.locator('.twin input').nth(1).check();
            await page.getByText('Every picture of this group is marked.').waitFor();
            await page.getByText('One group has all its pictures marked.').waitFor();
            await page.getByRole('button', { name: 'Mark none' }).click();
            await page.waitForFunction(
              () => document.querySelector('#marked-count')?.textContent === 'Nothing is marked',
            );
            await page.getByRole('button', { name: 'Mark all but the best' }).first().click();
            await page.waitForFunction(() =>
              document.querySelector('#marked-count')?.textContent?.startsWith('4 '),
            );
          },
          { search: '?view=duplicates' },
        ),
      );
    }));

  test('two of a group are compared large; Escape leads back to where the person was', () =>
    withFolder(async (folder) => {
      await writeTrip(folder);
      const index = join(folder, 'index');
      assert.equal((await likeness('index', join(folder, 'Trip'), '-o', index)).code, 0);
      await withServer(['-i', index], (url) =>
        visitPage(
          browser,
          url,
          async (page) => {
            await page.click('.twin a[title="A002.jpeg"]');
            await page.waitForSelector('#compare-pictures[open]');
            const panes = () =>
              page
                .locator('#compare-pictures img')
                .evaluateAll((images) =>
                  images.map((image) =>
                    decodeURIComponent((image as HTMLImageElement).src.split('/pictures/')[1]!),
                  ),
                );
            const [best, first] = await panes();
            assert.deepEqual([best, first], ['export/big.png', 'A002.jpeg']);
            assert.deepEqual(await accessibilityProblems(page), []);
            await page.keyboard.press('ArrowRight');
            await page.waitForFunction(() =>
              document.querySelector('#compare-pictures')?.textContent?.includes('low.jpg'),
            );
            assert.deepEqual(await panes(), ['export/big.png', 'export/low.jpg']);
            await page.waitForURL((url) => url.searchParams.get('picture') === 'export/low.jpg');
            await page.reload();
            await page.waitForSelector('#compare-pictures[open]');
            assert.deepEqual(await panes(), ['export/big.png', 'export/low.jpg']);
            // Both show the same place when magnified.
            await page.click('#magnify');
            await page.keyboard.press('ArrowRight');
            const origins = await page
              .locator('#compare-pictures img')
              .evaluateAll((images) => images.map((image) => (image as HTMLElement).style.transformOrigin));
            assert.deepEqual(origins, ['60% 50%', '60% 50%']);
            await page.locator('#compare-pictures input').nth(1).uncheck();
            await page.keyboard.press('Escape');
            await page.waitForSelector('#compare-pictures', { state: 'detached' });
            await page.waitForFunction(
              () => (document.activeElement as HTMLElement)?.title === 'export/low.jpg',
            );
            assert.match(await page.innerText('#marked-count'), /^3 pictures marked/);
            assert.equal(new URL(page.url()).searchParams.get('picture'), null);
          },
          { search: '?view=duplicates' },
        ),
      );
    }));
});

describe('duplicates of a person’s own pictures', () => {
  test('fewer than two; found on request when some came; taken out of the index for good', () =>
    withFolder(async (folder) => {
      await writeTrip(folder);
      const trip = join(folder, 'Trip');
      const file = (name: string): string => join(trip, name);
      await withServer([], (url) =>
        visitPage(
          browser,
          url,
          async (page) => {
            await page.getByText('Duplicates are found among two pictures or more.').waitFor();
            assert.deepEqual(await accessibilityProblems(page), []);
            await page.getByRole('link', { name: 'Go to the pictures' }).click();
            await page.setInputFiles('#add-files', [
              file('A001.jpeg'),
              file('phone/IMG_1.jpeg'),
              file('B001.jpeg'),
            ]);
            await page.getByRole('link', { name: 'Duplicates' }).click();
            await summaryIs(page, '1 group, 1 picture could go');
            assert.match(await page.innerText('.group h3'), /the same file/);

            // New pictures change nothing by themselves.
            await page.setInputFiles('#add-files', [file('export/small.jpg'), file('A003.jpeg')]);
            await page.getByRole('link', { name: 'Duplicates' }).click();
            await page.getByRole('button', { name: 'New or changed pictures · compare again' }).click();
            await summaryIs(page, '2 groups, 2 pictures could go');
            assert.deepEqual((await groupsOf(page))[1], 'A003.jpeg small.jpg*');

            // The filter of the list of pictures holds here as well, and says so.
            await page.goto(`${url}?view=duplicates&name=IMG_1+jpeg`);
            await page.getByText('only named “IMG_1 jpeg”').waitFor();
            await summaryIs(page, '0 groups, 0 pictures could go');
            await page.getByRole('button', { name: 'Show all pictures' }).click();
            await summaryIs(page, '2 groups, 2 pictures could go');
            await page.waitForFunction(() => !new URLSearchParams(location.search).has('name'));
            assert.equal(await page.locator('.filter-note').count(), 0);

            await page.click('#take-out');
            await page.click('#confirm-no');
            assert.equal(await page.locator('.group').count(), 2);
            await page.click('#take-out');
            await page.getByText('Take 2 pictures out of the index?').waitFor();
            await page.click('#confirm-yes');
            await page.getByText('No duplicates this near to each other.').waitFor();
            await page.getByRole('alert').getByText('2 pictures were taken out of the index.').waitFor();
            assert.deepEqual(await accessibilityProblems(page), []);

            // The keyboard is at the button that takes it back; they are where they were, with their files.
            await page.waitForFunction(() => document.activeElement?.textContent === 'Undo');
            await page.keyboard.press('Enter');
            await summaryIs(page, '2 groups, 2 pictures could go');
            await page.getByText('2 pictures are back.').waitFor();
            assert.equal(await page.getByText('added or changed since').count(), 0);
            assert.match(await page.innerText('.group h3'), /the same file/);
            await page.waitForTimeout(1200); // what nobody needs is given back by then
            await page.click('.twin a[title="small.jpg"]');
            await page.waitForFunction(() => {
              const images = [...document.querySelectorAll<HTMLImageElement>('#compare-pictures img')];
              return images.length === 2 && images.every(({ naturalWidth }) => naturalWidth > 0);
            });
            await page.keyboard.press('Escape');

            await page.click('#take-out');
            await page.click('#confirm-yes');
            await page.getByText('No duplicates this near to each other.').waitFor();
            await page.getByRole('button', { name: 'Undo' }).waitFor();
            await page.keyboard.press('Control+z');
            await summaryIs(page, '2 groups, 2 pictures could go');
            await page.reload();
            await summaryIs(page, '2 groups, 2 pictures could go');
            await page.click('#take-out');
            await page.click('#confirm-yes');
            await page.getByRole('button', { name: 'Dismiss' }).click();
            await page.getByText('No duplicates this near to each other.').waitFor();
            await page.getByRole('link', { name: 'Pictures', exact: true }).click();
            await page.getByRole('heading', { name: '3 pictures' }).waitFor();
            await page.reload();
            await page.getByRole('heading', { name: '3 pictures' }).waitFor();
            await page.waitForFunction(
              () => document.querySelectorAll('.rows .cell:not(.waiting)').length === 3,
            );
          },
          { search: '?view=duplicates' },
        ),
      );
    }));

  test('thousands of groups: those near the window are drawn, none keeps the page waiting', () =>
    withServer([], (url) =>
      visitPage(browser, url, async (page) => {
        await page.waitForSelector('#add-files', { state: 'attached' });
        const [count, dimension] = [4000, 512];
        const values = new Float32Array(count * dimension);
        let state = 1;
        for (let pair = 0; pair < count / 2; pair++) {
          const row = Float32Array.from({ length: dimension }, () => {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            return Math.max(0, state / 2 ** 31 - 1.2);
          });
          const length = Math.hypot(...row);
          for (const [j, value] of row.entries()) {
            values[2 * pair * dimension + j] = value / length;
            values[(2 * pair + 1) * dimension + j] = value / length;
          }
        }
        await dropFeatures(page, values, count);
        await page.getByRole('heading', { name: '4,000 pictures' }).waitFor();
        await page.evaluate(() => {
          const long: number[] = [];
          Object.assign(window, { long });
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) long.push(Math.round(duration));
          }).observe({ type: 'longtask' });
        });
        await page.getByRole('link', { name: 'Duplicates' }).click();
        await summaryIs(page, '2,000 groups, 2,000 pictures could go');
        await page.locator('.twin a').first().focus();
        await page.keyboard.press('End');
        await page.waitForFunction(
          () => (document.activeElement as HTMLElement)?.title === 'features.npy#3998',
        );
        assert.ok((await page.locator('.group').count()) < 20);
        await page.keyboard.press('Home');
        await page.waitForFunction(() => (document.activeElement as HTMLElement)?.title === 'features.npy#0');
        const long = await page.evaluate(() => (window as unknown as { long: number[] }).long);
        // Alone none is over 50 ms; a machine that does other things, too, has its own pauses.
        assert.ok(Math.max(0, ...long) < 1000, String(long));
      }),
    ));
});
