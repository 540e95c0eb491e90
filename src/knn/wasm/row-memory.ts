import { type ErrorBound, errorBound, roundToNearest } from '../backend/bounds.ts';
import { isUsualNorm } from '../backend/quantised-bounds.ts';
import type { DistancesKernel, Kernels } from './kernels.ts';
import { align, type Layout, Memories, oneThread } from './memory.ts';

/** Rows of one call of a kernel: its output is a fixed scratch area, not one that grows with the index. */
const rowsPerCall = 4096;
const rowsPerProduct = 256;
/** Most queries that share one pass over the rows, and the bytes that they may take. */
const maxQueries = 64;
const queryBytes = 1 << 21;
const tileBytes = 1 << 15;
/** Terms that a lane of `products` sums before the sums of parts are added. */
const termsPerPart = 128;

/** Rows as one thread posts them to another: nothing of them is copied. */
export interface SharedRows {
  memories: WebAssembly.Memory[];
  norms: Float64Array;
  unusual: number[];
}

/** Rows `from` … `to` − 1 of those that another thread shares; quantised ones begin with a whole panel. */
export interface RowPart<Kernel> {
  /** Over the shared memories. */
  kernels: Kernel[];
  unusual: readonly number[];
  from: number;
  to: number;
}

/**
 * Rows of `dimension` float32 values in as many WebAssembly memories as they need, and the float32 kernels over them
 * (assembly/distances.ts).
 */
export class RowMemory {
  readonly dimension: number;
  count: number;
  /** Where the rows of a part begin among those of its memories. */
  readonly #first: number;
  /** Of squared distances. */
  readonly bound: ErrorBound;
  /** The largest error of a scalar product, as a part of ‖q‖·‖x‖. */
  readonly productError: number;
  /** Most queries of one call of {@link products}. */
  readonly queriesPerPass: number;
  /** Rows whose norm is not usual: their products prove nothing. */
  readonly unusual: Set<number>;
  /** ‖x‖² of each row, in float64. */
  #norms: Float64Array;
  readonly #isShared: boolean;
  readonly #rows: Memories<DistancesKernel>;
  /** Bytes from one row to the next. */
  readonly #stride: number;
  readonly #queriesAt: number;
  readonly #packedAt: number;
  readonly #tileAt: number;
  readonly #listAt: number;
  readonly #outAt: number;

  /** @param part rows of another thread, only to be read: they count from 0 here. Default: no rows at first */
  constructor(
    kernels: Kernels,
    dimension: number,
    layout: Layout = oneThread,
    part?: RowPart<DistancesKernel> & { norms: Float64Array },
  ) {
    this.dimension = dimension;
    this.#isShared = layout.threads > 1;
    this.#first = part?.from ?? 0;
    this.count = part ? part.to - part.from : 0;
    this.unusual = part ? within(part.unusual, part.from, part.to) : new Set();
    this.#norms = part?.norms ?? this.#createNorms(64);
    const bytes = align(4 * dimension, 32);
    // Rows a multiple of 4 KiB apart would all meet in the same few lines of the first-level cache.
    this.#stride = bytes + (bytes % 4096 === 0 ? 64 : 0);
    const terms = this.#stride / 16;
    this.bound = errorBound(dimension, terms + 2);
    // A product's rounding, its additions within a part, of the four lanes, of the parts; see src/knn/backend/bounds.ts.
    const roundings = 1 + Math.min(terms, termsPerPart) + 2 + Math.ceil(terms / termsPerPart);
    this.productError = (roundings * roundToNearest) / (1 - roundings * roundToNearest);
    this.queriesPerPass = Math.min(maxQueries, Math.max(2, 2 * Math.floor(queryBytes / this.#stride / 2)));
    const queries = this.queriesPerPass * this.#stride;
    const outBytes = Math.max(rowsPerCall, this.queriesPerPass * rowsPerProduct) * 4;
    const scratchBytes = align(2 * queries + tileBytes + rowsPerCall * 4 + outBytes, 64);
    // Below 1024: what a compiler may place.
    this.#queriesAt = 1024 + layout.thread * scratchBytes;
    this.#packedAt = this.#queriesAt + queries;
    this.#tileAt = this.#packedAt + queries;
    this.#listAt = this.#tileAt + tileBytes;
    this.#outAt = this.#listAt + rowsPerCall * 4;
    const start = 1024 + layout.threads * scratchBytes;
    this.#rows = new Memories(
      () => kernels.distances(),
      { start, itemBytes: this.#stride, maxBytes: layout.maxBytes },
      part?.kernels,
    );
  }

  /** What another thread needs to read these rows as they are now. */
  share(): SharedRows {
    return {
      memories: this.#rows.kernels.map(({ memory }) => memory),
      norms: this.#norms,
      unusual: [...this.unusual],
    };
  }

  /** ‖x‖² of each row: a view until the rows change. */
  get norms(): Float64Array {
    return this.#norms.subarray(this.#first, this.#first + this.count);
  }

  append(values: Float32Array): void {
    const d = this.dimension;
    const added = values.length / d;
    this.#rows.reserve(this.count + added, `${this.count + added} rows of ${d} values`);
    for (let i = 0; i < added; i++, this.count++) {
      const { kernel, at } = this.#rows.place(this.count);
      const row = new Float32Array(kernel.memory.buffer, at, this.#stride / 4);
      row.set(values.subarray(i * d, (i + 1) * d));
      row.fill(0, d);
      this.#measure(this.count);
    }
  }

  set(row: number, values: Float32Array): void {
    this.row(row).set(values);
    this.#measure(row);
  }

  /** Takes back the rows from `count` on. */
  truncate(count: number): void {
    for (let row = count; row < this.count; row++) this.unusual.delete(row);
    this.count = count;
  }

  /** Removes rows (ascending, distinct); the others keep their order and move up. */
  remove(rows: readonly number[]): void {
    let next = 0;
    let to = rows[0] ?? this.count;
    for (let from = to; from < this.count; from++) {
      const unusual = this.unusual.delete(from);
      if (rows[next] === from) {
        next++;
        continue;
      }
      if (unusual) this.unusual.add(to);
      this.#norms[to] = this.#norms[from]!;
      this.row(to++).set(this.row(from));
    }
    this.count = to;
  }

  /** A view of one row. */
  row(row: number): Float32Array {
    const { kernel, at } = this.#rows.place(this.#first + row);
    return new Float32Array(kernel.memory.buffer, at, this.dimension);
  }

  /** Squared distances of all rows to one query, in float32. */
  squaredDistances(query: Float32Array): Float32Array {
    const distances = new Float32Array(this.count);
    for (const { kernel, at, base, rows } of this.#parts()) {
      this.#setQueries(kernel, query);
      for (let first = 0; first < rows; first += rowsPerCall) {
        const n = Math.min(rowsPerCall, rows - first);
        kernel.squaredDistances({
          rows: at + first * this.#stride,
          n,
          query: this.#queriesAt,
          stride: this.#stride,
          out: this.#outAt,
        });
        distances.set(new Float32Array(kernel.memory.buffer, this.#outAt, n), base + first);
      }
    }
    return distances;
  }

  /** The same of some rows (ascending). */
  squaredDistancesOf(rows: Uint32Array, query: Float32Array): Float32Array {
    const distances = new Float32Array(rows.length);
    let done = 0;
    for (const { kernel, at, base, rows: held } of this.#parts()) {
      if (done === rows.length) break;
      if (rows[done]! >= base + held) continue;
      this.#setQueries(kernel, query);
      const { buffer } = kernel.memory;
      const list = new Uint32Array(buffer, this.#listAt, rowsPerCall);
      while (done < rows.length && rows[done]! < base + held) {
        let n = 0;
        while (n < rowsPerCall && done + n < rows.length && rows[done + n]! < base + held) {
          list[n] = rows[done + n]! - base;
          n++;
        }
        list.fill(list[0]!, n, (n + 3) & ~3);
        kernel.squaredDistancesOf({
          list: this.#listAt,
          n,
          rows: at,
          query: this.#queriesAt,
          stride: this.#stride,
          out: this.#outAt,
        });
        distances.set(new Float32Array(buffer, this.#outAt, n), done);
        done += n;
      }
    }
    return distances;
  }

  /**
   * Scalar products of all rows and some queries, in float32, within {@link productError}.
   *
   * @param queries q × d, q ≤ queriesPerPass
   * @returns q × count
   */
  products(queries: Float32Array): Float32Array {
    const q = queries.length / this.dimension;
    const pairs = Math.ceil(q / 2);
    const found = new Float32Array(q * this.count);
    for (const { kernel, at, base, rows } of this.#parts()) {
      this.#setQueries(kernel, queries);
      kernel.pack({ queries: this.#queriesAt, pairs, stride: this.#stride, packed: this.#packedAt });
      const out = new Float32Array(kernel.memory.buffer, this.#outAt, 2 * pairs * rowsPerProduct);
      for (let first = 0; first < rows; first += rowsPerProduct) {
        const n = Math.min(rowsPerProduct, rows - first);
        kernel.products({
          rows: at + first * this.#stride,
          n,
          packed: this.#packedAt,
          pairs,
          stride: this.#stride,
          tile: this.#tileAt,
          out: this.#outAt,
          outStride: rowsPerProduct * 4,
        });
        for (let i = 0; i < q; i++) {
          const start = i * rowsPerProduct;
          found.set(out.subarray(start, start + n), i * this.count + base + first);
        }
      }
    }
    return found;
  }

  /** What each memory holds of the rows: `rows` of them, from row `base` on, at `at`. */
  *#parts(): Generator<{ kernel: DistancesKernel; at: number; base: number; rows: number }> {
    for (let base = 0; base < this.count; ) {
      const shared = this.#first + base;
      const { perMemory } = this.#rows;
      const rows = Math.min(perMemory - (shared % perMemory), this.count - base);
      yield { ...this.#rows.place(shared), base, rows };
      base += rows;
    }
  }

  /** Writes queries where the kernels read them; zeros beside an odd last one. */
  #setQueries({ memory }: DistancesKernel, queries: Float32Array): void {
    const d = this.dimension;
    const floats = new Float32Array(memory.buffer);
    const strideFloats = this.#stride / 4;
    const q = queries.length / d;
    for (let i = 0; i < q; i++) {
      const at = this.#queriesAt / 4 + i * strideFloats;
      floats.set(queries.subarray(i * d, (i + 1) * d), at);
      floats.fill(0, at + d, at + strideFloats);
    }
    if (q > 1 && q % 2 === 1) {
      const at = this.#queriesAt / 4 + q * strideFloats;
      floats.fill(0, at, at + strideFloats);
    }
  }

  #createNorms(length: number): Float64Array {
    return new Float64Array(this.#isShared ? new SharedArrayBuffer(8 * length) : new ArrayBuffer(8 * length));
  }

  #measure(row: number): void {
    if (row >= this.#norms.length) {
      const longer = this.#createNorms(2 * this.#norms.length);
      longer.set(this.#norms);
      this.#norms = longer;
    }
    const { kernel, at } = this.#rows.place(row);
    const norm = kernel.squaredNorm({ row: at, stride: this.#stride });
    this.#norms[row] = norm;
    if (isUsualNorm(norm)) this.unusual.delete(row);
    else this.unusual.add(row);
  }
}

/** Those rows that are `from` … `to` − 1, counted from `from`. */
export function within(rows: readonly number[], from: number, to: number): Set<number> {
  return new Set(rows.filter((row) => row >= from && row < to).map((row) => row - from));
}
