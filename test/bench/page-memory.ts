import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { root } from '../support/cli.ts';
import { type LargePicture, makeLargePictures, twelveMegapixels } from '../support/large-photographs.ts';
import { type BrowserMemory, MemoryWatch } from '../support/memory-watch.ts';
import { withServer } from '../support/page.ts';
import { face, forgetSeen, seenSoFar, watchPage } from '../support/page-watch.ts';

/**
 * What is measured: `n` pictures are added in the page, then seen: the list is scrolled to its end and back, and some are
 * looked at in the viewer.
 */
export const rounds: Options[] = [{ n: 64, kind: 'large' }];
export const defaults: Partial<Options> = { kind: 'large' };

interface Options {
  n: number;
  /** `large`: photographs of 12 megapixels; `mixed`: pictures as folders have them, most of them small. */
  kind: 'large' | 'mixed';
}

interface Table {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

/** Pictures that are looked at in the viewer. */
const looked = 10;

export default async function bench({ n, kind }: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const folder = join(root, 'build/bench-page-memory', kind);
  const wanted = Array.from({ length: n }, (_, at) => (kind === 'large' ? photograph(at) : mixed(at)));
  const files = await makeLargePictures(folder, wanted);
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const pixels = wanted.reduce((sum, { width, height }) => sum + width * height, 0);

  const seen = await withServer([], (url) => measure(url, files));
  const above = ({ all }: BrowserMemory): string => megabytes(all - seen.empty.all);
  return {
    tables: [
      {
        title: `Memory of Chromium while ${n} ${kind === 'large' ? 'photographs of 12 megapixels' : 'mixed pictures'} are added and seen, MB`,
        columns: ['', 'the page’s renderer', 'all processes above an empty tab'],
        rows: seen.steps.map(({ name, memory }) => [name, megabytes(memory.renderers), above(memory)]),
      },
      {
        title: 'Adding them',
        columns: [
          'first sign, ms',
          'time left shown, ms',
          'first picture, s',
          'in all, s',
          'longest task, ms',
          'layout shift',
        ],
        rows: [
          [
            seen.sign.toFixed(0),
            seen.timeLeft.toFixed(0),
            (seen.firstPicture / 1000).toFixed(1),
            (seen.adding / 1000).toFixed(1),
            seen.longest.toFixed(0),
            seen.shift.toFixed(3),
          ],
        ],
      },
    ],
    notes: [
      `${n} files of ${megabytes(bytes)} MB in all, ${(pixels / 1e6).toFixed(0)} megapixels; ${unread(seen)}.`,
      'Memory is the proportional set size (PSS), looked at every 150 ms. The renderer is that of the page and its workers.',
    ],
  };
}

const unread = ({ listed }: Seen): string => `the page lists ${listed} pictures in the end`;

const photograph = (at: number): LargePicture => ({
  name: `IMG_${String(at).padStart(4, '0')}.jpg`,
  ...twelveMegapixels,
  seed: at,
});

/** Of a hundred pictures 60 are small, 25 as screens have them, 10 of 12 megapixels, and a few larger or in other formats. */
function mixed(at: number): LargePicture {
  const name = (ending: string): string => `picture-${String(at).padStart(4, '0')}.${ending}`;
  const of = (ending: string, width: number, height: number): LargePicture => ({
    name: name(ending),
    width,
    height,
    seed: at,
  });
  const place = (at * 37) % 100;
  if (place < 60) return of('jpg', 640, 480);
  if (place < 78) return of('jpg', 1920, 1280);
  if (place < 84) return of('png', 1440, 900);
  if (place < 89) return of('webp', 2000, 1500);
  if (place < 98) return of('jpg', 4032, 3024);
  if (place < 99) return of('png', 4032, 3024);
  return of('jpg', 8064, 6048);
}

interface Seen {
  empty: BrowserMemory;
  steps: { name: string; memory: BrowserMemory }[];
  /** Milliseconds from the choice of the files. */
  sign: number;
  timeLeft: number;
  firstPicture: number;
  adding: number;
  longest: number;
  shift: number;
  listed: number;
}

async function measure(url: string, files: readonly string[]): Promise<Seen> {
  const browser = await launchChromium();
  const watch = new MemoryWatch(browser);
  try {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => console.error(error));
    await page.waitForTimeout(1000);
    await watch.start();
    const empty = await watch.now();
    const steps: Seen['steps'] = [];
    const step = async (name: string): Promise<void> => {
      steps.push({ name: `${name}: most`, memory: await watch.takeMost() });
      await page.waitForTimeout(5000);
      steps.push({ name: '  5 s later', memory: await watch.now() });
      await watch.takeMost();
    };
    await watchPage(page);
    await page.goto(url);
    await page.waitForSelector('#add-files', { state: 'attached' });
    // The model is opened while nobody waits.
    await page.waitForTimeout(5000);
    await watch.takeMost();
    steps.push({ name: 'the page, model opened', memory: await watch.now() });

    await forgetSeen(page);
    await page.evaluate(noteTimes, { busy: face.busy, images: face.images });
    await page.setInputFiles('#add-files', [...files]);
    await page.waitForFunction(() => window.times.rested > 0, undefined, { polling: 250 });
    const times = await page.evaluate(() => window.times);
    const { longest, shift } = await seenSoFar(page);
    await step('adding');
    await scroll(page);
    await step('scrolling the list');
    await look(page);
    await step(`${looked} in the viewer`);
    const listed = await page.evaluate((images) => document.querySelectorAll(images).length, face.images);
    return {
      empty,
      steps,
      sign: times.sign - times.began,
      timeLeft: times.timeLeft - times.began,
      firstPicture: times.picture - times.began,
      adding: times.rested - times.began,
      longest,
      shift,
      listed,
    };
  } finally {
    watch.stop();
    await browser.close();
  }
}

interface Times {
  began: number;
  /** When the page has said something of it. */
  sign: number;
  /** When it has said how long it will take. */
  timeLeft: number;
  picture: number;
  rested: number;
}

declare global {
  interface Window {
    times: Times;
  }
}

/** Runs in the page. */
function noteTimes({ busy, images }: { busy: string; images: string }): void {
  const times: Times = { began: 0, sign: 0, timeLeft: 0, picture: 0, rested: 0 };
  window.times = times;
  addEventListener(
    'change',
    () => {
      times.began = performance.now();
      let since = 0;
      const look = (): void => {
        const now = performance.now();
        const text = document.querySelector(busy)?.textContent ?? '';
        if (text !== '') times.sign ||= now;
        if (/left/.test(text)) times.timeLeft ||= now;
        if (document.querySelector(images)) times.picture ||= now;
        if (text !== '' || times.sign === 0) since = now;
        if (now - since > 1500) {
          times.rested = since;
          return;
        }
        setTimeout(look, 16);
      };
      look();
    },
    { capture: true, once: true },
  );
}

/** As a person would: a screen at a time, a moment for each. */
async function scroll(page: Page): Promise<void> {
  for (const direction of [1, -1]) {
    for (let last = -1; ; ) {
      const at = await page.evaluate((by) => {
        scrollBy({ top: by * innerHeight * 0.8, behavior: 'instant' });
        return scrollY;
      }, direction);
      if (at === last) break;
      last = at;
      await page.waitForTimeout(400);
    }
  }
}

/** Looks at pictures of an answer, one after the other, in the viewer. */
async function look(page: Page): Promise<void> {
  await page.locator(face.pictures).first().click();
  await page.waitForSelector(face.hits);
  await page.locator('section.results .rows a').first().click();
  await page.waitForSelector('#viewer');
  for (let n = 1; n < looked; n++) {
    await page.waitForTimeout(1500);
    await page.keyboard.press('ArrowRight');
  }
  await page.waitForTimeout(1500);
  await page.keyboard.press('Escape');
  await page.waitForSelector('#viewer', { state: 'detached' });
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
