import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { root, samples } from './cli.ts';

/** What a server sends for one path. */
export interface Answer {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A site to put the library on. */
export interface Place {
  /** The page, in which {@link useScript} is `use.js`. */
  page?: string;
  /** Files by path, beside the page. */
  files?: Record<string, Answer> | undefined;
  /** Headers of all answers, or of those that it takes. */
  headers?: Record<string, string> | ((path: string) => Record<string, string>);
  /** Asked first: what the server sends instead of its file. */
  answer?(path: string, request: IncomingMessage): Answer | undefined;
}

/** What the library did in a place. */
export interface Outcome {
  /** `B001 0.0000, A001 0.8123, C001 1.1234` */
  nearest: string;
  device: string;
  threads: number;
  reason: string;
  store: string | undefined;
  modelFiles: string;
  /** Instead, where it failed. */
  error?: string;
  code?: string;
  ms: number;
}

/** What pages and their workers run: adds three pictures, asks for one of them, tells what came. */
const useScript = `
export async function use({ ImageSearch }, options = {}, more = () => {}) {
  const start = performance.now();
  try {
    const search = await ImageSearch.open(options);
    const at = (id) => new URL('./pictures/' + id + '.jpeg', import.meta.url).href;
    await search.add(['A001', 'B001', 'C001'].map((id) => ({ id, image: at(id) })));
    const hits = await search.query(at('B001'), { k: 3 });
    const { extractor, store, modelFiles } = await search.report();
    const outcome = {
      nearest: hits.map(({ id, distance }) => id + ' ' + distance.toFixed(4)).join(', '),
      device: extractor.device, threads: extractor.threads, reason: extractor.reason,
      store: store?.name, modelFiles: modelFiles.where,
      ...(await more(search, at)),
    };
    await search.close();
    return { ...outcome, ms: performance.now() - start };
  } catch (error) {
    return { error: error.name + ': ' + error.message, code: error.code, ms: performance.now() - start };
  }
}
/** 1200 rows of 64 values in two threads, asked for one of them. */
export async function useThreads({ FlatIndex }, options = {}) {
  try {
    const index = await FlatIndex.create({ dimension: 64, threads: 2, ...options });
    const rows = Float32Array.from({ length: 1200 * 64 }, (_, i) => Math.sin(i * 0.37) * ((i % 7) + 1));
    index.add(rows);
    const { rows: found, distances } = await index.search(rows.subarray(700 * 64, 701 * 64), 1);
    const { backend, reason, threads } = index;
    index.close();
    return { found: [found[0], distances[0]], backend, reason, threads };
  } catch (error) {
    return { error: error.name + ': ' + error.message, code: error.code };
  }
}
`;

/** The page of most places: the library beside it, in the folder that a site copies. */
export const plainPage = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>place</title>
<script type="module" src="main.js"></script>`;
/** @param library the URL of the library's folder */
export const mainScript = (library = './likeness/'): string => `
import * as library from '${library}likeness.js';
import * as knn from '${library}likeness-knn.js';
import { use, useThreads } from './use.js';
Object.assign(globalThis, { library, knn, use, useThreads, ready: true });`;

const types: Record<string, string> = {
  js: 'text/javascript',
  json: 'application/json',
  jpeg: 'image/jpeg',
  html: 'text/html',
};

export interface Places {
  /** Adds a place; its page is at `at(name)`. */
  add(name: string, place: Place): string;
  /** The URL of a folder on this origin or, at `127.0.0.1`, on another one that is another site, too. */
  at(name: string, host?: 'localhost' | '127.0.0.1'): string;
  /** Paths that were asked for, in order. */
  asked: string[];
  close(): Promise<void>;
}

/** One server for many places: `/<name>/` has the page, `likeness/` is dist/web, `pictures/` three photographs. */
export async function startPlaces(): Promise<Places> {
  const places = new Map<string, Place>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://x');
    asked.push(pathname);
    const [, name = '', path = ''] = /^\/([^/]+)\/(.*)$/.exec(pathname) ?? [];
    const place = places.get(name);
    const common = typeof place?.headers === 'function' ? place.headers(path) : place?.headers;
    const send = ({ status = 200, type, headers, body = '' }: Answer): void => {
      const end = /\.(\w+)$/.exec(path)?.[1] ?? 'html';
      const kind = type ?? types[end] ?? 'application/octet-stream';
      response.writeHead(status, {
        'Content-Type': kind,
        'Cache-Control': 'no-store',
        ...common,
        ...headers,
      });
      response.end(body);
    };
    if (!place) return send({ status: 404 });
    const given = place.answer?.(path, request) ?? place.files?.[path];
    if (given) return send(given);
    if (path === '') return send({ type: 'text/html', body: place.page ?? plainPage });
    if (path === 'main.js') return send({ body: mainScript() });
    if (path.endsWith('use.js')) return send({ body: useScript });
    const file = path.includes('pictures/')
      ? join(samples, path.replace(/^.*pictures\//, ''))
      : join(root, 'dist/web', path.replace(/^.*likeness\//, ''));
    if (!existsSync(file) || !statSync(file).isFile()) return send({ status: 404 });
    const type = types[/\.(\w+)$/.exec(file)?.[1] ?? ''] ?? 'application/octet-stream';
    const head = { 'Content-Type': type, 'Cache-Control': 'no-store', ...common };
    response.writeHead(200, { ...head, 'Content-Length': statSync(file).size });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const at: Places['at'] = (name, host = 'localhost') => `http://${host}:${port}/${name}/`;
  return {
    asked,
    at,
    add(name, place) {
      places.set(name, place);
      return at(name);
    },
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

/** Opens a page in a context of its own and hands it over when its script has run, or did not load. */
export async function visit<T>(
  browser: Browser,
  url: string,
  body: (page: Page, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (process.env.SHOW) console.log(`# ${url}: ${message.text()}`);
    });
    await page.goto(url);
    return await body(page, context);
  } finally {
    await context.close();
  }
}

/** What `ImageSearch` does in a page of a place; `options` is JavaScript. */
export async function outcomeOf(page: Page, options = '{}', more = '() => {}'): Promise<Outcome> {
  await ready(page);
  return page.evaluate(`globalThis.use(globalThis.library, ${options}, ${more})`);
}

/** What the search alone did. */
export interface ThreadsOutcome {
  found: [row: number, distance: number];
  backend: string;
  reason: string;
  threads: number;
  error?: string;
}

/** What `FlatIndex` does in a page of a place with two threads. */
export async function threadsOutcomeOf(page: Page): Promise<ThreadsOutcome> {
  await ready(page);
  return page.evaluate('globalThis.useThreads(globalThis.knn)');
}

/** Waits for the page's script; asked from outside, where no policy of the page forbids it. */
async function ready(page: Page): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await page.evaluate('globalThis.ready === true'))) {
    if (Date.now() > deadline) throw new Error(`The script of ${page.url()} does not run.`);
    await page.waitForTimeout(20);
  }
}
