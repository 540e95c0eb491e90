import { decodePath } from '../base/decode-path.ts';
import { LikenessError } from '../base/errors.ts';
import type { SiteRecord, StaticEntry } from '../static-index/types.ts';

/** Rows of a file of records. */
const recordsPerFile = 64;

/** What of a site's folder `likeness/` a page has read: each file once, for all elements. */
export class Site {
  /** The folder with `index.json`. */
  readonly folder: string;
  readonly entry: StaticEntry;
  /** The site's root; every link is below it. */
  readonly root: string;
  readonly #files = new Map<string, Promise<unknown>>();

  constructor(folder: string, entry: StaticEntry) {
    this.folder = folder;
    this.entry = entry;
    this.root = new URL(entry.root, folder).href;
  }

  /** The URL of a path within the site; empty for a path that leaves it. */
  at(path: string): string {
    const { href } = new URL(`./${path.split('/').map(encodeURIComponent).join('/')}`, this.root);
    return href.startsWith(this.root) ? href : '';
  }

  thumbnail(small: string, id: string): string {
    return small === '' ? this.at(id) : new URL(`small/${encodeURIComponent(small)}.webp`, this.folder).href;
  }

  /** The path within the site of what a page calls so; `undefined` for what lies elsewhere. */
  pathOf(url: string): string | undefined {
    const { origin, pathname, protocol } = parsed(url) ?? {};
    if (!pathname || !/^https?:$/.test(protocol!)) return undefined;
    const root = new URL(this.root);
    // One file has several spellings, e.g. `it's` and `it%27s`.
    const path = decodePath(pathname);
    for (const [place, above] of [
      [root.origin, decodePath(root.pathname)],
      [location.origin, decodePath(this.entry.base)],
    ] as const)
      if (origin === place && path.startsWith(above)) return path.slice(above.length);
    return undefined;
  }

  /** Packed JSON, by the kind and the number of a file whose names `names` lists. */
  packed<T>(kind: string, names: string, at: number): Promise<T> {
    const name = `${kind}-${hexAt(names, at)}.bin`;
    return once(this.#files, name, () => unpacked(new URL(name, this.folder).href)) as Promise<T>;
  }

  async record(row: number): Promise<SiteRecord> {
    const file = Math.floor(row / recordsPerFile);
    const records = await this.packed<SiteRecord[]>('records', this.entry.records, file);
    return records[row % recordsPerFile]!;
  }
}

const sites = new Map<string, Promise<Site>>();

/**
 * A site by its folder's URL: asked for once by all elements of a page, and again after it has failed.
 *
 * @throws LikenessError `not-found`, `bad-file`, `newer-format`
 */
export const openSite = (folder: string): Promise<Site> => once(sites, folder, () => readSite(folder));

/** The site as it is now, of which something is not there any more. */
export async function reopenSite(stale: Site): Promise<Site> {
  const current = sites.get(stale.folder);
  if (current && (await current) === stale) sites.delete(stale.folder);
  return openSite(stale.folder);
}

/** The files of this folder were replaced by newer ones: the next {@link openSite} asks again. */
export const forgetSite = (folder: string): void => void sites.delete(folder);

async function readSite(folder: string): Promise<Site> {
  const url = new URL('index.json', folder).href;
  // Its name stays, its content does not.
  const entry = (await (await fetched(url, { cache: 'no-cache' })).json().catch(() => undefined)) as
    | StaticEntry
    | undefined;
  if (entry?.format !== 'likeness-site') {
    throw new LikenessError(
      'bad-file',
      `${url} is no entry of a site's index. Run \`likeness site\`, and serve its folder.`,
    );
  }
  if (entry.version !== 1) {
    throw new LikenessError(
      'newer-format',
      `${url} is of version ${entry.version}; this script reads 1. Take the script that lies beside it.`,
    );
  }
  return new Site(folder, entry);
}

/** Why `fetch` failed, as far as a page can know. */
export const whyNot = (): string =>
  navigator.onLine
    ? 'the server does not answer, or CORS or the Content-Security-Policy forbids it'
    : 'there is no network';

/** @throws LikenessError `not-found` */
export async function fetched(url: string, init?: RequestInit): Promise<Response> {
  if (url.startsWith('file:')) {
    throw new LikenessError(
      'not-found',
      `${url} cannot be read: browsers give a page from disk (file:) no other files. Serve the folder, e.g. with \`npx sirv-cli\`.`,
    );
  }
  const response = await fetch(url, init).catch((cause) => {
    init?.signal?.throwIfAborted();
    throw new LikenessError('not-found', `${url} cannot be fetched: ${whyNot()}.`, { cause });
  });
  if (!response.ok) throw new LikenessError('not-found', `${url} answered ${response.status}.`);
  return response;
}

async function unpacked(url: string): Promise<unknown> {
  const { body } = await fetched(url);
  try {
    return await new Response(body!.pipeThrough(new DecompressionStream('deflate-raw'))).json();
  } catch (cause) {
    throw new LikenessError(
      'bad-file',
      `${url} is damaged, or the server answers something else in its place.`,
      {
        cause,
      },
    );
  }
}

/** What a key stands for is asked for once; what has failed, once more. */
function once<T>(kept: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  let promise = kept.get(key);
  if (!promise) {
    promise = ask();
    kept.set(key, promise);
    promise.catch(() => kept.get(key) === promise && kept.delete(key));
  }
  return promise;
}

/** The `at`-th of names of 6 bytes each, in base64. */
function hexAt(names: string, at: number): string {
  const bytes = atob(names.slice(at * 8, at * 8 + 8));
  return Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}

/** A URL of a page; `undefined` for what is none. */
export function parsed(url: string, base: string | URL = document.baseURI): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}
