import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { serveTree } from '../../scripts/serve-tree.mjs';
import { root, samples } from '../support/cli.ts';
import { visitPage, withIndex, withServer } from '../support/page.ts';

const names = readdirSync(samples).slice(0, 8);
const stranger = join(samples, 'G001.jpeg');

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser.close());

/** Waits until the page's files are stored and the worker answers for them. */
async function untilStored(page: Page, script = ''): Promise<void> {
  await page.evaluate(async (end) => {
    const isThere = async (): Promise<boolean> => {
      const active = (await navigator.serviceWorker.getRegistration())?.active;
      const { controller } = navigator.serviceWorker;
      return active?.state === 'activated' && controller === active && active.scriptURL.endsWith(end);
    };
    const until = performance.now() + 30_000;
    while (!(await isThere())) {
      if (performance.now() > until) throw new Error('The service worker did not take over.');
      await new Promise((done) => setTimeout(done, 20));
    }
  }, script);
}

const cells = (page: Page) => page.locator('.rows .cell');
const untilCells = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelectorAll('.rows .cell').length === wanted, count);
const untilIndexed = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction(
    (wanted) => document.querySelectorAll('.rows .cell:not(.waiting)').length === wanted,
    count,
  );

/** Cuts the network off, and the server too: what a visitor has on a train. */
async function withoutNetwork(
  browser: Browser,
  body: (page: Page, url: string) => Promise<void>,
  online: (page: Page) => Promise<void>,
  args: string[] = [],
): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  try {
    const origin = await withServer(args, async (url) => {
      await page.goto(url);
      await online(page);
      await untilStored(page);
      return url;
    });
    await context.setOffline(true);
    await body(page, origin);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
}

test('a page with pictures of one’s own opens and searches with the network cut', () =>
  withoutNetwork(
    browser,
    async (page) => {
      await page.reload();
      await untilIndexed(page, names.length);
      await cells(page).first().click();
      await page.waitForSelector('#results-title');
      await untilCells(page, names.length - 1);
      await page.setInputFiles('#query-file', stranger);
      await page.waitForFunction(() =>
        document.querySelector('#results-title')?.textContent?.includes('G001'),
      );
      await untilCells(page, names.length);
      assert.equal(await page.locator('.alert').count(), 0);
    },
    async (page) => {
      await page.setInputFiles(
        '#add-files',
        names.map((name) => join(samples, name)),
      );
      await untilIndexed(page, names.length);
    },
  ));

test('so does a page with the server’s pictures, which are shown', () =>
  withIndex(
    names.map((name) => name.replace('.jpeg', '')),
    (index) =>
      withoutNetwork(
        browser,
        async (page) => {
          await page.reload();
          await untilIndexed(page, names.length);
          await cells(page).first().click();
          await page.waitForSelector('#results-title');
          await page.waitForFunction(() => {
            const images = [...document.querySelectorAll<HTMLImageElement>('.rows img')];
            return images.length > 0 && images.every(({ naturalWidth }) => naturalWidth > 0);
          });
        },
        async (page) => {
          await untilIndexed(page, names.length);
          await untilStored(page);
          // Pictures that came before the worker took over came past it.
          await page.reload();
          await untilIndexed(page, names.length);
          await page.waitForLoadState('networkidle');
        },
        ['-i', index],
      ),
  ));

test('pictures that another app shares are searched for', () =>
  withServer([], (url) =>
    visitPage(browser, url, async (page) => {
      await page.setInputFiles('#add-files', [join(samples, names[0]!), join(samples, names[1]!)]);
      await untilIndexed(page, 2);
      await untilStored(page);
      const bytes = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(40, 30);
        canvas.getContext('2d')!.fillRect(0, 0, 20, 30);
        return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
      });
      const answer = await page.evaluate(async (values) => {
        const form = new FormData();
        form.append('pictures', new File([new Uint8Array(values)], 'a b#.png', { type: 'image/png' }));
        const { url: at, redirected } = await fetch('share', { method: 'POST', body: form });
        return { at, redirected };
      }, bytes);
      assert.deepEqual(answer, { at: new URL('?shared', url).href, redirected: true });
      await page.goto(answer.at);
      await page.waitForFunction(() =>
        document.querySelector('#results-title')?.textContent?.includes('a b#.png'),
      );
      await untilCells(page, 2);
      assert.equal(new URL(page.url()).searchParams.has('shared'), false);
    }),
  ));

test('threads come by the service worker where the host sends no headers, when they are switched on', () =>
  withServer(['--no-isolation'], (url) =>
    visitPage(browser, url, async (page) => {
      await untilStored(page);
      assert.equal(await page.evaluate(() => crossOriginIsolated), false);
      const isIsolated = (wanted: boolean): Promise<unknown> =>
        page.waitForFunction(
          (isolated) => document.readyState === 'complete' && crossOriginIsolated === isolated,
          wanted,
        );
      await page.click('#settings');
      await page.click('#advanced summary');
      await Promise.all([page.waitForEvent('load'), page.getByLabel('Use all processor cores').click()]);
      await isIsolated(true);
      await untilStored(page, '?isolate');
      await page.setInputFiles('#add-files', [join(samples, names[0]!), join(samples, names[1]!)]);
      await untilIndexed(page, 2);
    }),
  ));

/** Listens on a port as soon as the process that had it has ended. */
async function listen(server: Server, port: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === 50) throw error;
      await pause(100);
    }
  }
}

test('another program at the same address is not hidden by the stored page', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    const url = await withServer([], async (at) => {
      await page.goto(at);
      await untilStored(page);
      return at;
    });
    const other = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>Another program</title>');
    });
    await listen(other, Number(new URL(url).port));
    try {
      await page.goto(url);
      assert.equal(await page.title(), 'Another program');
      await page.reload();
      assert.equal(await page.title(), 'Another program');
      assert.equal(
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length),
        0,
      );
    } finally {
      other.closeAllConnections();
      await new Promise((done) => other.close(done));
    }
  } finally {
    await context.close();
  }
});

test('a new version is offered, and its files come together', async () => {
  let version = 1;
  const server = await serveTree(join(root, 'dist'), {
    answer: (request, response) => {
      const path = new URL(request.url ?? '/', 'http://host').pathname;
      if (path.startsWith('/dist/')) request.url = path.slice('/dist'.length);
      else request.url = `/page${path === '/' ? '/index.html' : path}`;
      if (path !== '/service-worker.js') return false;
      response.setHeader('Content-Type', 'text/javascript');
      response.end(`${readFileSync(join(root, 'dist/page/service-worker.js'), 'utf8')}\n// ${version}`);
      return true;
    },
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    await page.goto(`${server.origin}/`);
    await untilStored(page);
    version = 2;
    await page.reload();
    const button = page.getByRole('button', { name: 'Load it' });
    await button.waitFor();
    await Promise.all([page.waitForEvent('load'), button.click()]);
    await untilStored(page);
    assert.equal(
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting),
      null,
    );
    assert.equal(await page.locator('.alert').count(), 0);
  } finally {
    await context.close();
    await server.close();
  }
});
