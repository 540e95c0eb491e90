import { type ErrorBound, errorBound, roundToNearest } from '../backend/bounds.ts';
import { isUsualNorm } from '../backend/quantised-bounds.ts';
import type { DistancesKernel, Kernels } from './kernels.ts';
import { align, type Layout, oneThread, reserve } from './memory.ts';

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

/** Rows `from` … `to` − 1 of shared ones. */
export interface RowPart {
  shared: Omit<SharedRows, 'memories'>;
  /** Over the shared memories. */
  kernels: DistancesKernel[];
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
  /** Rows whose norm is not usual: their products say nothing. */
  readonly unusual: Set<number>;
  /** ‖x‖² of each row, in float64. */
  #norms: Float64Array;
  readonly #kernels: Kernels;
  readonly #layout: Layout;
  /** Memory m holds rows m·rowsPerMemory and up. */
  readonly #memories: DistancesKernel[];
  readonly #rowsPerMemory: number;
  /** Bytes from one row to the next. */
  readonly #stride: number;
  readonly #queriesAt: number;
  readonly #packedAt: number;
  readonly #tileAt: number;
  readonly #listAt: number;
  readonly #outAt: number;
  readonly #rowsAt: number;

  /** @param part rows of another thread, only to be read: they count from 0 here; left out, there are none at first */
  constructor(kernels: Kernels, dimension: number, layout: Layout = oneThread, part?: RowPart) {
    this.dimension = dimension;
    this.#kernels = kernels;
    this.#layout = layout;
    this.#memories = part?.kernels ?? [];
    this.#first = part?.from ?? 0;
    this.count = part ? part.to - part.from : 0;
    this.unusual = part ? within(part.shared.unusual, part.from, part.to) : new Set();
    this.#norms = part?.shared.norms ?? this.#createNorms(64);
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
    this.#rowsAt = 1024 + layout.threads * scratchBytes;
    this.#rowsPerMemory = Math.max(1, Math.floor((layout.maxBytes - this.#rowsAt) / this.#stride));
  }

  /** What another thread needs to read these rows as they are now. */
  share(): SharedRows {
    return {
      memories: this.#memories.map(({ memory }) => memory),
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
    this.#reserve(this.count + added);
    for (let done = 0; done < added; ) {
      const { floats, start, left } = this.#place(this.count);
      const part = Math.min(left, added - done);
      for (let i = 0; i < part; i++) {
        const at = start + (i * this.#stride) / 4;
        floats.set(values.subarray((done + i) * d, (done + i + 1) * d), at);
        floats.fill(0, at + d, at + this.#stride / 4);
        this.#measure(this.count + i);
      }
      done += part;
      this.count += part;
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
    const { floats, start } = this.#place(row);
    return floats.subarray(start, start + this.dimension);
  }

  /** Squared distances of all rows to one query, in float32. */
  squaredDistances(query: Float32Array): Float32Array {
    const distances = new Float32Array(this.count);
    for (const { kernel, at, base, rows } of this.#parts()) {
      this.#setQueries(kernel, query);
      for (let first = 0; first < rows; first += rowsPerCall) {
        const n = Math.min(rowsPerCall, rows - first);
        kernel.squaredDistances(at + first * this.#stride, n, this.#queriesAt, this.#stride, this.#outAt);
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
        kernel.squaredDistancesOf(this.#listAt, n, at, this.#queriesAt, this.#stride, this.#outAt);
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
      kernel.pack(this.#queriesAt, pairs, this.#stride, this.#packedAt);
      const out = new Float32Array(kernel.memory.buffer, this.#outAt, 2 * pairs * rowsPerProduct);
      for (let first = 0; first < rows; first += rowsPerProduct) {
        const n = Math.min(rowsPerProduct, rows - first);
        kernel.products(
          at + first * this.#stride,
          n,
          this.#packedAt,
          pairs,
          this.#stride,
          this.#tileAt,
          this.#outAt,
          rowsPerProduct * 4,
        );
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
      const { kernel, start, left } = this.#place(base);
      const rows = Math.min(left, this.count - base);
      yield { kernel, at: 4 * start, base, rows };
      base += rows;
    }
  }

  /** Puts queries before the kernels; beside an odd last one zeros. */
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
    return new Float64Array(
      this.#layout.threads > 1 ? new SharedArrayBuffer(8 * length) : new ArrayBuffer(8 * length),
    );
  }

  #measure(row: number): void {
    if (row >= this.#norms.length) {
      const longer = this.#createNorms(2 * this.#norms.length);
      longer.set(this.#norms);
      this.#norms = longer;
    }
    const { kernel, start } = this.#place(row);
    const norm = kernel.squaredNorm(4 * start, this.#stride);
    this.#norms[row] = norm;
    if (isUsualNorm(norm)) this.unusual.delete(row);
    else this.unusual.add(row);
  }

  /** The values of the memory that holds `row`, where among them it starts, and the rows from it to the memory's end. */
  #place(row: number): { kernel: DistancesKernel; floats: Float32Array; start: number; left: number } {
    const shared = this.#first + row;
    const inMemory = shared % this.#rowsPerMemory;
    const kernel = this.#memories[Math.floor(shared / this.#rowsPerMemory)]!;
    return {
      kernel,
      floats: new Float32Array(kernel.memory.buffer),
      start: (this.#rowsAt + inMemory * this.#stride) / 4,
      left: this.#rowsPerMemory - inMemory,
    };
  }

  #reserve(rows: number): void {
    const what = `${rows} rows of ${this.dimension} values`;
    const present = this.#memories.length;
    for (let m = 0; m * this.#rowsPerMemory < rows; m++) {
      const inMemory = Math.min(this.#rowsPerMemory, rows - m * this.#rowsPerMemory);
      try {
        this.#memories[m] ??= this.#kernels.distances();
        reserve(
          this.#memories[m]!.memory,
          this.#rowsAt + inMemory * this.#stride,
          what,
          this.#layout.maxBytes,
        );
      } catch (error) {
        this.#memories.length = present;
        throw error;
      }
    }
  }
}

/** Those of some rows that are `from` … `to` − 1, counted from `from`. */
export function within(rows: readonly number[], from: number, to: number): Set<number> {
  return new Set(rows.filter((row) => row >= from && row < to).map((row) => row - from));
}
