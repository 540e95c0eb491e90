import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { accessibilityProblems } from '../support/accessibility.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';
import { denseJpeg } from '../support/dense-jpeg.ts';
import { visitPage, withServer } from '../support/page.ts';

const names = readdirSync(samples).slice(0, 8);
const asked = `Food/${names[0]}`;
/** Samples are this large. */
const size = { width: 307, height: 173 };

let browser: Browser;
let server: Promise<void>;
let url: string;
let stop: () => void;

/** One served index for all tests: samples, a WebP that is to be turned, a JPEG whose EXIF data speak of another size. */
before(async () => {
  browser = await launchChromium();
  await new Promise<void>((ready, failed) => {
    server = withFolder(async (folder) => {
      const pictures = join(folder, 'pictures');
      await mkdir(join(pictures, 'Food'), { recursive: true });
      for (const name of names) await cp(join(samples, name), join(pictures, 'Food', name));
      await cp(join(root, 'test/fixtures/pillow/exif-6.webp'), join(pictures, 'turned.webp'));
      await writeFile(
        join(pictures, 'dense.jpg'),
        denseJpeg(await readFile(join(samples, names[1]!)), other, half),
      );
      const { code, stderr } = await likeness('index', pictures, '-o', join(folder, 'index'));
      assert.equal(code, 0, stderr);
      await withServer(['-i', join(folder, 'index')], (at) => {
        url = at;
        return new Promise<void>((done) => {
          stop = done;
          ready();
        });
      });
    });
    server.catch(failed);
  });
});
after(async () => {
  stop?.();
  await server;
  await browser.close();
});

/** The second sample, and what a browser is made to believe that it is. */
const other = { width: 307, height: 172 };
const half = { width: 154, height: 86 };

const visit = (search: string, body: (page: Page) => Promise<void>, width?: number) =>
  visitPage(browser, url, body, { search, ...(width ? { width } : {}) });
const parameters = (page: Page): URLSearchParams => new URL(page.url()).searchParams;
const results = (page: Page) => page.waitForSelector('.rows .caption .name');
const shownId = (page: Page): string | null => parameters(page).get('picture');
/** Waits until the whole picture is there. */
const whole = (page: Page, pane: string) => page.waitForSelector(`${pane} .frame.ready img`);
const opened = (page: Page, id: string) =>
  page.waitForFunction((wanted) => new URLSearchParams(location.search).get('picture') === wanted, id);
const regionOf = (page: Page): number[] => parameters(page).get('region')!.split(',').map(Number);

/** Draws over a picture from one point to another, both in parts of its width and height. */
async function draw(page: Page, frame: Locator, from: [number, number], to: [number, number]): Promise<void> {
  const { x, y, width, height } = (await frame.boundingBox())!;
  const at = ([across, down]: [number, number]): [number, number] => [x + across * width, y + down * height];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]));
  await page.mouse.move(...at(to));
  await page.mouse.up();
}

test('a click on a hit shows it beside the query; arrow keys and buttons go through the hits; Escape goes back to the one that was seen', () =>
  visit(`?like=${asked}`, async (page) => {
    await results(page);
    const ids = await page
      .locator('.rows a')
      .evaluateAll((links) => links.map((link) => (link as HTMLElement).title));
    assert.ok(ids.length >= 8, ids.join());
    await page.click(`.rows a[title="${ids[1]}"]`);
    await Promise.all([whole(page, '#asked'), whole(page, '#found')]);
    assert.match(await page.innerText('#asked figcaption'), new RegExp(names[0]!));
    const said = await page.innerText('#found figcaption');
    assert.match(said, new RegExp(ids[1]!.split('/').at(-1)!));
    assert.match(said, /distance 0\.\d{3}/);
    assert.match(said, /\d+ × \d+ pixels/);
    assert.match(said, /[\d.]+ kB/);
    assert.equal(await page.innerText('.position'), `2 of ${ids.length}`);

    await page.keyboard.press('ArrowRight');
    await opened(page, ids[2]!);
    await page.click('#next');
    await opened(page, ids[3]!);
    await page.keyboard.press('ArrowLeft');
    await opened(page, ids[2]!);
    for (let n = 0; n < ids.length + 2; n++) await page.keyboard.press('ArrowRight');
    await opened(page, ids.at(-1)!);
    assert.equal(await page.getAttribute('#next', 'aria-disabled'), 'true');

    await page.keyboard.press('Escape');
    await page.waitForSelector('#viewer', { state: 'detached' });
    assert.equal(shownId(page), null);
    await page.waitForFunction(
      (id) => (document.activeElement as HTMLElement | null)?.dataset.id === id,
      ids.at(-1)!,
    );
    // The viewer was one entry of the history, however many pictures were looked at.
    await page.goForward();
    await opened(page, ids.at(-1)!);
    await page.goBack();
    await page.waitForSelector('#viewer', { state: 'detached' });
    assert.equal(parameters(page).get('like'), asked);
  }));

test('a box that is dragged over a hit searches with that part, in pixels of the picture', () =>
  visit(`?like=${asked}`, async (page) => {
    await results(page);
    await page.goto(`${url}?like=${asked}&picture=${encodeURIComponent(`Food/${names[2]}`)}`);
    await whole(page, '#found');
    const frame = page.locator('#found .frame');
    await draw(page, frame, [0.25, 0.2], [0.75, 0.8]);
    const box = await frame.locator('.box').evaluate((element) => element === document.activeElement);
    assert.ok(box, 'the box has the focus');
    // A corner is pulled beyond the picture.
    await draw(page, frame, [0.75, 0.8], [1.3, 0.8]);
    await page.click('#found .search-part');
    await page.waitForSelector('#viewer', { state: 'detached' });
    assert.equal(parameters(page).get('like'), `Food/${names[2]}`);
    const [x, y, width, height] = regionOf(page) as [number, number, number, number];
    assert.ok(Math.abs(x - 0.25 * size.width) <= 2, `${x}`);
    assert.ok(Math.abs(y - 0.2 * size.height) <= 2, `${y}`);
    assert.equal(x + width, size.width);
    assert.ok(Math.abs(height - 0.6 * size.height) <= 3, `${height}`);
    await results(page);

    // The part is shown on the query from then on, and Back leads to the picture again.
    await page.click('.rows a');
    await page.waitForSelector('#asked .asked');
    await page.goBack();
    await page.waitForSelector('#viewer', { state: 'detached' });
    await page.goBack();
    await opened(page, `Food/${names[2]}`);
  }));

test('pictures stay where they are when the answers and the index come late, and while a box is drawn', async () => {
  // What a service worker fetches cannot be held back.
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    serviceWorkers: 'block',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const gate = async (what: RegExp): Promise<() => void> => {
    let open!: () => void;
    const opened = new Promise<void>((done) => {
      open = done;
    });
    await page.route(what, async (route) => {
      await opened;
      await route.continue();
    });
    return open;
  };
  const places = () =>
    page.evaluate(() =>
      ['#asked', '#found'].map((pane) => {
        const { x, y, width, height } = document.querySelector(`${pane} .frame`)!.getBoundingClientRect();
        return [x, y, width, height];
      }),
    );
  try {
    const [giveQuery, giveAnswers, giveIndex] = await Promise.all([
      gate(new RegExp(`/pictures/${asked}`)),
      gate(/features\.npy/),
      gate(/manifest\.json/),
    ]);
    await page.goto(`${url}?like=${asked}&picture=Food/${names[2]}`);
    await whole(page, '#found');
    const first = await places();
    assert.equal(await page.getAttribute('#asked .choose-part', 'aria-disabled'), 'true');
    giveQuery();
    await whole(page, '#asked');
    assert.deepEqual(await places(), first);
    await page.click('#why');

    const [, { x, y, width, height }] = first.map(([x, y, width, height]) => ({ x, y, width, height })) as [
      unknown,
      { x: number; y: number; width: number; height: number },
    ];
    const at = (across: number, down: number): [number, number] => [x + across * width, y + down * height];
    const label = () => page.getAttribute('#found .box', 'aria-label');
    await page.mouse.move(...at(0.25, 0.2));
    await page.mouse.down();
    await page.mouse.move(...at(0.5, 0.5));
    assert.deepEqual(await places(), first, 'a box does not move its picture');
    giveAnswers();
    await page.waitForSelector('.position');
    giveIndex();
    // The map, which was asked for before there was an index.
    await page.waitForSelector('#found canvas.heat');
    assert.deepEqual(await places(), first, 'nor do answers and index');
    await page.mouse.move(...at(0.75, 0.8));
    await page.mouse.up();
    assert.deepEqual(await places(), first);
    assert.match((await label())!, /: 15[3-5] × 10[3-5] pixels, 7[67] from the left, 3[45] from the top$/);
    assert.ok(await page.locator('#found .box').evaluate((box) => box === document.activeElement));
    // A corner goes on where the box was left.
    await draw(page, page.locator('#found .frame'), [0.75, 0.8], [0.9, 0.9]);
    assert.match(
      (await label())!,
      /: (199|20[01]) × 12[0-2] pixels, 7[67] from the left, 3[45] from the top$/,
    );
    await page.click('#found .remove-part');
    assert.deepEqual(await places(), first);
  } finally {
    await context.close();
  }
});

test('keys make, move and size a box, its numbers are said; the first Escape takes it away, the second closes', () =>
  visit(`?like=${asked}&picture=${encodeURIComponent(`Food/${names[3]}`)}`, async (page) => {
    await whole(page, '#asked');
    await page.focus('#asked .choose-part');
    await page.keyboard.press('Enter');
    const box = page.locator('#asked .box');
    await page.waitForFunction(() => document.activeElement?.classList.contains('box'));
    assert.deepEqual(await accessibilityProblems(page), []);
    const label = async () => (await box.getAttribute('aria-label'))!;
    assert.match(await label(), /: 15\d × 8\d pixels, 7\d from the left, 4\d from the top$/);
    const before = await label();
    await page.keyboard.press('ArrowRight');
    assert.notEqual(await label(), before);
    assert.equal(shownId(page), `Food/${names[3]}`, 'arrow keys are the box’s');
    for (let n = 0; n < 60; n++) await page.keyboard.press('ArrowLeft');
    for (let n = 0; n < 60; n++) await page.keyboard.press('ArrowUp');
    for (let n = 0; n < 60; n++) await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Alt+ArrowDown');
    assert.match(await label(), /: 307 × \d+ pixels, 0 from the left, 1 from the top$/);
    await page.keyboard.press('Escape');
    await box.waitFor({ state: 'detached' });
    assert.equal(await page.locator('#viewer').count(), 1);

    await page.click('#asked .choose-part');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#viewer', { state: 'detached' });
    assert.equal(parameters(page).get('like'), asked);
    assert.equal(regionOf(page).length, 4);
    await results(page);
  }));

test('a part is in the library’s pixels where the browser sees the picture turned or smaller', () =>
  visit(`?like=${asked}&picture=turned.webp`, async (page) => {
    await whole(page, '#found');
    const said = async () => /(\d+) × (\d+) pixels/.exec(await page.innerText('#found figcaption'))!.slice(1);
    const natural = await page
      .locator('#found .frame img')
      .evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight]);
    assert.deepEqual((await said()).map(Number), natural.toReversed(), 'no browser turns WebP');
    await draw(page, page.locator('#found .frame'), [0.01, 0.5], [0.99, 0.999]);
    await page.click('#found .search-part');
    await results(page);
    const [x, y, width, height] = regionOf(page) as [number, number, number, number];
    assert.ok(x + width <= natural[1]! && y + height <= natural[0]!, [x, y, width, height].join());
    assert.ok(y >= natural[0]! * 0.4);

    await page.goto(`${url}?like=${asked}&picture=dense.jpg`);
    await whole(page, '#found');
    const seen = await page
      .locator('#found .frame img')
      .evaluate((image) => (image as HTMLImageElement).naturalWidth);
    assert.equal(seen, half.width, 'the browser believes the EXIF data');
    assert.deepEqual((await said()).map(Number), [other.width, other.height]);
    await draw(page, page.locator('#found .frame'), [0.5, 0.5], [0.99, 0.99]);
    await page.click('#found .search-part');
    await results(page);
    const [left] = regionOf(page);
    assert.ok(Math.abs(left! - other.width / 2) <= 2, `${left}`);
  }));

test('a finger leafs through the hits, and draws once there is a box', async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${url}?like=${asked}`);
  await results(page);
  const ids = await page
    .locator('.rows a')
    .evaluateAll((links) => links.map((link) => (link as HTMLElement).title));
  await page.click(`.rows a[title="${ids[0]}"]`);
  await whole(page, '#found');
  const client = await context.newCDPSession(page);
  const swipe = async (from: [number, number], to: [number, number]): Promise<void> => {
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: [number, number][]) =>
      client.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
    await touch('touchStart', [from]);
    for (const part of [0.25, 0.5, 0.75, 1])
      await touch('touchMove', [[from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part]]);
    await touch('touchEnd', []);
  };
  const middle = async () => {
    const { x, y, width, height } = (await page.locator('#found .frame').boundingBox())!;
    return { x: x + width / 2, y: y + height / 2, width, height };
  };
  const { x, y } = await middle();
  await swipe([x + 80, y], [x - 80, y + 5]);
  await opened(page, ids[1]!);
  await swipe([x - 80, y], [x + 80, y]);
  await opened(page, ids[0]!);
  await page.click('#found .choose-part');
  const label = () => page.getAttribute('#found .box', 'aria-label');
  const before = await label();
  await swipe([x, y], [x + 30, y + 10]);
  assert.notEqual(await label(), before);
  assert.equal(shownId(page), ids[0]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 360, `${wide}`);
  await context.close();
});

test('searching with a hit, the original in a tab, a download; the title says what is shown', () =>
  visit(`?like=${asked}&picture=${encodeURIComponent(`Food/${names[2]}`)}`, async (page) => {
    await whole(page, '#found');
    assert.match(await page.title(), new RegExp(names[2]!));
    const [tab] = await Promise.all([page.context().waitForEvent('page'), page.click('#found .open')]);
    await tab.waitForLoadState();
    assert.match(decodeURIComponent(tab.url()), new RegExp(`pictures/Food/${names[2]}$`));
    await tab.close();
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#found .download')]);
    assert.equal(download.suggestedFilename(), names[2]);
    assert.deepEqual(await readFile((await download.path())!), await readFile(join(samples, names[2]!)));
    await page.click('.search-this');
    await page.waitForSelector('#viewer', { state: 'detached' });
    assert.equal(parameters(page).get('like'), `Food/${names[2]}`);
    await results(page);
    assert.doesNotMatch(await page.title(), /^A\d+/);
    await page.waitForFunction(() => document.activeElement?.id === 'results-title');
  }));

test('pictures of the query can be looked at, a file of the person’s as well, and a part of it be searched with', () =>
  visit('', async (page) => {
    await page.waitForSelector('.rows a');
    await page.setInputFiles('#query-file', join(samples, names[4]!));
    await results(page);
    await page.click('.chip a.thumbnail');
    await whole(page, '#found');
    assert.equal(await page.locator('#asked').count(), 0, 'it is alone');
    assert.match(await page.innerText('#found figcaption'), new RegExp(names[4]!));
    await page.reload();
    await whole(page, '#found');
    await draw(page, page.locator('#found .frame'), [0.1, 0.1], [0.5, 0.9]);
    await page.click('#found .search-part');
    await results(page);
    assert.match(parameters(page).get('like-file') ?? '', /^[0-9a-f]{16}$/);
    assert.ok(Math.abs(regionOf(page)[0]! - 0.1 * size.width) <= 2);
    await page.click('.chip a.thumbnail');
    await page.waitForSelector('#found .asked');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#viewer', { state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.matches('.chip a.thumbnail'));
  }));

test('"Why this one?" lays a map over both pictures, which goes again and is remembered', () =>
  visit(`?like=${asked}&region=50,20,200,120`, async (page) => {
    const ids = await results(page).then(() =>
      page.locator('.rows a').evaluateAll((links) => links.map((link) => (link as HTMLElement).title)),
    );
    await page.click(`.rows a[title="${ids[0]}"]`);
    await Promise.all([whole(page, '#asked'), whole(page, '#found')]);
    await page.click('#why');
    assert.equal(await page.getAttribute('#why', 'aria-pressed'), 'true');
    await Promise.all(['#asked', '#found'].map((pane) => page.waitForSelector(`${pane} canvas.heat`)));
    await page.getByText('counts much').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    /** How many colours a map has, and its place over the picture in parts of that. */
    const seen = (pane: string) =>
      page.locator(`${pane} canvas.heat`).evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
        const own = canvas.getBoundingClientRect();
        const all = canvas.closest('.frame')!.getBoundingClientRect();
        return {
          colours: new Set(new Uint32Array(data.buffer)).size,
          left: (own.left - all.left) / all.width,
          width: own.width / all.width,
          height: own.height / all.height,
        };
      });
    const onFound = await seen('#found');
    assert.ok(onFound.colours > 50, `${onFound.colours}`);
    assert.ok(onFound.width > 0.99 && onFound.height > 0.99, JSON.stringify(onFound));
    // Of the query only the part counts that was asked with.
    const onAsked = await seen('#asked');
    assert.ok(onAsked.colours > 50, `${onAsked.colours}`);
    assert.ok(Math.abs(onAsked.left - 50 / size.width) < 0.01, JSON.stringify(onAsked));
    assert.ok(Math.abs(onAsked.width - 200 / size.width) < 0.01, JSON.stringify(onAsked));
    await page.fill('#heat-opacity', '0.25');
    assert.equal(
      await page.locator('#found canvas.heat').evaluate((one) => getComputedStyle(one).opacity),
      '0.25',
    );

    await page.click('#next');
    await opened(page, ids[1]!);
    await page.waitForSelector('#found canvas.heat');
    await page.click('#why');
    await page.waitForSelector('canvas.heat', { state: 'detached' });
    // One that is cancelled while it is computed leaves nothing behind.
    await page.click('#next');
    await opened(page, ids[2]!);
    await page.click('#why');
    await page.click('#why');
    assert.equal(await page.locator('.note').count(), 0);
    await page.click('#previous');
    await page.click('#why');
    await page.waitForSelector('#found canvas.heat');
  }));

test('a file that cannot be shown says so, and nobody is asked to see why it was found', async () => {
  // What a service worker fetches is not ours to change.
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  try {
    await page.route(new RegExp(`/(pictures|small)/.*${names[3]}`), (route) =>
      route.fulfill({ status: 200, contentType: 'image/jpeg', body: 'no picture' }),
    );
    await page.goto(`${url}?like=${asked}&picture=Food/${names[3]}`);
    await page.locator('#found .trouble', { hasText: 'cannot be shown' }).waitFor();
    assert.equal(await page.locator('#why').count(), 0);
    await page.click('#previous:not([aria-disabled="true"]), #next:not([aria-disabled="true"])');
    await whole(page, '#found');
    await page.waitForSelector('#why');
    // In the list its name stands in its place, and no drawing of the browser's.
    await page.keyboard.press('Escape');
    await page.locator(`.rows a[title="Food/${names[3]}"] .absent`).waitFor();
    await page.waitForTimeout(300);
    assert.equal(await page.locator(`.rows a[title="Food/${names[3]}"] img`).count(), 0);
  } finally {
    await context.close();
  }
});
