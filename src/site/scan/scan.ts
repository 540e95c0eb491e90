import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LikenessError } from '../../base/errors.ts';
import { pictureEndings, unreadFormatOf } from '../../image/endings.ts';
import { pageEndings } from '../html/document.ts';
import { type PageImage, readPage } from '../html/page.ts';
import { selectorOf } from '../html/select.ts';
import { globsOf } from './glob.ts';
import { locate, pageUrl, type SiteBase } from './locate.ts';
import { byUnits, listTree, type Tree } from './tree.ts';

/** More than any page has; a page is in memory as a tree while it is read. */
const maxPageBytes = 64 << 20;

/** Where a picture is shown. */
export interface Place {
  /** The page's path within the site. */
  page: string;
  alt?: string;
  caption?: string;
  title?: string;
}

/** A picture of the site, by its file. */
export interface FoundPicture {
  /** Its path within the site, `/`-separated. */
  id: string;
  /** Where its file is. */
  file: string;
  /** In the order of pages' paths, then of the document. */
  places: Place[];
  /** Other files of the same picture, and other ways to write its own name. In the order in which they were met. */
  aliases: string[];
  meta: Record<string, string>;
}

/**
 * Why a picture is left out.
 *
 * - `remote`: it is on another host
 * - `data-url`: it is written in the page
 * - `missing`: there is no such file
 * - `outside`: it leads out of the folder, by its path or by a link
 * - `format`: a format that is not read: SVG, HEIC …
 * - `ignored`: it, or an element around it, has `data-likeness-ignore`
 * - `excluded`: it fits a pattern of `exclude`
 * - `not-selected`: `select` does not match it
 * - `small`: a side has less than 32 pixels
 */
export type PassedOverReason =
  | 'remote'
  | 'data-url'
  | 'missing'
  | 'outside'
  | 'format'
  | 'ignored'
  | 'excluded'
  | 'not-selected'
  | 'small';

/** A folder of pictures that are shown by no HTML. */
export interface PictureFolder {
  /** An absolute path. */
  folder: string;
  /** Where the site serves it: a path within the site, without `/` at its ends; '' is the root. */
  servedAt: string;
  /** Whether it lies in the site's folder. */
  inside: boolean;
}

export interface ScanOptions {
  base: SiteBase;
  /** Paths within the site that are not looked into. */
  leaveOut: ReadonlySet<string>;
  pictures: readonly PictureFolder[];
  select: string | undefined;
  exclude: readonly string[];
  signal: AbortSignal | undefined;
  onPage: ((done: number, total: number) => void) | undefined;
}

export interface Scan {
  pages: number;
  /** In the order of the code units of their ids. */
  pictures: FoundPicture[];
  /** What is left out, by its reason: URLs or paths. */
  passedOver: Map<PassedOverReason, Set<string>>;
  /** Pages and files of the site that cannot be read. */
  unread: { path: string; message: string }[];
  /** What `--base` would find of what is missing, where that is plain. */
  suggestedBase: string | undefined;
}

/** Reads a site: its pages, and the pictures in them. */
export async function scanSite(folder: string, options: ScanOptions): Promise<Scan> {
  const tree = await listTree(folder, options.leaveOut);
  const scan = new Scanner(folder, tree, options);
  await scan.listOutside();
  await scan.readPages();
  for (const place of options.pictures) scan.readPictures(place);
  return scan.result();
}

class Scanner {
  readonly #folder: string;
  readonly #tree: Tree;
  readonly #options: ScanOptions;
  readonly #isExcluded: (path: string) => boolean;
  readonly #isSelected: (image: PageImage['element']) => boolean;
  readonly #pictures = new Map<string, FoundPicture>();
  readonly #passedOver = new Map<PassedOverReason, Set<string>>();
  readonly #unread: Scan['unread'] = [];
  /** Files of folders outside of the site, by where they are served. */
  readonly #outside = new Map<string, string>();
  #pages = 0;

  constructor(folder: string, tree: Tree, options: ScanOptions) {
    this.#folder = resolve(folder);
    this.#tree = tree;
    this.#options = options;
    this.#isExcluded = globsOf(options.exclude);
    this.#isSelected = options.select === undefined ? () => true : selectorOf(options.select);
    for (const { path, why } of tree.refused) this.#unread.push({ path, message: why });
  }

  async readPages(): Promise<void> {
    const { signal, onPage } = this.#options;
    const pages = this.#tree.files.filter(
      (path) => pageEndings.test(path) && !/(^|\/)\./.test(path) && !this.#isExcluded(path),
    );
    for (const [done, path] of pages.entries()) {
      signal?.throwIfAborted();
      await this.#readPage(path);
      onPage?.(done + 1, pages.length);
    }
  }

  async #readPage(path: string): Promise<void> {
    const file = join(this.#folder, path);
    let bytes: Uint8Array;
    try {
      const { size } = await stat(file);
      if (size > maxPageBytes) {
        this.#unread.push({ path, message: `a page of ${size} bytes; up to ${maxPageBytes} are read` });
        return;
      }
      bytes = await readFile(file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#unread.push({ path, message: `it cannot be read (${code})` });
      return;
    }
    this.#pages++;
    const { title, base, images } = readPage(bytes, path);
    const from = pageUrl(path, this.#options.base, base);
    for (const image of images) this.#take(image, from, { page: path, ...(title ? { title } : {}) });
  }

  #take(image: PageImage, from: URL, { page, title }: Place): void {
    const found: { id: string; written: string }[] = [];
    let why: { reason: PassedOverReason; what: string } | undefined;
    for (const { url } of image.offers) {
      const there = this.#find(url, from);
      if ('reason' in there) why ??= there;
      else if (this.#isExcluded(there.id)) why ??= { reason: 'excluded', what: there.id };
      else found.push(there);
    }
    const [best] = found;
    if (best && image.ignored) why = { reason: 'ignored', what: best.id };
    else if (best && !this.#isSelected(image.element)) why = { reason: 'not-selected', what: best.id };
    else if (best) {
      const { alt, caption, meta } = image;
      const picture = this.#picture(best.id);
      const place: Place = {
        page,
        ...(alt && { alt }),
        ...(caption && { caption }),
        ...(title && { title }),
      };
      // `<noscript>` repeats what scripts load late.
      const start = picture.places.findLastIndex((other) => other.page !== page) + 1;
      const isNew = picture.places.slice(start).every((other) => !isDeepStrictEqual(other, place));
      if (isNew) picture.places.push(place);
      if (Object.keys(picture.meta).length === 0) picture.meta = meta;
      for (const { id, written } of found) picture.aliases.push(id, written);
      return;
    }
    if (why) this.#pass(why.reason, why.what);
  }

  #find(
    url: string,
    from: URL,
  ): { id: string; written: string } | { reason: PassedOverReason; what: string } {
    const located = locate(url, from, this.#options.base);
    if ('not' in located) return { reason: located.not, what: url.length > 4096 ? shortened(url) : url };
    const { path } = located;
    const id = this.#tree.find(path) ?? (this.#outside.has(path) ? path : undefined);
    if (id === undefined) return { reason: this.#tree.leadsOut(path) ? 'outside' : 'missing', what: path };
    if (unreadFormatOf(id) && !pictureEndings.test(id)) return { reason: 'format', what: id };
    return { id, written: path };
  }

  #picture(id: string): FoundPicture {
    const there = this.#pictures.get(id);
    if (there) return there;
    const file = this.#outside.get(id) ?? join(this.#folder, id);
    const picture: FoundPicture = { id, file, places: [], aliases: [], meta: {} };
    this.#pictures.set(id, picture);
    return picture;
  }

  #pass(reason: PassedOverReason, what: string): void {
    const list = this.#passedOver.get(reason);
    if (list) list.add(what);
    else this.#passedOver.set(reason, new Set([what]));
  }

  /** The pictures of folders outside of the site, which pages may show. */
  async listOutside(): Promise<void> {
    for (const { folder, servedAt, inside } of this.#options.pictures) {
      if (inside) continue;
      const tree = await listTree(folder);
      for (const { path, why } of tree.refused) this.#unread.push({ path: join(folder, path), message: why });
      for (const path of tree.files) this.#outside.set(within(servedAt, path), join(folder, path));
    }
  }

  readPictures({ servedAt, inside }: PictureFolder): void {
    const paths = inside ? this.#tree.files : [...this.#outside.keys()].sort(byUnits);
    const below = servedAt === '' ? '' : `${servedAt}/`;
    for (const path of paths) {
      if (!path.startsWith(below) || /(^|\/)\./.test(path.slice(below.length))) continue;
      if (!pictureEndings.test(path)) {
        if (unreadFormatOf(path)) this.#pass('format', path);
      } else if (this.#isExcluded(path)) this.#pass('excluded', path);
      else this.#picture(path);
    }
  }

  result(): Scan {
    const pictures = [...this.#pictures.values()].sort((a, b) => byUnits(a.id, b.id));
    const taken = new Set(this.#pictures.keys());
    for (const picture of pictures) {
      picture.aliases = picture.aliases.filter((path) => {
        if (taken.has(path)) return false;
        taken.add(path);
        return true;
      });
    }
    // What one page leaves out and another shows is not left out.
    for (const reason of ['ignored', 'not-selected'] as const) {
      const list = this.#passedOver.get(reason);
      for (const id of list ?? []) if (this.#pictures.has(id)) list!.delete(id);
      if (list?.size === 0) this.#passedOver.delete(reason);
    }
    return {
      pages: this.#pages,
      pictures,
      passedOver: this.#passedOver,
      unread: this.#unread,
      suggestedBase: this.#suggestBase(),
    };
  }

  /** Pages that were built for `/blog/` name files of it: without that prefix they would be found. */
  #suggestBase(): string | undefined {
    const missing = this.#passedOver.get('missing');
    if (!missing || this.#pictures.size > 0) return undefined;
    const firsts = new Set([...missing].map((path) => path.slice(0, path.indexOf('/') + 1)));
    const [first] = firsts;
    if (firsts.size !== 1 || !first) return undefined;
    const found = [...missing].filter((path) => this.#tree.find(path.slice(first.length)) !== undefined);
    return found.length > 0 ? `${this.#options.base.path}${first}` : undefined;
  }
}

/** What is counted need not stay in memory: `data:` URLs may be megabytes each. */
const shortened = (url: string): string => createHash('sha256').update(url).digest('hex');

const within = (servedAt: string, path: string): string => (servedAt === '' ? path : `${servedAt}/${path}`);

/** @throws LikenessError `not-found` where there is nothing to index */
export function checkFound({ pages, pictures, suggestedBase, passedOver }: Scan, folder: string): void {
  if (pictures.length > 0) return;
  const count = (reason: PassedOverReason): number => passedOver.get(reason)?.size ?? 0;
  const why =
    pages === 0
      ? `There is no HTML in ${folder}: name the built site's folder, or with --pictures the folder of its pictures.`
      : suggestedBase !== undefined
        ? `The ${pages} pages in ${folder} show no picture that is in it. They name files below ${suggestedBase}: --base ${suggestedBase} says that the site is served there.`
        : count('not-selected') > 0
          ? `The selector matches no picture of the ${pages} pages in ${folder}. It has to match images: "main img", not "main".`
          : `The ${pages} pages in ${folder} show no picture that is in it.`;
  throw new LikenessError('not-found', why);
}
