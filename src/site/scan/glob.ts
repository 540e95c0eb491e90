import picomatch from 'picomatch';

/**
 * Whether a path within the site fits one of the patterns. `*` is within a folder, `**` goes over folders; a pattern
 * without `/` fits a name in any folder, one that ends in `/` a folder with all that is in it.
 */
export function globsOf(patterns: readonly string[]): (path: string) => boolean {
  const tests = patterns.map((pattern) => {
    const from = pattern.replace(/^\.?\//, '');
    const glob = from.endsWith('/') ? `${from}**` : from;
    return picomatch(glob, { dot: true, basename: !from.includes('/') });
  });
  return (path) => tests.some((test) => test(path));
}
