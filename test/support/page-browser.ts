import { existsSync, readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright';
import { watchPage } from './page-watch.ts';

export const newContext = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ viewport: { width: 1440, height: 900 } });

export async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  page.on('pageerror', (error) => console.error(error));
  await watchPage(page);
  await page.goto(url, { waitUntil: 'commit' });
  return page;
}

/** Bytes that a browser's renderers have resident, now and at most; `undefined` where there is no /proc. */
export async function memoryOf(browser: Browser): Promise<{ now: number; most: number } | undefined> {
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
