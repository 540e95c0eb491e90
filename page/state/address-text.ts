import type { Region } from 'likeness-search';

export type View = 'pictures' | 'duplicates' | 'map';
export type Sort = 'added' | 'name' | 'date';

/** A picture of a query: one of the index by its id, or a file of the person's by its content (`state/asked-files.ts`). */
export type AskedPart = {
  weight: 1 | -1;
  region?: Region;
} & ({ id: string } | { file: string });

/** What the page shows, as its URL says it: it can be reloaded, bookmarked and gone back to. */
export interface Address {
  view: View;
  /** The query; with one, the view is its results. */
  query: AskedPart[];
  /** Results farther away are left out. */
  maxDistance?: number;
  /** Pictures below this folder only. */
  folder?: string;
  /** Pictures whose path contains this only. */
  name?: string;
  sort?: Sort;
  /** The picture that is open in the viewer. */
  picture?: string;
  /** In its place: a file of the query that is open in the viewer. */
  pictureFile?: string;
  /** Of the view of duplicates: pairs up to this distance. */
  threshold?: number;
}

const views: readonly string[] = ['pictures', 'duplicates', 'map'];
const sorts: readonly string[] = ['added', 'name', 'date'];
const own = new Set([
  'view',
  'like',
  'unlike',
  'like-file',
  'unlike-file',
  'region',
  'within',
  'folder',
  'name',
  'sort',
  'picture',
  'picture-file',
  'threshold',
]);

/** Half of a surrogate pair, which an id may have and a URL may not, is written as `\ud800`; a backslash is doubled. */
const escaped = (text: string): string =>
  text.replace(/\\|\p{Surrogate}/gu, (one) =>
    one === '\\' ? '\\\\' : `\\u${one.charCodeAt(0).toString(16)}`,
  );

/** Any other backslash is itself: people type paths. */
const unescaped = (text: string): string =>
  text.replace(/\\(?:\\|u(d[89a-f][0-9a-f]{2}))/gi, (_, code?: string) =>
    code === undefined ? '\\' : String.fromCharCode(Number.parseInt(code, 16)),
  );

const numberIn = (text: string | null, max: number): number | undefined => {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return value >= 0 && value <= max ? value : undefined;
};

function regionIn(text: string): Region | undefined {
  const values = text.split(',').map((one) => (/^\s*\d+\s*$/.test(one) ? Number(one) : Number.NaN));
  const [x, y, width, height] = values as [number, number, number, number];
  return values.length === 4 && values.every(Number.isSafeInteger) && width > 0 && height > 0
    ? { x, y, width, height }
    : undefined;
}

/** Reads the query string of a URL. What cannot be understood is passed over: addresses are typed and shortened. */
export function parseAddress(search: string): Address {
  const parameters = new URLSearchParams(search);
  const query: AskedPart[] = [];
  // A region is of the picture before it; that of a picture without a name is of none.
  let last: AskedPart | undefined;
  for (const [name, value] of parameters) {
    const part = /^(un)?like(-file)?$/.exec(name);
    if (part) {
      const weight = part[1] ? -1 : 1;
      last =
        value === ''
          ? undefined
          : part[2]
            ? { file: unescaped(value), weight }
            : { id: unescaped(value), weight };
      if (last) query.push(last);
    } else if (name === 'region' && last) {
      const region = regionIn(value);
      if (region) last.region = region;
    }
  }
  const address: Address = { view: 'pictures', query };
  const view = parameters.get('view');
  if (view !== null && views.includes(view)) address.view = view as View;
  const sort = parameters.get('sort');
  if (sort !== null && sorts.includes(sort)) address.sort = sort as Sort;
  for (const name of ['folder', 'name', 'picture'] as const) {
    const text = parameters.get(name);
    if (text !== null && text !== '') address[name] = unescaped(text);
  }
  const file = parameters.get('picture-file');
  if (file !== null && file !== '') address.pictureFile = unescaped(file);
  const maxDistance = numberIn(parameters.get('within'), 2);
  if (maxDistance !== undefined) address.maxDistance = maxDistance;
  const threshold = numberIn(parameters.get('threshold'), 2);
  if (threshold !== undefined) address.threshold = threshold;
  return address;
}

/**
 * The query string of an address, `''` or beginning with `?`.
 *
 * @param before the one of now: what is not ours in it stays (`model`, `device`, `threads`)
 */
export function formatAddress(address: Address, before: string): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(before)) if (!own.has(name)) parameters.append(name, value);
  if (address.view !== 'pictures') parameters.append('view', address.view);
  for (const part of address.query) {
    const sign = part.weight > 0 ? 'like' : 'unlike';
    if ('id' in part) parameters.append(sign, escaped(part.id));
    else parameters.append(`${sign}-file`, escaped(part.file));
    if (part.region) {
      const { x, y, width, height } = part.region;
      parameters.append('region', [x, y, width, height].join(','));
    }
  }
  if (address.maxDistance !== undefined) parameters.append('within', String(address.maxDistance));
  for (const name of ['folder', 'name', 'sort', 'picture'] as const) {
    const text = address[name];
    if (text !== undefined && text !== '') parameters.append(name, escaped(text));
  }
  const { pictureFile = '' } = address;
  if (pictureFile !== '') parameters.append('picture-file', escaped(pictureFile));
  if (address.threshold !== undefined) parameters.append('threshold', String(address.threshold));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
