import type { BackendName } from './backend/backend.ts';
import { isUsualNorm } from './backend/quantised-bounds.ts';
import { squaredDistance } from './js/distances.ts';
import { loadKernels } from './wasm/kernels.ts';
import { RowMemory } from './wasm/row-memory.ts';

/** A block of rows, and which of them may be near some queries. Rows and queries with NaN are near nothing. */
export interface PairBlock {
  /** Queries of one call, at most. */
  readonly queriesPerPass: number;
  /** Calls of {@link near} that are worked on at once. */
  readonly passesAtOnce: number;
  /** Takes other rows, when all calls of {@link near} are answered. */
  set(values: Float32Array): void;
  /**
   * All rows that are not proven to be farther than the distance, of each query.
   *
   * @param queries q × d
   * @param from of each query the first row that is asked about
   */
  near(queries: Float32Array, from: readonly number[]): number[][] | Promise<number[][]>;
  /** Ends threads, if there are any. */
  close?(): void;
}

/** One that computes in the calling thread. */
export interface OwnPairBlock extends PairBlock {
  near(queries: Float32Array, from: readonly number[]): number[][];
}

/**
 * Squared distances up to here may be a pair's, by the reference. A part in 10⁹ covers the reference's own rounding; 2⁻⁹⁰
 * what underflows.
 */
const limitOf = (maxDistance: number): number => maxDistance * maxDistance * (1 + 1e-9) + 2 ** -90;

/**
 * The kernels of the CPU, whatever backend an index has: products of many queries are what they do best.
 *
 * @param backend `js`: plain JavaScript; else WebAssembly, where it runs
 */
export async function createPairBlock(
  dimension: number,
  maxDistance: number,
  backend: BackendName,
): Promise<OwnPairBlock> {
  const kernels = backend === 'js' ? undefined : await loadKernels().catch(() => undefined);
  return kernels
    ? new ProductBlock(new RowMemory(kernels, dimension), maxDistance)
    : new PlainBlock(dimension, maxDistance);
}

/** ‖q − x‖² = ‖q‖² + ‖x‖² − 2·⟨q, x⟩ by scalar products in float32, whose error is bounded. */
export class ProductBlock implements OwnPairBlock {
  readonly passesAtOnce = 1;
  readonly queriesPerPass: number;
  readonly #rows: RowMemory;
  readonly #limit: number;
  /** What of ‖q‖² + ‖x‖² is certain after the products' error; 2⁻⁴⁰ covers the rounding of norms and sums. */
  readonly #certain: number;
  /** Half of the certain part of each ‖x‖²; Infinity where it proves nothing. */
  #halves: Float64Array = new Float64Array(0);

  /** @param rows empty */
  constructor(rows: RowMemory, maxDistance: number) {
    this.#rows = rows;
    this.#limit = limitOf(maxDistance);
    this.#certain = 1 - rows.productError - 2 ** -40;
    this.queriesPerPass = rows.queriesPerPass;
  }

  set(values: Float32Array): void {
    const rows = this.#rows;
    rows.truncate(0);
    rows.append(values);
    this.#halves = rows.norms.map((norm) => (norm * this.#certain) / 2);
    for (const row of rows.unusual) this.#halves[row] = Number.POSITIVE_INFINITY;
  }

  near(queries: Float32Array, from: readonly number[]): number[][] {
    const { dimension: d, count, norms, unusual } = this.#rows;
    const halves = this.#halves;
    const asked = queries.length / d;
    const products = this.#rows.products(queries);
    return Array.from({ length: asked }, (_, query) => {
      const found: number[] = [];
      let norm = 0;
      for (let j = query * d; j < (query + 1) * d; j++) norm += queries[j]! * queries[j]!;
      if (Number.isNaN(norm)) return found;
      const first = from[query]!;
      if (!isUsualNorm(norm)) {
        for (let row = first; row < count; row++) if (!Number.isNaN(norms[row])) found.push(row);
        return found;
      }
      // (‖q‖² + ‖x‖²)·certain − 2·⟨q, x⟩ ≤ limit
      const half = (norm * this.#certain - this.#limit) / 2;
      const own = products.subarray(query * count, (query + 1) * count);
      for (let row = first; row < count; row++) if (own[row]! >= half + halves[row]!) found.push(row);
      for (const row of unusual) if (row >= first && !Number.isNaN(norms[row])) found.push(row);
      return found;
    });
  }
}

/** Where there is no WebAssembly. */
class PlainBlock implements OwnPairBlock {
  readonly passesAtOnce = 1;
  readonly queriesPerPass = 4;
  readonly #dimension: number;
  readonly #limit: number;
  #values: Float32Array = new Float32Array(0);

  constructor(dimension: number, maxDistance: number) {
    this.#dimension = dimension;
    this.#limit = limitOf(maxDistance);
  }

  set(values: Float32Array): void {
    this.#values = values;
  }

  near(queries: Float32Array, from: readonly number[]): number[][] {
    const d = this.#dimension;
    const count = this.#values.length / d;
    return Array.from({ length: queries.length / d }, (_, query) => {
      const found: number[] = [];
      for (let row = from[query]!; row < count; row++) {
        if (squaredDistance(this.#values, row * d, queries, query * d, d) <= this.#limit) found.push(row);
      }
      return found;
    });
  }
}
