import { readdirSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
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

export const serveResults = (): Promise<ServedFolder> =>
  serveFolder(async (pictures) => {
    for (const folder of ['Even', 'Odd/one', 'Copies'])
      await mkdir(join(pictures, folder), { recursive: true });
    for (const name of names) await cp(join(samples, name), join(pictures, idOf(name)));
    for (const copy of ['a.jpeg', 'b.jpeg']) await cp(join(samples, first), join(pictures, 'Copies', copy));
  });

/** Opens the page, with its index ready. */
export const visitResults = (
  browser: Browser,
  url: string,
  body: (page: Page) => Promise<void>,
  { search = '', width = 1280 }: { search?: string; width?: number } = {},
): Promise<void> =>
  visitPage(
    browser,
    url,
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

export const scrollBy = async (page: Page, pixels: number): Promise<void> => {
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, pixels);
};
