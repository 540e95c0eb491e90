const ownScript = (): string => ((import.meta as { url?: string }).url ?? '').replace(/[?#].*/, '');
const isOfPackage = (script: string): boolean => /\/dist\/elements\/[^/]*$/.test(script);

/**
 * The folder with `index.json`: what the attribute says, else where the element's script lies. A script that a bundler
 * has moved, or that comes from the package's folder, lies elsewhere: then it is `/likeness/` of the page's origin.
 *
 * @param given relative to the page
 * @returns an absolute URL with a slash at its end
 */
export function indexFolder(given: string): string {
  const own = ownScript();
  const isBesideIndex = /^https?:.*\/(similar|search)\.js$/.test(own) && !isOfPackage(own);
  const url = new URL(given || (isBesideIndex ? new URL('./', own) : '/likeness/'), document.baseURI);
  url.pathname = url.pathname.replace(/\/?(index\.json)?$/, '/');
  url.search = url.hash = '';
  return url.href;
}

/**
 * The folder with `likeness.js`, a copy of the package's `dist/web/`: what the attribute says, else that folder where the
 * script is in the package, else where an index would be.
 */
export function libraryFolder(given: string): string {
  const own = ownScript();
  return indexFolder(given || (isOfPackage(own) && /^https?:/.test(own) ? new URL('../web/', own).href : ''));
}
