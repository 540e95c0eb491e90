import type { Backend, BackendName, Candidates } from '../backend/backend.ts';
import { type BackendChoice, type BackendRequest, chooseBackend } from '../backend/choose.ts';
import { squaredDistance } from '../backend/js/distance.ts';
import { allPositions } from '../backend/js/select.ts';
import { LikenessError } from '../errors.ts';

/** The k nearest rows of each query. */
export interface Neighbours {
  /** Neighbours of each query: min(k asked for, rows). */
  k: number;
  /** q × k row numbers, nearest first. */
  rows: Uint32Array;
  /** q × k Euclidean distances. */
  distances: Float64Array;
}

export interface FlatIndexOptions {
  /** d: values in a row, 1 … 65536. */
  dimension: number;
  /** Default `auto`: the fastest that is here and right. */
  backend?: BackendRequest | undefined;
  /** The device for `webgpu`, when rows or queries are to share one with something else. */
  device?: GPUDevice | undefined;
}

const largestK = 1024;
const largestDimension = 65536;

/**
 * Exact k nearest rows by Euclidean distance.
 *
 * Component j of row i is value i·d + j of what is added. The order of the answer is that of a float64 reference by
 * (squared distance, then lower row), whichever backend runs; the reference sums (x_j − q_j)² over j in order. Rows at
 * infinite distance follow the finite ones, rows at NaN distance follow those.
 */
export class FlatIndex {
  /** Why this backend runs, as a sentence. */
  readonly reason: string;
  readonly #backend: Backend;
  #closed = false;
  /** Counts changes of the rows: a search that meets one in its middle begins again. */
  #version = 0;
  /** Searches under way. */
  #searches = 0;

  private constructor({ backend, reason }: BackendChoice) {
    this.#backend = backend;
    this.reason = reason;
  }

  static async create({ dimension, backend = 'auto', device }: FlatIndexOptions): Promise<FlatIndex> {
    if (!Number.isInteger(dimension) || dimension < 1 || dimension > largestDimension) {
      throw new LikenessError(
        'bad-argument',
        `The dimension is ${dimension}; it has to be a whole number from 1 to ${largestDimension}.`,
      );
    }
    return new FlatIndex(await chooseBackend(backend, dimension, device));
  }

  /** An empty index over a backend made elsewhere; for tests and measurements. */
  static over(choice: BackendChoice): FlatIndex {
    return new FlatIndex(choice);
  }

  get dimension(): number {
    return this.#backend.dimension;
  }

  /** n: rows. */
  get size(): number {
    return this.#backend.rows;
  }

  get backend(): BackendName {
    return this.#backend.name;
  }

  /**
   * Adds rows at the end.
   *
   * @param values n × d
   * @returns the number of the first new row
   */
  add(values: Float32Array): number {
    this.#checkOpen();
    this.#checkBlock(values, 'The rows');
    const first = this.size;
    if (values.length > 0) {
      this.#backend.append(values);
      this.#version++;
    }
    return first;
  }

  /** Replaces a row. */
  set(row: number, values: Float32Array): void {
    this.#checkOpen();
    this.#checkRow(row);
    this.#checkBlock(values, 'The row', 1);
    this.#backend.set(row, values);
    this.#version++;
  }

  /** Removes rows; the others keep their order and move up. */
  remove(rows: Iterable<number>): void {
    this.#checkOpen();
    const sorted = [...new Set(rows)].sort((a, b) => a - b);
    for (const row of sorted) this.#checkRow(row);
    if (sorted.length === 0) return;
    this.#backend.remove(sorted);
    this.#version++;
  }

  /** A copy of a row. */
  get(row: number): Float32Array {
    this.#checkOpen();
    this.#checkRow(row);
    return this.#backend.row(row).slice();
  }

  /** All rows as one block of n × d values: a copy. */
  values(): Float32Array {
    this.#checkOpen();
    const { dimension: d, size } = this;
    const block = new Float32Array(size * d);
    for (let row = 0; row < size; row++) block.set(this.#backend.row(row), row * d);
    return block;
  }

  /**
   * The `k` nearest rows of one or many queries. The queries are copied at once. Rows may change meanwhile: the answer
   * is right for the rows as they are when it comes.
   *
   * @param queries q × d
   * @param k 1 … 1024; where there are fewer rows, all of them
   */
  async search(
    queries: Float32Array,
    k: number,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Neighbours> {
    this.#checkOpen();
    this.#checkBlock(queries, 'The queries');
    if (!Number.isInteger(k) || k < 1 || k > largestK) {
      throw new LikenessError(
        'bad-argument',
        `k is ${k}; it has to be a whole number from 1 to ${largestK}.`,
      );
    }
    const copy = queries.slice();
    this.#searches++;
    try {
      for (;;) {
        signal?.throwIfAborted();
        const version = this.#version;
        try {
          const result = await this.#search(copy, Math.min(k, this.size), signal);
          this.#checkOpen();
          if (this.#version === version) return result;
        } catch (error) {
          // What fails in the middle of a change fails because of it.
          if (this.#version === version) throw error;
        }
      }
    } finally {
      this.#searches--;
      this.#release();
    }
  }

  /** One attempt; worth nothing when the rows changed meanwhile. */
  async #search(queries: Float32Array, k: number, signal: AbortSignal | undefined): Promise<Neighbours> {
    const d = this.dimension;
    const count = queries.length / d;
    const result: Neighbours = {
      k,
      rows: new Uint32Array(count * k),
      distances: new Float64Array(count * k),
    };
    if (k === 0 || count === 0) return result;

    const candidates = await this.#backend.candidates(queries, k);
    for (const [at, first] of candidates.entries()) {
      signal?.throwIfAborted();
      const nearest = await this.#decide(queries.subarray(at * d, (at + 1) * d), k, first);
      for (const [rank, { row, squared }] of nearest.entries()) {
        result.rows[at * k + rank] = row;
        result.distances[at * k + rank] = Math.sqrt(squared);
      }
    }
    return result;
  }

  /** Frees the rows. Searches under way end with the error `closed`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
  }

  /** Closes the backend, never while it searches: a GPU's buffers must not go while it reads them. */
  #release(): void {
    if (this.#closed && this.#searches === 0) this.#backend.close();
  }

  /** Orders the candidates by the reference; takes more where the bound does not keep the others out. */
  async #decide(query: Float32Array, k: number, first: Candidates): Promise<Scored[]> {
    let candidates = first;
    for (let wanted = k; ; ) {
      const nearest = this.#score(query, candidates.rows, k);
      const kth = nearest[k - 1]?.squared ?? Number.NaN;
      if (kth < candidates.bound || candidates.rows.length === this.size) return nearest;
      wanted = Math.min(2 * wanted, this.size);
      if (wanted === this.size) return this.#score(query, allPositions(this.size), k);
      candidates = (await this.#backend.candidates(query, wanted))[0]!;
    }
  }

  #score(query: Float32Array, rows: Uint32Array, k: number): Scored[] {
    const scored = Array.from(rows, (row) => ({
      row,
      squared: squaredDistance(this.#backend.row(row), 0, query, 0, this.dimension),
    }));
    return scored.sort(byDistance).slice(0, k);
  }

  #checkOpen(): void {
    if (this.#closed) throw new LikenessError('closed', 'This index was closed; create another.');
  }

  #checkRow(row: number): void {
    if (!Number.isInteger(row) || row < 0 || row >= this.size) {
      throw new LikenessError(
        'bad-argument',
        `There is no row ${row}; the index has ${this.size} rows, from 0.`,
      );
    }
  }

  #checkBlock(values: Float32Array, what: string, rows?: number): void {
    const d = this.dimension;
    if (!(values instanceof Float32Array)) {
      throw new LikenessError('bad-argument', `${what} have to be a Float32Array of n × ${d} values.`);
    }
    if (rows === undefined ? values.length % d !== 0 : values.length !== rows * d) {
      throw new LikenessError(
        'bad-argument',
        `${what} came as ${values.length} values; wanted ${rows === undefined ? `a multiple of ${d}` : rows * d}, the index's dimension.`,
      );
    }
  }
}

interface Scored {
  row: number;
  squared: number;
}

/** Finite before infinite before NaN, then the lower row. */
function byDistance(a: Scored, b: Scored): number {
  if (a.squared < b.squared) return -1;
  if (a.squared > b.squared) return 1;
  const nan = Number(Number.isNaN(a.squared)) - Number(Number.isNaN(b.squared));
  return nan !== 0 ? nan : a.row - b.row;
}
