import { computed, effect, signal, untracked } from '@preact/signals';
import type { Histogram, Hit } from 'likeness-search';
import { queryTexts } from '../texts/query.ts';
import { type AskedPart, address } from './address.ts';
import { afterPaint } from './after-paint.ts';
import { exactCopies } from './copies.ts';
import { filterKey, isFilterKnown, passing } from './filter-now.ts';
import { type Answering, answering, isFindable } from './first-answers.ts';
import { lookAt } from './held.ts';
import { askHeld, askWhole } from './held-hits.ts';
import { fineBins } from './histogram.ts';
import { followIndex, followPictures, indexVersion } from './index-changes.ts';
import { isLooking, openingError, search } from './library.ts';
import { pictures } from './pictures.ts';
import { loadedCount, placeToRestore } from './places.ts';
import { explainQuery } from './query-errors.ts';
import { forgetVectors, NotReady, type Parts } from './query-input.ts';
import { running } from './tasks.ts';

/** What a query found so far. */
export interface Results {
  readonly key: string;
  readonly query: readonly AskedPart[];
  /** Nearest first. Those that have come since the person saw some of them, and are nearer, are not among them. */
  readonly hits: readonly Hit[];
  /** Where the next page begins in the whole answer. */
  readonly next: number;
  /** What answered: another one's answer is another list. */
  readonly library: Answering;
  /** The first hits, which were seen: they stay where they are. `within`: how many pictures are not farther than they. */
  readonly head?: { count: number; within: number };
  /** Whether there are no more. */
  readonly isWhole: boolean;
  /** How far all pictures are; it comes after the first hits. */
  readonly histogram?: Histogram;
}

/** The results of the address's query; those of before stay until the next ones are there. */
export const results = signal<Results | undefined>(undefined);
export const resultsError = signal<string | undefined>(undefined);
export const isSearching = signal(false);
/** Why there are no results yet, while nothing is wrong. */
export const isWaiting = signal(false);

/** Tells queries apart, and which pictures they search. */
export const queryKey = computed(() => JSON.stringify(address.value.query) + filterKey.value);

/** What was found; the same list where only the histogram came. */
const hitsFound = computed(() => results.value?.hits);
const queryFound = computed(() => results.value?.query);

/** Exact copies of the query's pictures: known to the person, and in nobody's interest. */
export const copies = computed(() => {
  const [query, hits] = [queryFound.value, hitsFound.value];
  return query && hits ? exactCopies(query, hits, pictures.value) : [];
});

let shownLast: readonly Hit[] = [];

/**
 * What is shown: up to the distance of the address, without exact copies. A picture that is on its way into the index is
 * found a moment before the page has its shape, and comes with it.
 */
export const shownHits = computed<readonly Hit[]>(() => {
  const { maxDistance = Number.POSITIVE_INFINITY } = address.value;
  const hidden = new Set(copies.value);
  const known = pictures.value;
  const shown = (hitsFound.value ?? []).filter(
    (hit) => hit.distance <= maxDistance && !hidden.has(hit) && known.has(hit.id),
  );
  // Pictures change all the time while others are read: the same list draws nothing anew.
  if (shown.length !== shownLast.length || shown.some((hit, at) => hit !== shownLast[at])) shownLast = shown;
  return shownLast;
});

/** Whether all that belongs to the address is there. */
export const isComplete = computed(() => {
  const found = results.value;
  if (!found) return false;
  const { maxDistance = Number.POSITIVE_INFINITY } = address.value;
  return found.isWhole || (found.hits.at(-1)?.distance ?? 0) > maxDistance;
});

/** How many new hits belong among those that the person has seen: they wait until the person asks for them. */
export const waitingCount = computed(() => {
  const { hits = [], head } = results.value ?? {};
  if (!head) return 0;
  const known = pictures.value;
  const there = hits.slice(0, head.count).filter(({ id }) => {
    const picture = known.get(id);
    return picture && isFindable(picture);
  });
  return Math.max(0, head.within - there.length);
});

/** How many hits there will be; `undefined` where that is not known yet. */
export const shownCount = computed(() => {
  if (isComplete.value) return shownHits.value.length + waitingCount.value;
  const found = results.value;
  if (!found?.histogram) return undefined;
  const { maxDistance } = address.value;
  if (maxDistance !== undefined)
    return countWithin.value?.distance === maxDistance
      ? countWithin.value.count - copies.value.length
      : undefined;
  const { counts, below, above } = found.histogram;
  return counts.reduce((sum, count) => sum + count, below + above) - copies.value.length;
});
const countWithin = signal<{ distance: number; count: number } | undefined>(undefined);

const pageSize = 60;

let turn = new AbortController();
let asked: Asked | undefined;
/** The pictures that were searched last. */
let searched: ReadonlySet<string> | undefined;
/** Hits that the page does not know yet: the index has them a moment before. */
let unknown: readonly string[] = [];
/** How many of the hits, from the first on, the person has seen. */
let seen = 0;

/** Notes that a hit, and with it those before it, was on the screen. */
export function noteSeenHit(id: string): void {
  const at = results.value?.hits.findIndex((hit) => hit.id === id) ?? -1;
  seen = Math.max(seen, at + 1);
}

/** A query, and the pictures that take part. */
interface Asked {
  query: Parts['query'];
  among: { exclude: string[]; filter?: string[] };
}

/**
 * Asks anew. Where only the index has changed, what the person has seen stays, and there are as many results as there were.
 *
 * @param isWhole whether those come too that waited
 */
async function run(library: Answering, isWhole = false): Promise<void> {
  turn.abort();
  const mine = new AbortController();
  turn = mine;
  const key = queryKey.value;
  const { query } = address.value;
  const before = results.value?.key === key ? results.value : undefined;
  const head = before && !isWhole && before.library === library ? before.hits.slice(0, seen) : [];
  // As many as there were: when this entry of the history was left, or before the index changed.
  const wanted = Math.max(before?.next ?? 0, placeToRestore.value?.loaded ?? 0);
  isSearching.value = true;
  // What was asked for meanwhile comes after it: who asked does so once.
  wantsMore = before !== undefined && (wantsMore || isLoadingMore);
  isLoadingMore = false;
  resultsError.value = undefined;
  isWaiting.value = false;
  const { signal } = mine;
  try {
    searched = passing.peek();
    const filter = searched && [...searched];
    const how = { ...(filter ? { filter } : {}), signal };
    const answer =
      head.length > 0
        ? await askHeld(library, query, head, { ...how, k: Math.max(pageSize, before!.hits.length) })
        : await askWhole(library, query, { ...how, k: Math.max(pageSize, wanted) });
    const { parts, isWhole: isAll, next, within } = answer;
    signal.throwIfAborted();
    const hits = answer.hits.filter(({ id }, at) => at < head.length || isKnown(id));
    unknown = answer.hits.filter((hit) => !hits.includes(hit)).map(({ id }) => id);
    const among = { exclude: parts.exclude, ...(filter ? { filter } : {}) };
    asked = { query: parts.query, among };
    const isOld = before !== undefined && isSame(before.hits, hits);
    if (!isOld && within === undefined) seen = 0;
    results.value = {
      key,
      query,
      // What is drawn stays, where nothing is new.
      hits: isOld ? before.hits : hits,
      isWhole: isAll,
      next,
      library,
      ...(within === undefined ? {} : { head: { count: head.length, within } }),
      ...(before?.histogram ? { histogram: before.histogram } : {}),
    };
    isSearching.value = false;
    if (wantsMore) void loadMore();
    // The person sees the pictures first.
    await new Promise<void>((done) => afterPaint(done));
    signal.throwIfAborted();
    const histogram = await library.distances(parts.query, { ...among, bins: fineBins, signal });
    signal.throwIfAborted();
    results.value = { ...results.value, histogram };
  } catch (error) {
    if (signal.aborted) return;
    isSearching.value = false;
    if (error instanceof NotReady) isWaiting.value = true;
    else {
      results.value = undefined;
      resultsError.value = explainQuery(error, query);
    }
  }
}

/** After a reload nobody knows yet which pictures there are. */
const isKnown = (id: string): boolean => isLooking.peek() || pictures.peek().has(id);

/** Shows what waited, and brings the first of it before the person's eyes. */
export async function showWaiting(): Promise<void> {
  const library = answering.value;
  if (!library) return;
  const before = new Set(results.value?.hits.map(({ id }) => id));
  await run(library, true);
  lookAt.value = shownHits.value.find(({ id }) => !before.has(id))?.id;
}

const isSame = (before: readonly Hit[], now: readonly Hit[]): boolean =>
  before.length === now.length &&
  now.every(({ id, distance }, n) => before[n]!.id === id && before[n]!.distance === distance);

let isLoadingMore = false;
/** The next page was asked for while there was no answer to append it to. */
let wantsMore = false;

/** Appends the next page; while a search is under way, after it. */
export async function loadMore(): Promise<void> {
  const found = results.value;
  const library = answering.value;
  if (!found || isLoadingMore || isComplete.value) return;
  if (!library || !asked || isSearching.value) {
    wantsMore = found.key === queryKey.value;
    return;
  }
  wantsMore = false;
  isLoadingMore = true;
  const { signal } = turn;
  try {
    const offset = found.next;
    const more = await library.query(asked.query, { ...asked.among, k: pageSize, offset, signal });
    if (signal.aborted || results.value?.next !== offset) return;
    const there = new Set(found.hits.map(({ id }) => id));
    const hits = [...found.hits, ...more.filter(({ id }) => !there.has(id))];
    results.value = { ...results.value, hits, next: offset + more.length, isWhole: more.length < pageSize };
  } catch (error) {
    if (!signal.aborted) resultsError.value = explainQuery(error, found.query);
  } finally {
    if (!signal.aborted) isLoadingMore = false;
  }
}

/** Searches whenever the address's query or filter changes, or the index does. */
export function followQuery(): void {
  followIndex();
  followPictures(() => ({ searched, unknown }));
  let last: { key: string; library: Answering | undefined; version: number; ready: string } | undefined;
  let model: Answering | undefined;
  effect(() => {
    const key = queryKey.value;
    const library = answering.value;
    const isKnown = isFilterKnown.value;
    const version = indexVersion.value;
    // A picture that is asked for may become ready without a change of the index that we hear of.
    const ready = `${isKnown}${readiness(address.value.query)}`;
    if (last?.key === key && last.library === library && last.version === version && last.ready === ready)
      return;
    if (model !== search.value) forgetVectors();
    model = search.value;
    last = { key, library, version, ready };
    untracked(() => {
      const isAsked = address.value.query.length > 0;
      if (isAsked && library && isKnown) void run(library);
      else {
        turn.abort();
        results.value = undefined;
        resultsError.value = undefined;
        isSearching.value = isAsked && library !== undefined;
        isWaiting.value = isAsked && !isSearching.value;
      }
    });
  });
  followWork();
  followDistance();
  effect(() => {
    loadedCount.value = results.value?.next ?? 0;
  });
  followCount();
}

const readiness = (query: readonly AskedPart[]): string =>
  query
    .map((part) => {
      const picture = 'id' in part ? pictures.value.get(part.id) : undefined;
      return `${picture?.indexed ?? ''}${picture?.url ?? ''}`;
    })
    .join('\n');

/** Asks again when the work that a picture was awaited from has ended. */
function followWork(): void {
  effect(() => {
    const library = answering.value;
    if (!isWaiting.value || !library || running.value) return;
    // One piece of work follows another.
    const timer = setTimeout(() => void run(library), 300);
    return () => clearTimeout(timer);
  });
}

/** Another greatest distance shows other results: what waited is among them. */
function followDistance(): void {
  let last: number | undefined;
  effect(() => {
    const { maxDistance } = address.value;
    if (maxDistance === last) return;
    last = maxDistance;
    const library = answering.peek();
    if (waitingCount.peek() > 0 && library) untracked(() => void run(library, true));
  });
}

/** Counts the pictures up to the distance of the address, where the hits that are there do not tell. */
function followCount(): void {
  effect(() => {
    const { maxDistance: distance } = address.value;
    const found = results.value;
    const library = answering.value;
    if (distance === undefined || !found || !library || isComplete.value) return;
    const now = asked;
    if (!now) return;
    const { signal } = turn;
    const timer = setTimeout(async () => {
      const edges = [-1, distance];
      const counted = await library
        .distances(now.query, { ...now.among, edges, signal })
        .catch(() => undefined);
      if (counted && !signal.aborted) countWithin.value = { distance, count: counted.counts[0]! };
    }, 100);
    return () => clearTimeout(timer);
  });
}

/** What is said where there are no results. */
export const resultsNotice = computed(
  () =>
    resultsError.value ??
    // Without a model there will be none.
    (isWaiting.value ? (openingError.value ?? queryTexts.value.notYet) : undefined),
);
