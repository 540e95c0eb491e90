import { readdirSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Browser, Page } from 'playwright';
import { launchChromium } from '../../scripts/chromium.mjs';
import { samples } from './cli.ts';
import { visitPage } from './page.ts';
import { type ServedFolder, serveFolder } from './served-folder.ts';

/** Pictures that are served, in two folders by turns; the first one has two copies in a third folder. */
export const names: readonly string[] = readdirSync(samples).slice(0, 130);
export const [first, second, third] = names as [string, string, string];
/** How many there are, with the copies. */
export const all: number = names.length + 2;
/** Is not among them. */
export const stranger: string = join(samples, 'G001.jpeg');

export const idOf = (name: string): string => `${names.indexOf(name) % 2 === 0 ? 'Even' : 'Odd/one'}/${name}`;

/** The address of a query for what is like all of these. */
export const like = (...ids: string[]): string =>
  `?${ids.map((id) => `like=${encodeURIComponent(id)}`).join('&')}`;

/** What the tests of a file share: a Chromium, and a server of these pictures. */
export interface ResultsSite {
  readonly browser: Browser;
  readonly url: string;
  /** Opens the page, with its index ready. */
  visit(body: (page: Page) => Promise<void>, search?: string, width?: number): Promise<void>;
}

/** Called once in a file of tests: starts the browser and the server before them, and ends both after them. */
export function resultsSite(): ResultsSite {
  let browser: Browser | undefined;
  let served: ServedFolder | undefined;
  before(async () => {
    browser = await launchChromium();
    served = await serveFolder(fill);
  });
  after(async () => {
    await served?.end();
    await browser?.close();
  });
  const visit: ResultsSite['visit'] = (body, search = '', width = 1280) =>
    visitPage(
      browser!,
      served!.url,
      async (page) => {
        // Features of the server's index are taken over.
        if (search === '') {
          await page.waitForFunction(
            () => document.querySelector('.rows .cell') && !document.querySelector('.rows .cell.waiting'),
            undefined,
            { timeout: 60_000 },
          );
        }
        await body(page);
      },
      { width, search },
    );
  return {
    get browser() {
      return browser!;
    },
    get url() {
      return served!.url;
    },
    visit,
  };
}

async function fill(pictures: string): Promise<void> {
  for (const folder of ['Even', 'Odd/one', 'Copies'])
    await mkdir(join(pictures, folder), { recursive: true });
  for (const name of names) await cp(join(samples, name), join(pictures, idOf(name)));
  for (const copy of ['a.jpeg', 'b.jpeg']) await cp(join(samples, first), join(pictures, 'Copies', copy));
}

export const scrollBy = async (page: Page, pixels: number): Promise<void> => {
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, pixels);
};
