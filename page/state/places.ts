import { signal } from '@preact/signals';

/** How an entry of the history was left. */
export interface Place {
  /** Pixels scrolled. */
  top: number;
  /** The picture that had the focus. */
  focused?: string;
  /** How many results were there. */
  loaded?: number;
}

interface Entry {
  href: string;
  place?: Place;
}

/** What `history.state` says of an entry: which visit it is of, and the how manieth it is there. */
interface EntryState {
  visit: string;
  depth: number;
}

const stored = 'likeness-places';

/** Entries of this visit, from its first one on. The browser tells only of the present one. */
let trail: Entry[] = [];
let visit = '';
let depth = 0;

const here = (): string => `${location.pathname}${location.search}`;
const stateNow = (): EntryState | undefined => {
  const state = history.state as Partial<EntryState> | null;
  return typeof state?.visit === 'string' && typeof state.depth === 'number'
    ? (state as EntryState)
    : undefined;
};

/** Focus that the view has to give back, and results that it has to have again, after Back, Forward and reload. */
export const placeToRestore = signal<Place | undefined>(undefined);

/** How many results are there: told by `state/results.ts`. */
export const loadedCount = signal(0);

let moved = false;

/** Whether the person has gone anywhere since the page was opened. */
export const hasMoved = (): boolean => moved;

function placeNow(): Place {
  const focused = document.activeElement?.closest<HTMLElement>('#main [data-id]')?.dataset.id;
  return {
    top: scrollY,
    ...(focused === undefined ? {} : { focused }),
    ...(loadedCount.value > 0 ? { loaded: loadedCount.value } : {}),
  };
}

/** Remembers how the present entry is left. */
export function leaveEntry(): void {
  trail[depth] = { href: here(), place: placeNow() };
}

/**
 * Makes an entry of the history, which begins at the top.
 *
 * @param options.stays it begins where the page is: something opens over the view
 */
export function pushEntry(href: string, { stays }: { stays: boolean }): void {
  leaveEntry();
  moved = true;
  depth++;
  trail.length = depth;
  trail.push({ href });
  placeToRestore.value = undefined;
  history.pushState({ visit, depth } satisfies EntryState, '', href);
  if (!stays) restoreScroll(0);
}

/** Changes the address of the present entry. */
export function replaceEntry(href: string): void {
  trail[depth] = { ...trail[depth], href };
  history.replaceState({ visit, depth } satisfies EntryState, '', href);
}

/** How many steps back the nearest entry is whose query string fits; `undefined` where this visit has none. */
export function stepsBackTo(fits: (search: string) => boolean): number | undefined {
  for (let at = depth - 1; at >= 0; at--) {
    const entry = trail[at];
    if (entry?.href && fits(new URL(entry.href, location.href).search)) return depth - at;
  }
  return undefined;
}

/**
 * Begins to follow the history.
 *
 * @param onMove told that the browser went Back or Forward
 */
export function followPlaces(onMove: () => void): void {
  history.scrollRestoration = 'manual';
  const state = stateNow();
  visit = state?.visit ?? `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  depth = state?.depth ?? 0;
  if (state) trail = readTrail();
  history.replaceState({ visit, depth } satisfies EntryState, '');
  const place = trail[depth]?.place;
  trail[depth] = { href: here() };
  if (place) {
    const { focused: _, ...rest } = place; // a reload has no focus to give back
    placeToRestore.value = rest;
    restoreScroll(place.top);
  }
  addEventListener('popstate', () => {
    const next = stateNow();
    moved = true;
    leaveEntryBehind();
    if (!next) {
      // A link to a fragment of the page made an entry: the browser has scrolled.
      trail.length = depth + 1;
      depth++;
      trail.push({ href: here() });
      history.replaceState({ visit, depth } satisfies EntryState, '');
      return;
    }
    if (next.visit !== visit) {
      visit = next.visit;
      trail = [];
    }
    depth = next.depth;
    const left = trail[depth]?.place;
    trail[depth] = { ...(left ? { place: left } : {}), href: here() };
    placeToRestore.value = left;
    onMove();
    restoreScroll(left?.top ?? 0);
  });
  addEventListener('pagehide', () => {
    leaveEntry();
    try {
      sessionStorage.setItem(stored, JSON.stringify({ visit, trail }));
    } catch {
      // Where storage is blocked, a reload begins at the top.
    }
  });
}

/** The address has changed already; how the page looks has not. */
function leaveEntryBehind(): void {
  const entry = trail[depth];
  if (entry) entry.place = placeNow();
}

function readTrail(): Entry[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(stored) ?? 'null') as {
      visit: string;
      trail: (Entry | null)[];
    } | null;
    return kept?.visit === visit ? kept.trail.map((entry) => entry ?? { href: '' }) : [];
  } catch {
    return [];
  }
}

const patienceMs = 10_000;

/** Ends the wait for a place that is not there yet. */
let stopWaiting: () => void = () => {};

/** Scrolls there as soon as the page is that long, unless the person scrolls first. */
function restoreScroll(top: number): void {
  stopWaiting();
  const isThere = (): boolean => {
    const longest = document.documentElement.scrollHeight - innerHeight;
    if (longest < top - 1) return false;
    scrollTo({ top, behavior: 'instant' });
    return true;
  };
  const ending = new AbortController();
  const { signal } = ending;
  const observer = new ResizeObserver(() => {
    if (isThere()) stopWaiting();
  });
  const timer = setTimeout(() => stopWaiting(), patienceMs);
  stopWaiting = () => {
    ending.abort();
    observer.disconnect();
    clearTimeout(timer);
    stopWaiting = () => {};
  };
  for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown'])
    addEventListener(type, stopWaiting, { signal, passive: true });
  // The view of the address is drawn before the next frame.
  requestAnimationFrame(() => {
    if (signal.aborted) return;
    if (isThere()) stopWaiting();
    else observer.observe(document.body);
  });
}
