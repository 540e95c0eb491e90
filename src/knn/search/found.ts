import { byDistance, type Scored } from './score.ts';

/** The k nearest rows of each query. */
export interface Neighbours {
  /** Places for neighbours of each query: min(k asked for, rows that take part). */
  k: number;
  /** Neighbours of each query: k, or fewer where `maxDistance` left some out. */
  counts: Uint32Array;
  /** q × k row numbers, nearest first; `noRow` in places that are left over. */
  rows: Uint32Array;
  /** q × k Euclidean distances; `Infinity` in places that are left over. */
  distances: Float64Array;
  /** Full rows that were scored after the first pass (over quantised rows, or over all rows in float32), of all queries. */
  rescored: number;
  /** Bytes read from where the full rows are, when that is outside memory. */
  fetchedBytes: number;
}

/** Stands where there is no neighbour. */
export const noRow: number = 0xffffffff;
/** What a search found, as threads post it to each other: no objects, squared distances. */
export interface Found {
  /** Rows found of each query. */
  counts: Uint32Array;
  /** Those of the first query, nearest first, then those of the next. */
  rows: Uint32Array;
  /** Of each row, by the float64 reference. */
  squared: Float64Array;
  /** As in {@link Neighbours}. */
  rescored: number;
  fetchedBytes: number;
}

/** Lists of rows, one a query, as one `Found`. */
export function asFound(
  lists: readonly (readonly Scored[])[],
  { rescored, fetchedBytes }: Pick<Found, 'rescored' | 'fetchedBytes'>,
): Found {
  const all = lists.flat();
  return {
    counts: Uint32Array.from(lists, ({ length }) => length),
    rows: Uint32Array.from(all, ({ row }) => row),
    squared: Float64Array.from(all, ({ squared }) => squared),
    rescored,
    fetchedBytes,
  };
}

/** What was found among some of the rows, of some of the queries. */
export interface FoundPart {
  found: Found;
  /** Which query its first one is. */
  firstQuery: number;
  /** A row's number among all. */
  rowOf(row: number): number;
}

/** The k nearest of what parts found: one answer, however the work was divided. */
export function merge(parts: readonly FoundPart[], queries: number, k: number): Found {
  const lists: Scored[][] = Array.from({ length: queries }, () => []);
  for (const { found, firstQuery, rowOf } of parts) {
    let at = 0;
    for (const [i, count] of found.counts.entries()) {
      const list = lists[firstQuery + i]!;
      for (const end = at + count; at < end; at++) {
        list.push({ row: rowOf(found.rows[at]!), squared: found.squared[at]! });
      }
    }
  }
  return asFound(
    lists.map((list) => list.sort(byDistance).slice(0, k)),
    {
      rescored: parts.reduce((sum, { found }) => sum + found.rescored, 0),
      fetchedBytes: parts.reduce((sum, { found }) => sum + found.fetchedBytes, 0),
    },
  );
}

/** @param k places of each query */
export function asNeighbours(
  { counts, rows, squared, rescored, fetchedBytes }: Found,
  k: number,
  maxDistance: number,
): Neighbours {
  const queries = counts.length;
  const result: Neighbours = {
    k,
    counts: new Uint32Array(queries),
    rows: new Uint32Array(queries * k).fill(noRow),
    distances: new Float64Array(queries * k).fill(Number.POSITIVE_INFINITY),
    rescored,
    fetchedBytes,
  };
  let first = 0;
  for (const [query, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      const distance = Math.sqrt(squared[first + i]!);
      // NaN is within no distance. The default is no limit.
      if (maxDistance < Number.POSITIVE_INFINITY && !(distance <= maxDistance)) break;
      const place = query * k + result.counts[query]!++;
      result.rows[place] = rows[first + i]!;
      result.distances[place] = distance;
    }
    first += count;
  }
  return result;
}
