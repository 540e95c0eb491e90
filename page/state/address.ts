import { signal } from '@preact/signals';
import { type Address, formatAddress, parseAddress } from './address-text.ts';
import { followPlaces, pushEntry, replaceEntry, stepsBackTo } from './places.ts';

export type { Address, AskedPart, Sort, View } from './address-text.ts';

/** Where the page is. `go` changes it, and so do Back and Forward. */
export const address = signal<Address>(parseAddress(location.search));

/** The href of an address: for links, which can be opened in a tab of their own. */
export const hrefOf = (to: Address): string => `${location.pathname}${formatAddress(to, location.search)}`;

/**
 * Goes to an address: `{ ...address.value, sort: 'name' }`. A new view begins at its top; what opens over it (`picture`)
 * leaves it where it is.
 *
 * @param options.replace no new entry of the history: for what changes while a person drags a slider
 */
export function go(to: Address, { replace = false }: { replace?: boolean } = {}): void {
  if (replace) {
    address.value = to;
    writeSoon();
    return;
  }
  writeNow();
  const href = hrefOf(to);
  if (href === `${location.pathname}${location.search}`) replaceEntry(href);
  else pushEntry(href, { stays: underlying(to) === underlying(address.value) });
  address.value = to;
}

/** An address without what lies over its view. */
const underlying = (whole: Address): string => formatAddress(withoutPicture(whole), '');

/** Which pictures an address leaves, and in which order: they stay while views change, and queries search these only. */
export function filterOf({ folder, name, sort }: Address): Pick<Address, 'folder' | 'name' | 'sort'> {
  return { ...(folder ? { folder } : {}), ...(name ? { name } : {}), ...(sort ? { sort } : {}) };
}

/** An address with nothing open in the viewer. */
export function withoutPicture({ picture: _, pictureFile: __, ...rest }: Address): Address {
  return rest;
}

/**
 * Our own way back: to the nearest address behind us that fits, so that the scroll position comes back, too. Where this
 * visit has none, to `otherwise`.
 *
 * @param fits default: it is `otherwise`
 */
export function back(otherwise: Address, fits?: (address: Address) => boolean): void {
  writeNow();
  const wanted = formatAddress(otherwise, '');
  const steps = stepsBackTo((search) => {
    const there = parseAddress(search);
    return fits ? fits(there) : formatAddress(there, '') === wanted;
  });
  if (steps === undefined) go(otherwise);
  else history.go(-steps);
}

/** Back to the list of pictures, as the person left it: its filter, its place. */
export const backToPictures = (): void =>
  back(
    { view: 'pictures', query: [], ...filterOf(address.value) },
    ({ view, query, picture, pictureFile }) =>
      view === 'pictures' && query.length === 0 && picture === undefined && pictureFile === undefined,
  );

/** Browsers refuse more than a hundred changes of the history in half a minute. */
const restMs = 400;
let timer: ReturnType<typeof setTimeout> | undefined;

function writeSoon(): void {
  timer ??= setTimeout(writeNow, restMs);
}

/** Brings the browser's address up to ours. */
function writeNow(): void {
  if (timer === undefined) return;
  clearTimeout(timer);
  timer = undefined;
  replaceEntry(hrefOf(address.value));
}

/** Follows Back and Forward. */
export function followHistory(): void {
  addEventListener('pagehide', writeNow);
  followPlaces(() => {
    clearTimeout(timer);
    timer = undefined;
    address.value = parseAddress(location.search);
  });
}
