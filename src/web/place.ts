import { urlOf } from '../base/checks.ts';

/** This script, where it is no module: known only while it runs for the first time. */
const classicScript = (globalThis.document?.currentScript as HTMLScriptElement | null | undefined)?.src;

/**
 * What relative URLs of a program are relative to: its page, or in a worker the worker's script; in a worker that was made
 * of a blob the site.
 */
export function programBase(): string {
  const base = globalThis.document?.baseURI ?? globalThis.location.href;
  return base.startsWith('blob:') && globalThis.origin !== 'null' ? `${globalThis.origin}/` : base;
}

/** A program's URL as an absolute one; `undefined` where it is none. */
export const programUrl = (url: string): string | undefined => urlOf(url, programBase())?.href;

/** Where this code is; `undefined` in a script that does not know, or has no place (a blob). */
function ownUrl(): URL | undefined {
  const own = (import.meta as { url?: string }).url ?? classicScript;
  if (!own) return undefined;
  const url = new URL(own, programBase());
  return url.protocol === 'blob:' || url.protocol === 'data:' ? undefined : url;
}

/**
 * The chunk of ours that holds this code, which lies beside the files that it needs. Exactly that: bundlers name chunks
 * after a module that they hold, `likeness-B5Yx_q1c.js`, and a program may be called `likeness.js`.
 */
const ownModule = /\/likeness-chunk-[0-9A-Z]{8}\.js$/;
/** Where Vite, until version 7, puts a copy of a package's modules while it serves a page, and not of its files. */
const viteCopy = /\/node_modules\/\.vite\/deps[^/]*\/[^/]*$/;

/**
 * The folder of this package's files for pages, as far as no bundler has moved them: beside our own modules; in a
 * program that a bundler without assets (esbuild, Rollup) has put into one file, in the folder `likeness/` beside that.
 *
 * @returns a URL that ends with a slash; `undefined` where this code has none
 */
export function ownFolder(): string | undefined {
  const own = ownUrl();
  return own && folderFor(own);
}

/** {@link ownFolder} of code at a URL. */
function folderFor(own: URL): string {
  const { href, pathname } = plain(own);
  if (viteCopy.test(pathname)) return href.replace(viteCopy, '/node_modules/likeness-search/dist/web/');
  return new URL(ownModule.test(pathname) ? './' : './likeness/', href).href;
}

/** Without what a server of development adds, such as Vite's `?worker_file&type=module`. */
function plain(url: URL): URL {
  const copy = new URL(url);
  copy.search = copy.hash = '';
  return copy;
}

/**
 * The URL of a file: where a bundler has put it, else in {@link ownFolder}.
 *
 * @param path in `dist/web/`
 * @param literal `new URL('./path', import.meta.url)`, of which a bundler that knows assets has made another URL;
 *   `undefined` where that cannot be known
 * @returns `undefined` in a program without a URL of its own
 */
export function placeOf(path: string, literal: () => URL | string | undefined): string | undefined {
  const own = ownUrl();
  if (!own) return undefined;
  // A script that is no module has no literals.
  const written = (import.meta as { url?: string }).url ? literal() : undefined;
  // Turbopack's are relative to the root of the site.
  return placeFor(path, own, written ? new URL(written, programBase()) : undefined);
}

/** {@link placeOf} for code at the URL `own`, in which the literal has become `found`. */
export function placeFor(path: string, own: URL, found: URL | undefined): string {
  const isMoved = found && plain(found).href !== new URL(path, plain(own)).href;
  return isMoved ? found.href : new URL(path, folderFor(own)).href;
}
