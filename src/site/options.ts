import { stat } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import type { OpenOptions } from '../api/options.ts';
import { checkWhole, optionsOf, refuse, signalOf, urlOf } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import type * as web from '../base/web-types.ts';
import type { SiteBase } from './scan/locate.ts';
import type { PictureFolder } from './scan/scan.ts';
import { outputName } from './write/names.ts';

/** How far `buildSite` has come. */
export interface SiteProgress {
  /** `pages` are read, then `pictures`; `neighbours` are found; files are written (`write`, `total` is 0: unknown). */
  phase: 'pages' | 'pictures' | 'neighbours' | 'write';
  done: number;
  total: number;
  /** Pictures that the network has seen so far; the others were in the cache. */
  extracted?: number;
}

export interface BuildSiteOptions {
  /** The folder of the built site. The index goes into its folder `likeness/`. */
  folder: string;
  /**
   * Where the site is served: a path, `/blog/`, or a whole URL, whose addresses in pages are then the site's own. Default
   * `/`.
   */
  base?: string | undefined;
  /** As `ImageSearch.open` takes it. Default `vgg16-compact`. */
  model?: OpenOptions['model'];
  /** Neighbours that are kept of each picture, 1 … 1000. Default 30. */
  k?: number | undefined;
  /**
   * Whether visitors can search with photographs of their own. That needs model, library and codes in the site. Default
   * `true`.
   */
  search?: boolean | undefined;
  /**
   * Folders of pictures that no HTML shows: paths, or `path=where the site serves it` for a folder outside of the site
   * (`../originals=photos`).
   */
  pictures?: readonly string[] | undefined;
  /** A CSS selector: only images that it matches are taken, e.g. `main img`. */
  select?: string | undefined;
  /** Patterns of pictures and pages to leave out, by their paths within the site: `icons/**`, `*.gif`. */
  exclude?: readonly string[] | undefined;
  /** The longer side of small pictures, in pixels, 32 … 2048. Default 240. */
  smallSize?: number | undefined;
  /** Where features and small pictures are kept for the next run. Default: in the user's cache. */
  cache?: string | undefined;
  /** Threads, 1 … 64; the result does not depend on them. Default: one for each processor, of the network up to 4. */
  threads?: number | undefined;
  /** Whether to tell what would be written, and write nothing into the site. Default `false`. */
  dryRun?: boolean | undefined;
  signal?: web.AbortSignal | undefined;
  onProgress?: ((progress: SiteProgress) => void) | undefined;
}

/** Options with their defaults, as far as they can be judged before the work begins. */
export interface CheckedOptions {
  folder: string;
  /** As the caller named it. */
  named: string;
  base: SiteBase;
  k: number;
  search: boolean;
  pictures: PictureFolder[];
  select: string | undefined;
  exclude: readonly string[];
  smallSize: number;
  threads: number | undefined;
  dryRun: boolean;
  signal: AbortSignal | undefined;
}

const texts = (name: string, value: unknown): readonly string[] => {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '');
  return isList ? value : refuse(name, value, 'a list of texts');
};

/** @throws LikenessError `bad-argument`, `not-found` */
export async function checkOptions(options: BuildSiteOptions): Promise<CheckedOptions> {
  const {
    folder,
    base = '/',
    k = 30,
    search = true,
    pictures,
    select,
    exclude,
    smallSize = 240,
    cache,
    threads,
    dryRun = false,
    signal,
    onProgress,
  } = optionsOf(options, 'buildSite', "{ folder: 'dist' }");
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0'))
    refuse('folder', folder, 'the path of the built site');
  checkWhole('k', k, 1, 1000);
  checkWhole('smallSize', smallSize, 32, 2048);
  if (threads !== undefined) checkWhole('threads', threads, 1, 64);
  for (const [name, value] of Object.entries({ search, dryRun }))
    if (typeof value !== 'boolean') refuse(name, value, 'true or false');
  for (const [name, value] of Object.entries({ select, cache }))
    if (value !== undefined && (typeof value !== 'string' || value === '')) refuse(name, value, 'a text');
  if (onProgress !== undefined && typeof onProgress !== 'function')
    refuse('onProgress', onProgress, 'a function');
  const site = resolve(folder);
  const info = await stat(site).catch(() => undefined);
  if (!info) throw new LikenessError('not-found', `There is no folder ${folder}.`);
  if (!info.isDirectory())
    throw new LikenessError('bad-argument', `${folder} is a file; the folder of the built site is wanted.`);
  if (basename(site) === outputName && (await isSite(site)))
    throw new LikenessError(
      'bad-argument',
      `${folder} is what "likeness site" has written; name the folder of the site, which holds it.`,
    );
  return {
    folder: site,
    named: folder,
    base: baseOf(base),
    k,
    search,
    pictures: await Promise.all(texts('pictures', pictures).map((text) => pictureFolder(text, site))),
    select,
    exclude: texts('exclude', exclude),
    smallSize,
    threads,
    dryRun,
    signal: signalOf(signal),
  };
}

const isSite = (folder: string): Promise<boolean> =>
  stat(resolve(folder, 'index.json')).then(
    () => true,
    () => false,
  );

function baseOf(base: unknown): SiteBase {
  const wanted = 'a path like /blog/, or the URL where the site is served';
  if (typeof base !== 'string' || base === '') return refuse('base', base, wanted);
  const isUrl = /^[a-z][a-z0-9+.-]*:/i.test(base);
  const url = urlOf(
    isUrl ? base : `https://site.invalid/${base.replace(/^\/+/, '')}`,
    'https://site.invalid',
  );
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) return refuse('base', base, wanted);
  return { path: url.pathname.replace(/\/*$/, '/'), origin: isUrl ? url.origin : undefined };
}

async function pictureFolder(text: string, site: string): Promise<PictureFolder> {
  const isFolder = (path: string): Promise<boolean> =>
    stat(path).then(
      (info) => info.isDirectory(),
      () => false,
    );
  // From where the command runs, else from the site.
  const find = async (path: string): Promise<string | undefined> => {
    for (const place of [resolve(path), resolve(site, path)]) if (await isFolder(place)) return place;
    return undefined;
  };
  const at = text.lastIndexOf('=');
  const whole = await find(text);
  const folder = whole ?? (at > 0 ? await find(text.slice(0, at)) : undefined);
  if (!folder) throw new LikenessError('not-found', `There is no folder ${text} of pictures.`);
  const within = relative(site, folder);
  const inside = within !== '..' && !within.startsWith(`..${sep}`) && !isAbsolute(within);
  if (whole) {
    if (inside) return { folder, servedAt: within.split(sep).join('/'), inside };
    throw new LikenessError(
      'bad-argument',
      `${text} is outside of ${site}: visitors would not get its pictures. Copy it into the site, or say where the site serves it: ${text}=photos.`,
    );
  }
  const servedAt = text.slice(at + 1).replace(/^\/+|\/+$/g, '');
  if (inside || servedAt.split('/').some((part) => part === '..' || part === '.'))
    throw new LikenessError(
      'bad-argument',
      `${text}: a folder outside of the site is wanted, and the path within the site where it is served.`,
    );
  return { folder, servedAt, inside };
}
