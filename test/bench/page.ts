import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { root, samples } from '../support/cli.ts';
import { openSite, type Site } from '../support/consumers/site.ts';
import { makePhotographs } from '../support/many-photographs.ts';
import { withServer } from '../support/page.ts';
import {
  face,
  firstPaint,
  forgetSeen,
  seenSinceChoice,
  seenSoFar,
  shownAfter,
  shownAt,
  watchPage,
} from '../support/page-watch.ts';

/** What is measured: the served page as a person meets it, with an index of n pictures; `batch` are added in the page. */
export const rounds: Options[] = [{ n: 542, batch: 542, runs: 3 }];
export const defaults: Partial<Options> = {};

interface Options {
  n: number;
  batch: number;
  runs: number;
}

interface Table {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

export default async function bench({
  n,
  batch,
  runs,
}: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const pictures = join(root, 'build/bench-page', `${n}`);
  await makePhotographs(pictures, n);
  const index = join(root, 'build/bench-page', `index-${n}`);
  likeness('index', pictures, '-o', index);

  const visits: Visit[] = [];
  const queries: Queries = { known: [], first: [], file: [] };
  let looking: Looking[] = [];
  await withServer(['-i', index], async (upstream) => {
    const site = await openSite({ origin: new URL(upstream).origin, close: async () => {} }, {});
    try {
      for (let run = 0; run < runs; run++) visits.push(...(await measureVisits(site)));
      await measureQueries(site, queries);
      looking = await measureLooking(site);
    } finally {
      await site.close();
    }
  });
  const added = await withServer([], (url) => measureAdding(url, batch));
  return {
    tables: [
      visitTable(n, runs, visits),
      queryTable(n, queries),
      {
        title: `Looking around among ${n} pictures`,
        columns: ['', 's', 'longest task, ms', 'layout shift', 'memory at most, MB'],
        rows: looking.map(({ what, seconds, longest, shift, peak }) => [
          what,
          seconds.toFixed(1),
          longest.toFixed(0),
          shift.toFixed(3),
          megabytes(peak),
        ]),
      },
      {
        title: `Adding ${added.count} photographs of 307 × 173 in the page, the model at hand`,
        columns: [
          's',
          'pictures a second',
          'longest task, ms',
          'list of files, ms',
          'layout shift',
          'memory at most, MB',
        ],
        rows: [
          [
            added.seconds.toFixed(1),
            (added.count / added.seconds).toFixed(1),
            added.longest.toFixed(0),
            added.handedOver.toFixed(0),
            added.shift.toFixed(3),
            megabytes(added.peak),
          ],
        ],
      },
    ],
    notes: [
      `${n} photographs: ${Math.min(n, 542)} samples, the others with other crops and colours. Nothing is sent compressed.`,
      'The list of files is made by the browser, in one task, before the page hears of them; 0: less than 50 ms.',
      'Memory: what all renderers of the browser have resident, of which an empty page takes a part.',
    ],
  };
}

function likeness(...args: string[]): void {
  const { status } = spawnSync(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`likeness ${args[0]} ended with code ${status}.`);
}

/** The page from its start, by a visitor without (cold) or with (warm) a visit before. */
interface Visit {
  kind: 'cold' | 'warm';
  bytes: number;
  requests: number;
  paint: number;
  shown: number;
  longest: number;
  shift: number;
  memory: number | undefined;
  /** Until the answer to a query that is asked as soon as there is a picture to click. */
  result: number;
}

async function measureVisits(site: Site): Promise<Visit[]> {
  const visits: Visit[] = [];
  const browser = await launchChromium();
  try {
    const looker = await newContext(browser);
    const asker = await newContext(browser);
    for (const kind of ['cold', 'warm'] as const) {
      site.served.length = 0;
      const page = await open(looker, site.origin);
      const shown = await shownAt(page, face.images);
      await page.waitForLoadState('networkidle');
      await page.waitForTimeout(1500);
      const bytes = site.served.reduce((sum, { body }) => sum + body.length, 0);
      const visit = {
        kind,
        bytes,
        requests: site.served.length,
        paint: await firstPaint(page),
        shown,
        ...(await seenSoFar(page)),
        memory: (await memoryOf(browser))?.now,
      };
      await page.close();
      const eager = await open(asker, site.origin);
      const result = await eager.evaluate(
        async ({ pictures, hits }) => {
          for (let first: HTMLElement | null = null; !first; ) {
            await new Promise(requestAnimationFrame);
            first = document.querySelector<HTMLElement>(pictures);
            first?.click();
          }
          return window.watched.shown(hits);
        },
        { ...face },
      );
      await eager.waitForLoadState('networkidle');
      await eager.close();
      visits.push({ ...visit, result });
    }
    return visits;
  } finally {
    await browser.close();
  }
}

/** Milliseconds from a click, or from the choice of a file, until the answer is painted. */
interface Queries {
  /** By a picture of the index. */
  known: number[];
  /** By a file, when the model is not loaded yet. */
  first: number[];
  /** By files after it: with one run of the network each. */
  file: number[];
}

async function measureQueries(site: Site, queries: Queries): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await open(await newContext(browser), site.origin);
    await shownAt(page, face.images);
    const back = async (): Promise<void> => {
      await page.click('#back');
      await page.waitForSelector(face.hits, { state: 'hidden' });
      await shownAt(page, face.images);
    };
    for (let picture = 0; picture < 10; picture++) {
      await page.locator(face.pictures).nth(picture).click();
      queries.known.push(await shownAfter(page, face.hits));
      await back();
    }
    await page.waitForFunction((busy) => !document.querySelector(busy), face.busy);
    for (const [at, name] of ['E003', 'C010', 'A005', 'B012', 'D020', 'F003'].entries()) {
      await page.setInputFiles('#query-file', join(samples, `${name}.jpeg`));
      (at === 0 ? queries.first : queries.file).push(await shownAfter(page, face.hits));
      await back();
    }
  } finally {
    await browser.close();
  }
}

/** What a person does who looks around. */
interface Looking {
  what: string;
  seconds: number;
  longest: number;
  shift: number;
  peak: number | undefined;
}

/** Pixels in a frame: a quick turn of a wheel. */
const scrolledAtOnce = 300;
/** The list is scrolled for so long at most. */
const maxScrollMs = 30_000;

async function measureLooking(site: Site): Promise<Looking[]> {
  const browser = await launchChromium();
  try {
    const page = await open(await newContext(browser), site.origin);
    await shownAt(page, face.images);
    await page.waitForFunction((busy) => !document.querySelector(busy), face.busy);
    const measured = async (what: string, act: () => Promise<unknown>): Promise<Looking> => {
      await forgetSeen(page);
      const began = performance.now();
      await act();
      const seconds = (performance.now() - began) / 1000;
      return { what, seconds, ...(await seenSoFar(page)), peak: (await memoryOf(browser))?.most };
    };
    const scrolling = await measured('scrolling through the list', () =>
      page.evaluate(
        async ([step, maxMs]) => {
          const end = performance.now() + maxMs!;
          const longest = (): number => document.documentElement.scrollHeight - innerHeight;
          while (scrollY < longest() - 1 && performance.now() < end) {
            await new Promise(requestAnimationFrame);
            scrollBy({ top: step!, behavior: 'instant' });
          }
        },
        [scrolledAtOnce, maxScrollMs],
      ),
    );
    await page.evaluate(() => scrollTo(0, 0));
    const map = await measured('the map, until it is drawn', async () => {
      await page.locator('header nav a').nth(2).click();
      await page.waitForSelector('.map canvas');
      await page.waitForFunction((busy) => !document.querySelector(busy), face.busy);
    });
    const moving = await measured('moving and enlarging the map', async () => {
      const box = (await page.locator('.map canvas').boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.mouse.move(x, y);
      for (let turn = 0; turn < 10; turn++) await page.mouse.wheel(0, -200);
      await page.mouse.down();
      await page.mouse.move(x + 200, y + 100, { steps: 20 });
      await page.mouse.up();
      await page.waitForTimeout(1000);
    });
    return [scrolling, map, moving];
  } finally {
    await browser.close();
  }
}

interface Added {
  count: number;
  seconds: number;
  longest: number;
  handedOver: number;
  shift: number;
  peak: number | undefined;
}

async function measureAdding(url: string, batch: number): Promise<Added> {
  const folder = join(root, 'build/bench-page', `${batch}`);
  await mkdir(folder, { recursive: true });
  const names = await makePhotographs(folder, batch);
  const [first, ...rest] = names.map((name) => join(folder, name));
  const browser = await launchChromium();
  try {
    const page = await open(await newContext(browser), url);
    /** When the page has been at rest for a moment, the time at which it came to rest. */
    const restedAt = (): Promise<number> =>
      page.evaluate(async (busy) => {
        for (let since = performance.now(); ; ) {
          await new Promise((done) => setTimeout(done, 20));
          if (document.querySelector(busy)) since = performance.now();
          else if (performance.now() - since > 500) return since;
        }
      }, face.busy);
    // With the first one the model is loaded.
    await page.setInputFiles('#add-files', first!);
    await page.waitForSelector(face.images);
    await restedAt();
    await forgetSeen(page);
    await page.setInputFiles('#add-files', rest);
    await page.waitForSelector(face.busy);
    const rested = await restedAt();
    const seconds = (rested - (await page.evaluate(() => window.watched.began))) / 1000;
    return {
      count: rest.length,
      seconds,
      ...(await seenSinceChoice(page)),
      peak: (await memoryOf(browser))?.most,
    };
  } finally {
    await browser.close();
  }
}

const newContext = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width: 1440, height: 900 } });

async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (error) => console.error(error));
  await watchPage(page);
  await page.goto(url, { waitUntil: 'commit' });
  return page;
}

/** Bytes that a browser's renderers have resident, now and at most; `undefined` where there is no /proc. */
async function memoryOf(browser: Browser): Promise<{ now: number; most: number } | undefined> {
  if (!existsSync('/proc')) return undefined;
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sum = { now: 0, most: 0 };
  for (const { id, type } of processInfo) {
    if (type !== 'renderer') continue;
    const status = readFileSync(`/proc/${id}/status`, 'utf8');
    const bytes = (name: string): number =>
      1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
    sum.now += bytes('VmRSS');
    sum.most += bytes('VmHWM');
  }
  return sum;
}

const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '' : (bytes / 1e6).toFixed(0);
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1]!;

function visitTable(n: number, runs: number, visits: readonly Visit[]): Table {
  const of = (kind: Visit['kind'], value: (visit: Visit) => number): number =>
    median(visits.filter((visit) => visit.kind === kind).map(value));
  return {
    title: `Opening the page over ${n} pictures at 1440 × 900: medians of ${runs}, in ms from its start`,
    columns: [
      '',
      'bytes',
      'requests',
      'first paint',
      'pictures',
      'first result',
      'longest task',
      'layout shift',
      'memory, MB',
    ],
    rows: (['cold', 'warm'] as const).map((kind) => [
      kind,
      of(kind, ({ bytes }) => bytes),
      of(kind, ({ requests }) => requests),
      of(kind, ({ paint }) => paint).toFixed(0),
      of(kind, ({ shown }) => shown).toFixed(0),
      of(kind, ({ result }) => result).toFixed(0),
      of(kind, ({ longest }) => longest).toFixed(0),
      of(kind, ({ shift }) => shift).toFixed(3),
      megabytes(of(kind, ({ memory }) => memory ?? Number.NaN)),
    ]),
  };
}

function queryTable(n: number, { known, first, file }: Queries): Table {
  return {
    title: `From a query to its answer painted, among ${n} pictures, ms`,
    columns: ['', 'median', 'least', 'most'],
    rows: (
      [
        ['by a picture of the index', known],
        ['by a file, the first one', first],
        ['by a file', file],
      ] as const
    ).map(([name, times]) => [
      name,
      median(times).toFixed(0),
      Math.min(...times).toFixed(0),
      Math.max(...times).toFixed(0),
    ]),
  };
}
