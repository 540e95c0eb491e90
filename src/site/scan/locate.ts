import { urlOf } from '../../base/checks.ts';
import { decodePath } from '../../base/decode-path.ts';

/** Where a page's URL leads. */
export type Located = { path: string } | { not: 'remote' | 'data-url' | 'outside' };

/** A host that is nobody's (RFC 2606): what is on it is on the site. */
const nowhere = 'https://site.invalid';

/** Where the site is served. */
export interface SiteBase {
  /** `/` or `/blog/`: the path under which the site's folder is served. */
  path: string;
  /** Where the site is served from, if it was said: full addresses of it are the site's own, too. */
  origin: string | undefined;
}

/** The URL of a page, by which others in it are resolved. */
export function pageUrl(page: string, { path }: SiteBase, base?: string): URL {
  const own = new URL(`${nowhere}${path}${page.split('/').map(encodeURIComponent).join('/')}`);
  return (base === undefined ? undefined : urlOf(base, own.href)) ?? own;
}

/**
 * Where a URL of a page leads: a path within the site, decoded; or why not. As in a browser, `..` ends at the root of the
 * host, `?` and `#` belong to no file.
 */
export function locate(url: string, from: URL, { path: base, origin }: SiteBase): Located {
  const resolved = urlOf(url, from.href);
  if (!resolved) return { not: 'remote' };
  if (resolved.protocol === 'data:') return { not: 'data-url' };
  if (resolved.origin !== nowhere && resolved.origin !== origin) return { not: 'remote' };
  const path = decodePath(resolved.pathname);
  const root = decodePath(base);
  if (!path.startsWith(root)) return { not: 'outside' };
  const within = path.slice(root.length);
  // Only what was written `%2e%2e%2f` is still here: servers may read it as one.
  const leaves = within.split(/[/\\]/).includes('..') || within.startsWith('/') || within.includes('\0');
  return leaves ? { not: 'outside' } : { path: within };
}
