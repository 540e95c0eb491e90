import type { Candidates, RowSet } from '../backend/backend.ts';
import {
  lowerFromQuantised,
  type QuantisedQuery,
  quantisedLimit,
  quantiseQuery,
  upperFromQuantised,
} from '../backend/quantised-bounds.ts';
import { has } from '../backend/row-set.ts';
import { kthSmallest, positionsUpTo, SmallestK } from '../js/select.ts';
import type { BoundsScratch } from './bounds-scratch.ts';
import {
  type QuantisedBounds,
  type QuantisedRows,
  quantisedQueriesPerPass,
  rowsPerGroup,
  rowsPerPanel,
} from './quantised-rows.ts';
import type { RowMemory } from './row-memory.ts';
import { nearest, reach } from './scan.ts';

/** A query that leaves more of the rows undecided than this is answered by a scan of all of them. */
const maxUndecided = 1 / 4;
/** One row in so many is searched first, in a few places, to see whether quantised rows decide anything. */
const probeEvery = 24;
const probedPlaces = 4;

/**
 * Search over quantised rows: they give bounds for all rows. Rows that the bounds leave get float32 distances. Those that
 * float32 cannot tell apart are the candidates.
 */
export class Cascade {
  readonly #quantised: QuantisedRows;
  readonly #rows: RowMemory | undefined;
  readonly #scratch: BoundsScratch;

  /** @param rows absent where full rows are not in memory */
  constructor(quantised: QuantisedRows, rows: RowMemory | undefined, scratch: BoundsScratch) {
    this.#quantised = quantised;
    this.#rows = rows;
    this.#scratch = scratch;
  }

  /**
   * Candidates for each query.
   *
   * @param k 1 … rows that are not skipped
   * @returns undefined for a query that quantised rows do not decide
   */
  candidates(queries: Float32Array, k: number, skip: RowSet | undefined): (Candidates | undefined)[] {
    const d = this.#quantised.dimension;
    const count = queries.length / d;
    const found: (Candidates | undefined)[] = new Array(count).fill(undefined);
    for (let first = 0; first < count; first += quantisedQueriesPerPass) {
      const pass: { at: number; query: Float32Array; quantised: QuantisedQuery }[] = [];
      for (let at = first; at < Math.min(count, first + quantisedQueriesPerPass); at++) {
        const query = queries.subarray(at * d, (at + 1) * d);
        const quantised = quantiseQuery(query);
        if (quantised) pass.push({ at, query, quantised });
      }
      const scratch = this.#scratch.take(
        pass.length,
        Math.ceil(this.#quantised.count / rowsPerPanel) * rowsPerPanel,
      );
      const asked = pass.map(({ quantised }) => quantised);
      const paying = pass.filter(this.#probe(asked, scratch, k));
      const scanned = paying.map(({ quantised }) => quantised);
      this.#quantised.scan(scanned, scratch, 0, this.#quantised.count);
      for (const [slot, { at, query, quantised }] of paying.entries()) {
        const bounds = scratch[slot]!;
        if (skip) drop(skip, bounds, this.#quantised.count);
        found[at] = this.#rows
          ? this.#decide(this.#rows, query, quantised, bounds, k, skip)
          : this.#list(quantised, bounds, k, skip);
      }
    }
    return found;
  }

  /** Which queries quantised rows may decide, by a sample of the rows; all, where the full rows are not here. */
  #probe(
    queries: readonly QuantisedQuery[],
    scratch: readonly QuantisedBounds[],
    k: number,
  ): (_: unknown, q: number) => boolean {
    if (!this.#rows || queries.length === 0) return () => true;
    const panels = Math.ceil(this.#quantised.count / rowsPerPanel);
    const places = Math.min(probedPlaces, Math.ceil(panels / probeEvery));
    const run = Math.ceil(panels / probeEvery / places);
    const rows = places * run * rowsPerPanel;
    const mid = queries.map(() => new Float32Array(rows));
    const low = queries.map(() => new Float32Array(rows));
    for (let i = 0; i < places; i++) {
      const from = Math.floor((i * (panels - run)) / places) * rowsPerPanel;
      const to = from + run * rowsPerPanel;
      this.#quantised.scan(queries, scratch, from, to);
      for (let q = 0; q < queries.length; q++) {
        const bounds = scratch[q]!;
        mid[q]!.set(bounds.mid.subarray(from, to), i * run * rowsPerPanel);
        low[q]!.set(bounds.low.subarray(from, to), i * run * rowsPerPanel);
      }
    }
    const rank = Math.ceil((k * rows) / this.#quantised.count);
    return (_, q) => positionsUpTo(low[q]!, kthSmallest(mid[q]!, rank)).length <= maxUndecided * rows;
  }

  /** Scores in float32 what the bounds leave: the most promising rows first. */
  #decide(
    rows: RowMemory,
    query: Float32Array,
    quantised: QuantisedQuery,
    bounds: QuantisedBounds,
    k: number,
    skip: RowSet | undefined,
  ): Candidates | undefined {
    const { mid } = bounds;
    const max = Math.max(k, maxUndecided * this.#quantised.count);
    const promising = kthSmallestMid(bounds, k);
    if (!(promising < Number.POSITIVE_INFINITY)) return undefined;
    const first = Uint32Array.from(rowsUpTo(bounds, 'mid', promising));
    if (first.length > max) return undefined;
    const firstDistances = rows.squaredDistancesOf(first, query);
    const within = reach(rows, firstDistances, k);
    if (within === undefined) return undefined;

    const limit = quantisedLimit(within, quantised);
    const rest = rowsUpTo(bounds, 'low', limit).filter((row) => !(mid[row]! <= promising));
    if (first.length + rest.length > max) return undefined;
    const second = Uint32Array.from(rest);
    const all = new Uint32Array(first.length + second.length);
    all.set(first);
    all.set(second, first.length);
    const distances = new Float32Array(all.length);
    distances.set(firstDistances);
    distances.set(rows.squaredDistancesOf(second, query), first.length);
    return nearest(rows, all, distances, { k, skip, outside: within, unusual: this.#quantised.unusual });
  }

  /** What the bounds leave, the most promising first; undefined where they leave all. */
  #list(
    quantised: QuantisedQuery,
    { mid, low }: QuantisedBounds,
    k: number,
    skip: RowSet | undefined,
  ): Candidates | undefined {
    const upper = mid.map((middle, row) => 2 * middle - low[row]!);
    const kth = kthSmallest(upper, k);
    if (!(kth < Number.POSITIVE_INFINITY)) return undefined;
    // 2·mid − low was rounded once more.
    const reach = upperFromQuantised(kth + 2 ** -22 * (Math.abs(kth) + quantised.norm), quantised);
    const near = positionsUpTo(low, quantisedLimit(reach, quantised)).sort(
      (a, b) => mid[a]! - mid[b]! || a - b,
    );
    const unusual = [...this.#quantised.unusual].filter((row) => !has(skip, row));
    const rows = new Uint32Array(near.length + unusual.length);
    const lower = new Float64Array(rows.length);
    rows.set(unusual);
    rows.set(near, unusual.length);
    for (const [at, row] of near.entries())
      lower[unusual.length + at] = lowerFromQuantised(low[row]!, quantised);
    return { rows, lower, bound: reach };
  }
}

/** The k-th smallest of the middles: groups whose least is not below the k-th so far are passed over. */
function kthSmallestMid({ mid, minima }: QuantisedBounds, k: number): number {
  const heap = new SmallestK(k);
  for (let group = 0; group < minima.length / 2; group++) {
    if (!(minima[2 * group]! < heap.top)) continue;
    const from = group * rowsPerGroup;
    for (let row = from; row < from + rowsPerGroup; row++) heap.offer(mid[row]!);
  }
  return heap.top;
}

/** Rows whose middle or lower bound is at most `limit`, ascending. */
function rowsUpTo(bounds: QuantisedBounds, which: 'mid' | 'low', limit: number): number[] {
  const found: number[] = [];
  const values = bounds[which];
  const offset = which === 'mid' ? 0 : 1;
  for (let group = 0; group < bounds.minima.length / 2; group++) {
    if (!(bounds.minima[2 * group + offset]! <= limit)) continue;
    const from = group * rowsPerGroup;
    for (let row = from; row < from + rowsPerGroup; row++) if (values[row]! <= limit) found.push(row);
  }
  return found;
}

/** Takes the bounds of the rows of `skip` away; the least of their groups stay, which is less than they could be. */
function drop(skip: RowSet, { mid, low }: QuantisedBounds, rows: number): void {
  for (let word = 0; word * 32 < rows; word++) {
    for (let bits = skip[word]!; bits !== 0; bits &= bits - 1) {
      const row = word * 32 + 31 - Math.clz32(bits & -bits);
      mid[row] = low[row] = Number.POSITIVE_INFINITY;
    }
  }
}
