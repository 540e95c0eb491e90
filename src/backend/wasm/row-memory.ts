import type { Kernels, RowKernel } from './kernel.ts';
import { align, mostMemoryBytes, reserve } from './memory.ts';

/** Queries that share one pass over the rows. */
export const queriesPerPass = 16;
/** Rows of one call of the kernel: its output is a fixed scratch area, not one that grows with the index. */
const rowsPerCall = 4096;

/** Rows of `dimension` float32 values in as many WebAssembly memories as they need, and the float32 kernels over them. */
export class RowMemory {
  readonly dimension: number;
  count = 0;
  readonly #kernels: Kernels;
  readonly #mostBytes: number;
  /** Memory m holds rows m·rowsPerMemory and up. */
  readonly #memories: RowKernel[] = [];
  readonly #rowsPerMemory: number;
  /** Bytes from one row to the next. */
  readonly #stride: number;
  readonly #queriesAt = 1024; // below it: what a compiler may place
  readonly #listAt: number;
  readonly #outAt: number;
  readonly #rowsAt: number;

  /** @param mostBytes of one memory */
  constructor(kernels: Kernels, dimension: number, mostBytes: number = mostMemoryBytes) {
    this.dimension = dimension;
    this.#kernels = kernels;
    this.#mostBytes = mostBytes;
    const vectors = Math.ceil(dimension / 4);
    // Rows a multiple of 4 KiB apart would all meet in the same few lines of the first-level cache.
    this.#stride = vectors * 16 + (vectors % 256 === 0 ? 64 : 0);
    this.#listAt = this.#queriesAt + queriesPerPass * this.#stride;
    this.#outAt = this.#listAt + rowsPerCall * 4;
    this.#rowsAt = align(this.#outAt + queriesPerPass * rowsPerCall * 4, 64);
    this.#rowsPerMemory = Math.max(1, Math.floor((mostBytes - this.#rowsAt) / this.#stride));
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
      }
      done += part;
      this.count += part;
    }
  }

  /** Removes rows (ascending, distinct); the others keep their order and move up. */
  remove(rows: readonly number[]): void {
    let next = 0;
    let to = rows[0] ?? this.count;
    for (let from = to; from < this.count; from++) {
      if (rows[next] === from) next++;
      else this.row(to++).set(this.row(from));
    }
    this.count = to;
  }

  /** A view of one row. */
  row(row: number): Float32Array {
    const { floats, start } = this.#place(row);
    return floats.subarray(start, start + this.dimension);
  }

  /**
   * Squared distances in float32, within `errorBound(d, ⌈d/4⌉ + 2)`.
   *
   * @param queries q × d, q ≤ queriesPerPass
   * @returns q × count
   */
  squaredDistances(queries: Float32Array): Float32Array {
    const q = queries.length / this.dimension;
    const distances = new Float32Array(q * this.count);
    for (const [m, kernel] of this.#memories.entries()) {
      this.#setQueries(kernel, queries);
      const floats = new Float32Array(kernel.memory.buffer);
      const base = m * this.#rowsPerMemory;
      const rows = Math.min(this.#rowsPerMemory, this.count - base);
      for (let first = 0; first < rows; first += rowsPerCall) {
        const n = Math.min(rowsPerCall, rows - first);
        kernel.squaredDistances(
          this.#rowsAt + first * this.#stride,
          n,
          this.#queriesAt,
          q,
          this.#stride,
          this.#outAt,
          rowsPerCall * 4,
        );
        for (let i = 0; i < q; i++) {
          const start = this.#outAt / 4 + i * rowsPerCall;
          distances.set(floats.subarray(start, start + n), i * this.count + base + first);
        }
      }
    }
    return distances;
  }

  /** The same of some rows (ascending) to one query. */
  squaredDistancesOf(rows: Uint32Array, query: Float32Array): Float32Array {
    const distances = new Float32Array(rows.length);
    let done = 0;
    for (const [m, kernel] of this.#memories.entries()) {
      const base = m * this.#rowsPerMemory;
      if (done === rows.length || rows[done]! >= base + this.#rowsPerMemory) continue;
      this.#setQueries(kernel, query);
      const { buffer } = kernel.memory;
      while (done < rows.length && rows[done]! < base + this.#rowsPerMemory) {
        const list = new Uint32Array(buffer, this.#listAt, rowsPerCall);
        let n = 0;
        while (n < rowsPerCall && done + n < rows.length && rows[done + n]! < base + this.#rowsPerMemory) {
          list[n] = rows[done + n]! - base;
          n++;
        }
        kernel.squaredDistancesOf(this.#listAt, n, this.#rowsAt, this.#queriesAt, this.#stride, this.#outAt);
        distances.set(new Float32Array(buffer, this.#outAt, n), done);
        done += n;
      }
    }
    return distances;
  }

  #setQueries({ memory }: RowKernel, queries: Float32Array): void {
    const d = this.dimension;
    const floats = new Float32Array(memory.buffer);
    const strideFloats = this.#stride / 4;
    for (let i = 0; i < queries.length / d; i++) {
      const at = this.#queriesAt / 4 + i * strideFloats;
      floats.set(queries.subarray(i * d, (i + 1) * d), at);
      floats.fill(0, at + d, at + strideFloats);
    }
  }

  /** The values of the memory that holds `row`, where among them it starts, and the rows from it to the memory's end. */
  #place(row: number): { floats: Float32Array; start: number; left: number } {
    const inMemory = row % this.#rowsPerMemory;
    const { memory } = this.#memories[Math.floor(row / this.#rowsPerMemory)]!;
    return {
      floats: new Float32Array(memory.buffer),
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
        this.#memories[m] ??= this.#kernels.rows();
        reserve(this.#memories[m]!.memory, this.#rowsAt + inMemory * this.#stride, what, this.#mostBytes);
      } catch (error) {
        this.#memories.length = present;
        throw error;
      }
    }
  }
}
