import assert from 'node:assert/strict';
import type { BrowserName, DrivenBrowser, DrivenPage } from '../../scripts/browsers/driver.mts';
import { serveTree } from '../../scripts/serve-tree.mjs';
import { root } from './cli.ts';

/** A test that drives a browser, whichever it is. What it answers has to be the same in all of them. */
export interface Flow<T = unknown> {
  name: string;
  answer(browser: DrivenBrowser): Promise<T>;
  /** Asserts that an answer is Chromium's. */
  same(actual: T, chromium: T, browser: BrowserName): void;
}

/** A flow of a list of flows of many kinds. */
export const flow = <T>(given: Flow<T>): Flow => given as Flow;

/** Runs `body` in a page of this checkout; what goes wrong there unseen fails it. */
export async function withPage<T>(
  browser: DrivenBrowser,
  { isolated = false }: { isolated?: boolean },
  body: (page: DrivenPage) => Promise<T>,
): Promise<T> {
  const server = await serveTree(root, {
    isolated,
    answer: (request, response) => {
      if (request.url !== '/') return false;
      response.setHeader('Content-Type', 'text/html');
      response.end(
        '<!doctype html><link rel="icon" href="data:,"><script src="/scripts/browsers/page-console.js"></script>',
      );
      return true;
    },
  });
  try {
    return await visit(browser, `${server.origin}/`, body);
  } finally {
    await server.close();
  }
}

/** Runs `body` in the page at `url`; what goes wrong there unseen fails it. */
export async function visit<T>(
  browser: DrivenBrowser,
  url: string,
  body: (page: DrivenPage) => Promise<T>,
): Promise<T> {
  const page = await browser.open();
  try {
    await page.goto(url);
    const answer = await body(page);
    assert.deepEqual(
      (await page.messages()).filter(({ type }) => type !== 'log'),
      [],
    );
    return answer;
  } finally {
    await page.close().catch(() => {});
  }
}
