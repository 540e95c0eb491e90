import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium } from '../../scripts/chromium.mjs';
import { serveTree } from '../../scripts/serve-tree.mjs';
import { root, samples } from '../support/cli.ts';
import type { Served } from '../support/consumers/site.ts';
import { listsOf, searchWith, smallPicturesOf, visitSite } from '../support/consumers/visit.ts';
import { makePhotographs, sizesByKind } from '../support/many-photographs.ts';

/** What is measured: `likeness site` beside `likeness index` over the same pictures, and what a visitor loads. */
export const rounds: Options[] = [{ n: 10_000, k: 30, runs: 5 }];
export const defaults: Partial<Options> = {};

interface Options {
  n: number;
  k: number;
  runs: number;
}

interface Table {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

export default async function bench({ n, k, runs }: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-bench-site-'));
  const site = join(folder, 'site');
  const cache = join(folder, 'cache');
  try {
    await mkdir(join(site, 'photos'), { recursive: true });
    const made = join(root, 'build/photographs');
    const names = await makePhotographs(made, n);
    for (const name of names) await copyFile(join(made, name), join(site, 'photos', name));
    await writePages(site, names);

    const build = [
      ['likeness index', likeness('index', join(site, 'photos'), '-o', join(folder, 'index'))],
      ['likeness site', likeness('site', site, '-k', `${k}`, '--cache', cache)],
      ['likeness site, nothing changed', likeness('site', site, '-k', `${k}`, '--cache', cache)],
    ] as const;

    const sizes = await sizesByKind(join(site, 'likeness'), kindOf);
    const visits = await measureVisits(site, names, runs);
    return {
      tables: [
        {
          title: `Building: ${n} photographs, a page for each`,
          columns: ['', 's', 'ms a picture'],
          rows: build.map(([name, ms]) => [name, (ms / 1000).toFixed(1), (ms / n).toFixed(2)]),
        },
        {
          title: `On disk, k = ${k}`,
          columns: ['', 'files', 'bytes', 'bytes a picture'],
          rows: sizes.map(([kind, files, bytes]) => [kind, files, bytes, (bytes / n).toFixed(1)]),
        },
        {
          title:
            'Until it is shown, in Chromium on this machine: from the start of the page, or from the choice of the photo',
          columns: ['', 'ms, median', 'least'],
          rows: shown.map(([name, of]) => {
            const times = visits[of].map(({ ms }) => ms).sort((a, b) => a - b);
            return [name, times[times.length >> 1]!.toFixed(0), times[0]!.toFixed(0)];
          }),
        },
        ...shown.map(([name, of]) => ({
          title: `Sent for ${name}, beside the page and its own picture`,
          columns: ['', 'requests', 'bytes'],
          rows: sentOf(visits[of]),
        })),
      ],
      notes: [
        `${names.length} photographs: ${Math.min(n, 542)} samples, the others with other crops and colours.`,
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the built command line; milliseconds. */
function likeness(...args: string[]): number {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`likeness ${args[0]} ended with code ${status}.`);
  return performance.now() - start;
}

/** A page for each picture, and one for the search. */
async function writePages(site: string, names: readonly string[]): Promise<void> {
  await mkdir(join(site, 'pages'));
  const head = '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">';
  for (const name of names) {
    const title = name.replace('.jpg', '');
    await writeFile(
      join(site, 'pages', `${title}.html`),
      `${head}<title>${title}</title><script type="module" src="../likeness/similar.js"></script><img id="photo" src="../photos/${name}" alt="Photograph ${title}"><likeness-similar for="photo"></likeness-similar>`,
    );
  }
  await writeFile(
    join(site, 'search.html'),
    `${head}<title>Search</title><script type="module" src="likeness/search.js"></script><likeness-search></likeness-search>`,
  );
}

const shown = [
  ['the first similar list', 'list'],
  ['the first search with a photo', 'search'],
  ['the next search with a photo', 'next'],
] as const;

/** `similar-3fa….bin` is of the kind `similar`, all files of a folder are of one kind. */
const kindOf = (path: string): string => /^[a-z]+(?=[-/])/.exec(path)?.[0] ?? path;

/** What was loaded for something that a page shows, and how long it took. */
interface Visit {
  served: Served[];
  ms: number;
}

/** In a browser without a past each: a page's list, then in another a search and the one after it. */
async function measureVisits(
  site: string,
  names: readonly string[],
  runs: number,
): Promise<Record<'list' | 'search' | 'next', Visit[]>> {
  const upstream = await serveTree(site);
  const browser = await launchChromium();
  const visits = { list: [] as Visit[], search: [] as Visit[], next: [] as Visit[] };
  try {
    for (let run = 0; run < runs; run++) {
      const name = names[Math.floor(((run + 0.5) / runs) * names.length)]!.replace('.jpg', '.html');
      await visitSite(browser, upstream, '', async ({ page, origin, served }) => {
        await page.addInitScript(() =>
          addEventListener('likeness-results', () =>
            Object.assign(globalThis, { shownAt: performance.now() }),
          ),
        );
        await page.goto(`${origin}/pages/${name}`);
        await listsOf(page);
        await smallPicturesOf(page);
        const ms = await page.evaluate(() => (globalThis as unknown as { shownAt: number }).shownAt);
        visits.list.push({ ms, served: served.filter(({ path }) => path.startsWith('/likeness/')) });
      });
      await visitSite(browser, upstream, '/search.html', async ({ page, served }) => {
        await page.waitForLoadState('networkidle');
        for (const [kind, photo] of [
          ['search', 'E003.jpeg'],
          ['next', 'C010.jpeg'],
        ] as const) {
          const start = performance.now();
          await searchWith(page, join(samples, photo));
          const ms = performance.now() - start;
          await smallPicturesOf(page);
          visits[kind].push({
            ms,
            served: served.splice(0).filter(({ path }) => path.startsWith('/likeness/')),
          });
        }
      });
    }
    return visits;
  } finally {
    await browser.close();
    await upstream.close();
  }
}

/** Of each kind of file, what was sent of it; all in all at the end. */
function sentOf(visits: readonly Visit[]): (string | number)[][] {
  const sums = new Map<string, { requests: number; bytes: number }>();
  for (const { path, body } of visits.flatMap(({ served }) => served)) {
    for (const kind of [kindOf(path.slice('/likeness/'.length)), 'all']) {
      const { requests, bytes } = sums.get(kind) ?? { requests: 0, bytes: 0 };
      sums.set(kind, { requests: requests + 1, bytes: bytes + body.length });
    }
  }
  const mean = (sum: number): number => Math.round(sum / visits.length);
  return [...sums]
    .sort(([, a], [, b]) => a.bytes - b.bytes)
    .map(([kind, { requests, bytes }]) => [kind, mean(requests), mean(bytes)]);
}
