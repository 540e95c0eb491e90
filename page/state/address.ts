import { signal } from '@preact/signals';
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
  'threshold',
]);

const numberIn = (text: string | null, max: number): number | undefined => {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return value >= 0 && value <= max ? value : undefined;
};

function regionIn(text: string): Region | undefined {
  const [x, y, width, height, ...more] = text.split(',').map(Number);
  const whole = [x, y, width, height].every((value) => Number.isSafeInteger(value) && value! >= 0);
  return whole && more.length === 0 && width! > 0 && height! > 0
    ? { x: x!, y: y!, width: width!, height: height! }
    : undefined;
}

/** Reads the query string of a URL. What cannot be understood is passed over: addresses are typed and shortened. */
export function parseAddress(search: string): Address {
  const parameters = new URLSearchParams(search);
  const query: AskedPart[] = [];
  for (const [name, value] of parameters) {
    const last = query.at(-1);
    if (name === 'like') query.push({ id: value, weight: 1 });
    else if (name === 'unlike') query.push({ id: value, weight: -1 });
    else if (name === 'like-file') query.push({ file: value, weight: 1 });
    else if (name === 'unlike-file') query.push({ file: value, weight: -1 });
    else if (name === 'region' && last) {
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
    if (text !== null && text !== '') address[name] = text;
  }
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
    if ('id' in part) parameters.append(sign, part.id);
    else parameters.append(`${sign}-file`, part.file);
    if (part.region) {
      const { x, y, width, height } = part.region;
      parameters.append('region', [x, y, width, height].join(','));
    }
  }
  if (address.maxDistance !== undefined) parameters.append('within', String(address.maxDistance));
  for (const name of ['folder', 'name', 'sort', 'picture'] as const) {
    const text = address[name];
    if (text !== undefined && text !== '') parameters.append(name, text);
  }
  if (address.threshold !== undefined) parameters.append('threshold', String(address.threshold));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** Where the page is. `go` changes it, and so do Back and Forward. */
export const address = signal<Address>(parseAddress(location.search));

/** The href of an address: for links, which can be opened in a tab of their own. */
export const hrefOf = (to: Address): string => `${location.pathname}${formatAddress(to, location.search)}`;

/**
 * Goes to an address: `{ ...address.value, sort: 'name' }`.
 *
 * @param options.replace no new entry of the history: for what changes while a person drags a slider
 */
export function go(to: Address, { replace = false }: { replace?: boolean } = {}): void {
  const href = hrefOf(to);
  if (replace || href === `${location.pathname}${location.search}`)
    history.replaceState(history.state, '', href);
  else {
    rememberScroll();
    history.pushState({ depth: depth() + 1 }, '', href);
  }
  address.value = to;
}

const depth = (): number => (history.state as { depth?: number } | null)?.depth ?? 0;

/** Our own way back: the history's, where this visit has one, so that the scroll position comes back too. */
export function back(otherwise: Address): void {
  if (depth() > 0) history.back();
  else go(otherwise);
}

function rememberScroll(): void {
  history.replaceState({ ...(history.state as object | null), scroll: scrollY }, '');
}

/** The scroll position that the entry of the history was left at; the view that is shown restores it once it is laid out. */
export const scrollToRestore = signal<number | undefined>(undefined);

/** Follows Back and Forward. */
export function followHistory(): void {
  history.scrollRestoration = 'manual';
  addEventListener('popstate', () => {
    scrollToRestore.value = (history.state as { scroll?: number } | null)?.scroll ?? 0;
    address.value = parseAddress(location.search);
  });
  addEventListener('pagehide', rememberScroll);
}
