import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { DrivenBrowser, DrivenPage } from '../../scripts/browsers/driver.mts';
import { serveTree } from '../../scripts/serve-tree.mjs';
import { root, withFolder } from './cli.ts';
import { visit } from './driven.ts';
import { type SitePicture, writeStaticSite } from './static-site.ts';

/** What every test of the elements has: names that have to be escaped, and what would be dangerous if it were markup. */
export const sitePictures: SitePicture[] = Array.from({ length: 20 }, (_, n) => ({
  id: `photos/${n}.jpg`,
  aliases: [`photos/${n}-small.jpg`],
}));
sitePictures[2] = {
  id: 'photos/été 100% #3?.jpg',
  label: '<b>bold</b> & "quoted"<img src=x onerror=alert(1)>',
};
sitePictures[3] = { id: 'photos/3.jpg', label: '', page: 'javascript:alert(1)' };
sitePictures[4] = { id: 'photos/4.jpg', page: '../../../etc/passwd' };
sitePictures[5] = { id: 'photos/5.jpg', page: '//example.org/' };

export interface ElementSite {
  /** Where the site is: `http://localhost:1234/shop/`. */
  url: string;
  folder: string;
  /** Paths below the site that were asked for so far, with the bytes that were answered. */
  asked: { path: string; bytes: number }[];
  /** Where it returns true, the request is answered with 503. */
  fails: (path: string) => boolean;
  /** Paths of which answers wait until they are let go. */
  holds: Map<string, Promise<void>>;
}

/** The site at a sub-path, `pages` in it, on a server of its own. */
export function withElementSite<T>(
  pages: Record<string, string>,
  body: (site: ElementSite) => Promise<T>,
  {
    headers = {},
    write = (folder) => writeStaticSite(folder, sitePictures),
  }: { headers?: Record<string, string>; write?: (folder: string) => Promise<void> } = {},
): Promise<T> {
  return withFolder(async (folder) => {
    const site: ElementSite = {
      url: '',
      folder: join(folder, 'shop'),
      asked: [],
      fails: () => false,
      holds: new Map(),
    };
    await write(site.folder);
    const pageConsole = await readFile(join(root, 'scripts/browsers/page-console.js'));
    const answer = (request: IncomingMessage, response: ServerResponse): boolean => {
      const path = request.url!.replace(/^\/shop\//, '').replace(/\?.*/, '');
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (path === '/favicon.ico') return done(response, 204, '');
      if (path === 'page-console.js') return done(response, 200, pageConsole, 'text/javascript');
      if (Object.hasOwn(pages, path)) {
        const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${path}</title><script src="/shop/page-console.js"></script>`;
        return done(response, 200, `${html}${pages[path]}`, 'text/html');
      }
      const entry = { path: decodeURIComponent(path), bytes: 0 };
      site.asked.push(entry);
      countBytes(response, (bytes) => {
        entry.bytes += bytes;
      });
      if (site.fails(path)) return done(response, 503, '');
      const held = site.holds.get(path);
      if (held) void held.then(async () => response.end(await readFile(join(site.folder, path))));
      return held !== undefined;
    };
    const server = await serveTree(folder, { answer });
    site.url = `${server.origin}/shop/`;
    try {
      return await body(site);
    } finally {
      await server.close();
    }
  });
}

function countBytes(response: ServerResponse, count: (bytes: number) => void): void {
  for (const name of ['write', 'end'] as const) {
    const send = response[name].bind(response) as (...values: unknown[]) => never;
    response[name] = (...values: unknown[]) => {
      if (values[0] instanceof Uint8Array) count(values[0].length);
      return send(...values);
    };
  }
}

function done(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  type = 'text/plain',
): true {
  response
    .writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' })
    .end(body);
  return true;
}

/** Opens `page` of a site that has it. */
export const onSite = <T>(
  browser: DrivenBrowser,
  html: string,
  body: (page: DrivenPage, site: ElementSite) => Promise<T>,
  options: Parameters<typeof withElementSite>[2] = {},
): Promise<T> =>
  withElementSite(
    { 'page.html': html },
    (site) => visit(browser, `${site.url}page.html`, (page) => body(page, site)),
    options,
  );

export interface ShownList {
  shown: 'list' | 'placeholders' | 'content' | undefined;
  label: string | null;
  items: { href: string; alt: string; src: string; text: string; width: number; height: number }[];
}

/** Runs in a page: what an element shows. */
export function shownBy(selector: string): ShownList {
  const { shadowRoot } = document.querySelector(selector)!;
  if (!shadowRoot) return { shown: undefined, label: null, items: [] };
  const list = shadowRoot.querySelector<HTMLElement>('[part=list]')!;
  const isShown = (part: string): boolean => shadowRoot.querySelector<HTMLElement>(part)?.hidden === false;
  const shown = (
    [
      ['list', '[part=list]'],
      ['placeholders', '[part=placeholders]'],
      ['content', 'slot'],
    ] as const
  ).find(([, part]) => isShown(part))?.[0];
  const items = [...list.querySelectorAll('a')].map((link) => {
    const image = link.querySelector('img')!;
    return {
      href: link.href,
      alt: image.alt,
      src: image.src,
      text: link.textContent!,
      width: image.width,
      height: image.height,
    };
  });
  return { shown, label: list.getAttribute('aria-label'), items };
}

/** Waits until an element shows a list of so many. */
export async function listOf(page: DrivenPage, selector: string, count: number): Promise<ShownList> {
  await page.waitFor(
    (of: string, wanted: number) => {
      const list = document.querySelector(of)?.shadowRoot?.querySelector<HTMLElement>('[part=list]');
      return list?.hidden === false && list.querySelectorAll('a').length === wanted;
    },
    [selector, count],
  );
  return page.evaluate(shownBy, selector);
}
