import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { launchChromium } from '../../scripts/chromium.mjs';
import { root, samples } from '../support/cli.ts';
import { openSite, type Site } from '../support/consumers/site.ts';
import { makePhotographs } from '../support/many-photographs.ts';
import { withServer } from '../support/page.ts';
import { measureAdding } from '../support/page-adding.ts';
import { memoryOf, newContext, open } from '../support/page-browser.ts';
import { type Looking, measureLooking } from '../support/page-looking.ts';
import { processorOf } from '../support/page-processor.ts';
import { face, firstPaint, seenSoFar, shownAfter, shownAt } from '../support/page-watch.ts';

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
  tell(`making ${n} photographs`);
  await makePhotographs(pictures, n);
  const index = join(root, 'build/bench-page', `index-${n}`);
  likeness('index', pictures, '-o', index);

  const visits: Visit[] = [];
  const queries: Queries = { known: [], first: [], file: [], used: [] };
  let looking: Looking[] = [];
  await withServer(['-i', index], async (upstream) => {
    const site = await openSite({ origin: new URL(upstream).origin, close: async () => {} }, {});
    try {
      for (let run = 0; run < runs; run++) {
        tell(`opening, ${run + 1} of ${runs}`);
        visits.push(...(await measureVisits(site)));
      }
      tell('queries');
      await measureQueries(site, queries);
      tell('looking around');
      looking = await measureLooking(site.origin);
    } finally {
      await site.close();
    }
  });
  tell(`adding ${batch} photographs`);
  const added = await withServer([], (url) => measureAdding(url, batch));
  return {
    tables: [
      visitTable(n, runs, visits),
      queryTable(n, queries),
      {
        title: `Looking around among ${n} pictures`,
        columns: ['', 's', 'longest task, ms', 'of the processor', 'layout shift', 'memory at most, MB'],
        rows: looking.map(({ what, seconds, longest, longestUsed, shift, peak }) => [
          what,
          seconds.toFixed(1),
          longest.toFixed(0),
          longestUsed.toFixed(0),
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
          'of the processor',
          'list of files, ms',
          'layout shift',
          'memory at most, MB',
        ],
        rows: [
          [
            added.seconds.toFixed(1),
            (added.count / added.seconds).toFixed(1),
            added.longest.toFixed(0),
            added.longestUsed.toFixed(0),
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
      'Of the processor, main thread: without the time in which other programs had the processor.',
      'Memory: what all renderers of the browser have resident, of which an empty page takes a part.',
    ],
  };
}

/** What is under way: with thousands of pictures it takes minutes. */
const tell = (what: string): void => console.error(`page: ${what} …`);

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
      // A person stays until the index is stored.
      await eager.waitForLoadState('networkidle');
      await eager.waitForTimeout(1500);
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
  /** Milliseconds of the processor that the main thread took for each of `known`. */
  used: number[];
}

async function measureQueries(site: Site, queries: Queries): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await open(await newContext(browser), site.origin);
    await shownAt(page, face.images);
    const used = await processorOf(page);
    const back = async (): Promise<void> => {
      await page.click('#back');
      await page.waitForSelector(face.hits, { state: 'hidden' });
      await shownAt(page, face.images);
    };
    for (let picture = 0; picture < 10; picture++) {
      const before = await used();
      await page.locator(face.pictures).nth(picture).click();
      queries.known.push(await shownAfter(page, face.hits));
      queries.used.push((await used()) - before);
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

function queryTable(n: number, { known, first, file, used }: Queries): Table {
  return {
    title: `From a query to its answer painted, among ${n} pictures, ms`,
    columns: ['', 'median', 'least', 'most'],
    rows: (
      [
        ['by a picture of the index', known],
        ['by a file, the first one', first],
        ['by a file', file],
        ['main thread, by a picture of the index', used],
      ] as const
    ).map(([name, times]) => [
      name,
      median(times).toFixed(0),
      Math.min(...times).toFixed(0),
      Math.max(...times).toFixed(0),
    ]),
  };
}
