import { computed, effect, signal, untracked } from '@preact/signals';
import type { Histogram, Hit } from 'likeness-search';
import { queryTexts } from '../texts/query.ts';
import { type AskedPart, address } from './address.ts';
import { afterPaint } from './after-paint.ts';
import { exactCopies } from './copies.ts';
import { filterKey, isFilterKnown, passing } from './filter-now.ts';
import { type Answering, answering } from './first-answers.ts';
import { fineBins } from './histogram.ts';
import { openingError, search } from './library.ts';
import { pictures } from './pictures.ts';
import { loadedCount, placeToRestore } from './places.ts';
import { explainQuery } from './query-errors.ts';
import { firstHits, forgetVectors, NotReady, type Parts } from './query-input.ts';
import { running } from './tasks.ts';

/** What a query found so far. */
export interface Results {
  readonly key: string;
  readonly query: readonly AskedPart[];
  /** Nearest first. */
  readonly hits: readonly Hit[];
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
  return found.isWhole || found.hits.at(-1)!.distance > maxDistance;
});

/** How many hits there will be; `undefined` where that is not known yet. */
export const shownCount = computed(() => {
  if (isComplete.value) return shownHits.value.length;
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

/** A query, and the pictures that take part. */
interface Asked {
  query: Parts['query'];
  among: { exclude: string[]; filter?: string[] };
}

/** Asks anew; where only the index has changed, the person keeps as many results as there were. */
async function run(library: Answering): Promise<void> {
  turn.abort();
  const mine = new AbortController();
  turn = mine;
  const key = queryKey.value;
  const { query } = address.value;
  const before = results.value?.key === key ? results.value : undefined;
  // As many as there were: when this entry of the history was left, or before the index changed.
  const wanted = Math.max(before?.hits.length ?? 0, placeToRestore.value?.loaded ?? 0);
  const k = Math.max(pageSize, wanted);
  isSearching.value = true;
  isLoadingMore = false;
  resultsError.value = undefined;
  isWaiting.value = false;
  const { signal } = mine;
  try {
    searched = passing.peek();
    const filter = searched && [...searched];
    const given = filter ? { filter } : {};
    const { parts, hits } = await firstHits(query, library, { ...given, k, signal });
    const among = { exclude: parts.exclude, ...given };
    signal.throwIfAborted();
    asked = { query: parts.query, among };
    results.value = {
      key,
      query,
      // What is drawn stays, where nothing is new.
      hits: before && isSame(before.hits, hits) ? before.hits : hits,
      isWhole: hits.length < k,
      ...(before?.histogram ? { histogram: before.histogram } : {}),
    };
    isSearching.value = false;
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

const isSame = (before: readonly Hit[], now: readonly Hit[]): boolean =>
  before.length === now.length &&
  now.every(({ id, distance }, n) => before[n]!.id === id && before[n]!.distance === distance);

let isLoadingMore = false;

/** Appends the next page. */
export async function loadMore(): Promise<void> {
  const found = results.value;
  const library = answering.value;
  if (!found || !library || !asked || isLoadingMore || isSearching.value || isComplete.value) return;
  isLoadingMore = true;
  const { signal } = turn;
  try {
    const offset = found.hits.length;
    const next = await library.query(asked.query, { ...asked.among, k: pageSize, offset, signal });
    if (signal.aborted || results.value?.hits.length !== offset) return;
    results.value = { ...results.value, hits: [...found.hits, ...next], isWhole: next.length < pageSize };
  } catch (error) {
    if (!signal.aborted) resultsError.value = explainQuery(error, found.query);
  } finally {
    if (!signal.aborted) isLoadingMore = false;
  }
}

/** Pictures that change in a row are followed once in so long. */
const followMs = 1000;
/** Counts changes of the index. */
const indexVersion = signal(0);

function followIndex(): void {
  effect(() => {
    const library = search.value;
    if (!library) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = library.onChange(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        indexVersion.value++;
      }, followMs);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  });
}

/** Pictures that a filter lets through come and go in a row, too, while a folder is read. */
function followFilter(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  effect(() => {
    if (passing.value === searched || timer !== undefined) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        last = performance.now();
        // A new filter is another query, which was asked meanwhile.
        if (passing.peek() !== searched) indexVersion.value++;
      },
      Math.max(0, last + followMs - performance.now()),
    );
  });
}

/** Searches whenever the address's query or filter changes, or the index does. */
export function followQuery(): void {
  followIndex();
  followFilter();
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
  effect(() => {
    loadedCount.value = results.value?.hits.length ?? 0;
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
