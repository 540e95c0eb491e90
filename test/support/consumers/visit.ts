import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright';
import { openSite, type Served, type SiteOptions, type Upstream } from './site.ts';

export interface Visit {
  page: Page;
  context: BrowserContext;
  origin: string;
  /** What the site has answered since the page was opened, oldest first. */
  served: Served[];
}

export interface VisitOptions extends SiteOptions {
  /** Default: true. */
  javaScript?: boolean;
  /** The other origin that some of the page comes from: it is watched, too. */
  alsoAsked?: string;
}

/** A hit of a search, as the command line prints it and as elements give it. */
export interface Hit {
  id: string;
  distance: number;
}

/** A list that a page shows. */
export interface List {
  /** The picture's URL as the page has it. */
  src: string;
  results: Hit[];
}

type ResultsElement = HTMLElement & { results: readonly Hit[]; for: string; src: string };

/** Opens a page, or with '' none yet, in a browser without a past. No request may fail, nothing may be complained of, nobody else be asked. */
export async function visitSite<T>(
  browser: Browser,
  upstream: Upstream,
  path: string,
  body: (visit: Visit) => Promise<T>,
  { javaScript = true, alsoAsked, ...options }: VisitOptions = {},
): Promise<T> {
  const site = await openSite(upstream, options);
  const context = await browser.newContext({ javaScriptEnabled: javaScript });
  const problems: string[] = [];
  try {
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(`error: ${error.stack ?? error}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        problems.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (/^(blob|data):/.test(url) || url.startsWith(`${site.origin}/`)) return;
      if (!alsoAsked || !url.startsWith(alsoAsked)) problems.push(`a request to ${url}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText;
      if (why !== 'net::ERR_ABORTED') problems.push(`failed: ${request.url()} ${why}`);
    });
    if (path) await page.goto(site.origin + path);
    const value = await body({ page, context, origin: site.origin, served: site.served }).catch((error) =>
      assert.fail(`${error.stack ?? error}\n${problems.join('\n')}`),
    );
    for (const { path, status } of site.served) if (status >= 400) problems.push(`${status} ${path}`);
    assert.deepEqual(problems, []);
    return value;
  } finally {
    await context.close();
    await site.close();
  }
}

/** Scrolls to each `<likeness-similar>` of a page; what they show when all have their lists. */
export async function listsOf(page: Page): Promise<List[]> {
  const elements = page.locator('likeness-similar');
  for (let n = 0; n < (await elements.count()); n++) {
    await elements.nth(n).scrollIntoViewIfNeeded();
    await elements.nth(n).evaluate(async (element) => {
      const { results } = element as ResultsElement;
      if (!(results?.length > 0))
        await new Promise((done) => element.addEventListener('likeness-results', done, { once: true }));
    });
  }
  return elements.evaluateAll((all) =>
    (all as ResultsElement[]).map((element) => ({
      src: element.src || (document.getElementById(element.for) as HTMLImageElement).getAttribute('src')!,
      results: element.results.map(({ id, distance }) => ({ id, distance })),
    })),
  );
}

/** Waits until all small pictures that are in view are there; how many a page shows in all. */
export async function smallPicturesOf(page: Page): Promise<number> {
  await page.waitForLoadState('networkidle');
  return page.locator('likeness-similar, likeness-search').evaluateAll((elements) => {
    const images = elements.flatMap(({ shadowRoot }) => [...shadowRoot!.querySelectorAll('img')]);
    const broken = images.filter(({ complete, naturalWidth }) => complete && naturalWidth === 0);
    if (broken.length > 0) throw new Error(`broken: ${broken.map(({ src }) => src)}`);
    return images.length;
  });
}

/**
 * Gives `<likeness-search>` a photo of one's own, and says yes when it asks; what it shows.
 *
 * @param onAsked gets what it asks
 */
export async function searchWith(
  page: Page,
  photo: string,
  onAsked: (text: string) => void = () => {},
): Promise<Hit[]> {
  const element = page.locator('likeness-search');
  const results = element.evaluate(
    (search) =>
      new Promise<Hit[]>((done, failed) => {
        search.addEventListener('likeness-results', (event) => {
          const { detail } = event as CustomEvent<{ results: Hit[] }>;
          done(detail.results.map(({ id, distance }) => ({ id, distance })));
        });
        search.addEventListener('likeness-error', (event) => {
          const { detail } = event as CustomEvent<{ error: Error }>;
          failed(detail.error);
        });
      }),
  );
  results.catch(() => {}); // it is awaited later
  await element.locator('input[type=file]').first().setInputFiles(photo);
  const yes = element.locator('[part~=search]');
  const isAsked = yes.waitFor({ timeout: 60_000 }).then(() => true);
  // Where all of it is in the browser, it does not ask.
  if (await Promise.race([isAsked.catch(() => false), results.then(() => false)])) {
    onAsked((await yes.textContent()) ?? '');
    await yes.click();
  }
  return results;
}

/** The same ids in the same order, at the same distances to four decimals. */
export function compareHits(found: readonly Hit[], expected: readonly Hit[], what: string): void {
  const ids = (hits: readonly Hit[]): string[] => hits.map(({ id }) => id);
  assert.deepEqual(ids(found), ids(expected), what);
  for (const [n, { id, distance }] of found.entries()) {
    const right = expected[n]!.distance;
    assert.ok(Math.abs(distance - right) < 1e-4, `${what}, ${id}: ${distance}, in Node ${right}`);
  }
}
