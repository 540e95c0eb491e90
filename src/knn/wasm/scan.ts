import type { Candidates, RowSet } from '../backend/backend.ts';
import { overflowLimit } from '../backend/bounds.ts';
import { isUsualNorm } from '../backend/quantised-bounds.ts';
import { has, rowsOutside } from '../backend/row-set.ts';
import { kthSmallest, positionsUpTo } from '../js/select.ts';
import type { RowMemory } from './row-memory.ts';

/** Products are of no use with more unusual rows than one in so many. */
const maxUnusual = 16;

/** Candidates from a pass over all rows in float32: distances for one query, scalar products for several. */
export class Scan {
  readonly #rows: RowMemory;
  readonly #k: number;
  readonly #skip: RowSet | undefined;
  /** Upper bounds of one query's squared distances; kept, as it is large. */
  #upper: Float64Array = new Float64Array(0);

  constructor(rows: RowMemory, k: number, skip: RowSet | undefined) {
    this.#rows = rows;
    this.#k = k;
    this.#skip = skip;
  }

  /** @param queries as many as the rows' `queriesPerPass` */
  candidates(queries: readonly Float32Array[]): Candidates[] {
    const norms = queries.map((query) => query.reduce((sum, value) => sum + value * value, 0));
    const rows = this.#rows;
    const together =
      rows.unusual.size * maxUnusual <= rows.count
        ? [...queries.keys()].filter((q) => isUsualNorm(norms[q]!))
        : [];
    const found: (Candidates | undefined)[] = new Array(queries.length).fill(undefined);
    if (together.length > 1) {
      const block = new Float32Array(together.length * rows.dimension);
      for (const [i, q] of together.entries()) block.set(queries[q]!, i * rows.dimension);
      const products = rows.products(block);
      for (const [i, q] of together.entries()) {
        const own = products.subarray(i * rows.count, (i + 1) * rows.count);
        found[q] = this.#fromProducts(queries[q]!, norms[q]!, own);
      }
    }
    return queries.map((query, q) => found[q] ?? this.#fromDistances(query));
  }

  #fromDistances(query: Float32Array): Candidates {
    const distances = this.#rows.squaredDistances(query);
    if (this.#skip) {
      for (let row = 0; row < distances.length; row++) if (has(this.#skip, row)) distances[row] = Number.NaN;
    }
    const within = reach(this.#rows, distances, this.#k);
    return within === undefined
      ? { rows: rowsOutside(this.#skip, this.#rows.count), bound: Number.POSITIVE_INFINITY }
      : { rows: positionsUpTo(distances, this.#rows.bound.computedUpTo(within)), bound: within };
  }

  /**
   * ‖q − x‖² = ‖q‖² + ‖x‖² − 2·⟨q, x⟩ cancels where q and x are near: each product is off by up to `productError` of
   * ‖q‖·‖x‖ ≤ (‖q‖² + ‖x‖²) / 2. Rows that this leaves undecided get their distance by the direct formula.
   *
   * @returns undefined where products do not separate enough
   */
  #fromProducts(query: Float32Array, norm: number, products: Float32Array): Candidates | undefined {
    const rows = this.#rows;
    // Norms are float64; 2⁻⁴⁰ covers their rounding and that of the sums here.
    const relative = rows.productError + 2 ** -40;
    const { norms } = rows;
    if (this.#upper.length !== rows.count) this.#upper = new Float64Array(rows.count);
    const upper = this.#upper;
    let largest = 0;
    for (let row = 0; row < upper.length; row++) {
      const both = norm + norms[row]!;
      if (both > largest) largest = both;
      upper[row] = both - 2 * products[row]! + relative * both;
    }
    if (this.#skip) {
      for (let row = 0; row < rows.count; row++) if (has(this.#skip, row)) upper[row] = Number.NaN;
    }
    for (const row of rows.unusual) upper[row] = Number.NaN;
    // A little wider: the k-th has to lie below the bound, not on it.
    const kth = kthSmallest(upper, this.#k) * (1 + 1e-9) + 2 ** -90;
    if (!(kth < overflowLimit)) return undefined;
    // The widest bound alone excludes most rows.
    const widest = kth + 2 * relative * largest * (1 + 1e-9);
    const near: number[] = [];
    for (let row = 0; row < upper.length; row++) {
      if (upper[row]! <= widest && upper[row]! - 2 * relative * (norm + norms[row]!) <= kth) near.push(row);
    }
    const all = Uint32Array.from(near);
    const distances = rows.squaredDistancesOf(all, query);
    return nearest(rows, all, distances, {
      k: this.#k,
      skip: this.#skip,
      outside: kth,
      unusual: rows.unusual,
    });
  }
}

/** At least k rows lie no farther than this (squared, by the reference). Undefined if float32 cannot tell. */
export function reach(rows: RowMemory, distances: Float32Array, k: number): number | undefined {
  const within = rows.bound.upper(kthSmallest(distances, k)) * (1 + 1e-9);
  return rows.bound.computedUpTo(within) < overflowLimit ? within : undefined;
}

/** What {@link nearest} has to know besides distances. */
export interface Known {
  k: number;
  skip: RowSet | undefined;
  /** All rows that are not given lie beyond this squared distance, by the reference. */
  outside: number;
  /** Except these: nothing is known about them. */
  unusual: ReadonlySet<number>;
}

/** Candidates among rows whose distances are known, and the unusual ones. */
export function nearest(
  rows: RowMemory,
  among: Uint32Array,
  distances: Float32Array,
  { k, skip, outside, unusual }: Known,
): Candidates | undefined {
  const within = reach(rows, distances, k);
  if (within === undefined) return undefined;
  const kept = Array.from(positionsUpTo(distances, rows.bound.computedUpTo(within)), (at) => among[at]!);
  const listed = unusual.size > 0 ? new Set(kept) : undefined;
  for (const row of unusual) if (!has(skip, row) && !listed!.has(row)) kept.push(row);
  return { rows: Uint32Array.from(kept), bound: Math.min(within, outside), scored: among.length };
}
