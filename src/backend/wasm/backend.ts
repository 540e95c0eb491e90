import { LikenessError } from '../../errors.ts';
import { type ErrorBound, errorBound, overflowLimit } from '../../knn/bounds.ts';
import type { Backend, Candidates } from '../backend.ts';
import { allPositions, kthSmallest, positionsUpTo } from '../js/select.ts';
import { type Kernel, loadKernel } from './kernel.ts';

const pageBytes = 65536;
const mostBytes = 2 ** 32;
/** Queries that share one pass over the rows. */
const queriesPerPass = 16;
/** Rows of one call of the kernel: its output is a fixed scratch area, not one that grows with the index. */
const rowsPerCall = 4096;

/** Rows in WebAssembly memory, searched by `assembly/knn.ts`. Throws where WebAssembly SIMD is missing or wrong. */
export async function createWasmBackend(dimension: number, kernel?: Kernel): Promise<Backend> {
  return new WasmBackend(dimension, kernel ?? (await loadKernel()));
}

class WasmBackend implements Backend {
  readonly dimension: number;
  rows = 0;
  readonly name: Kernel['name'];
  /** Undefined once closed, so that the memory can go even if the index is kept. */
  #open: Kernel | undefined;
  readonly #bound: ErrorBound;
  /** Bytes from one row to the next. */
  readonly #stride: number;
  readonly #queriesAt: number;
  readonly #outAt: number;
  readonly #rowsAt: number;

  constructor(dimension: number, kernel: Kernel) {
    this.dimension = dimension;
    this.name = kernel.name;
    this.#open = kernel;
    const vectors = Math.ceil(dimension / 4);
    this.#bound = errorBound(dimension, vectors + 2);
    // Rows a multiple of 4 KiB apart would all meet in the same few lines of the first-level cache.
    this.#stride = vectors * 16 + (vectors % 256 === 0 ? 64 : 0);
    this.#queriesAt = 1024; // below it: what a compiler may place
    this.#outAt = this.#queriesAt + queriesPerPass * this.#stride;
    this.#rowsAt = align(this.#outAt + queriesPerPass * rowsPerCall * 4, 64);
  }

  get #kernel(): Kernel {
    if (!this.#open) throw new LikenessError('closed', 'This index was closed; create another.');
    return this.#open;
  }

  append(values: Float32Array): void {
    const added = values.length / this.dimension;
    this.#reserve(this.rows + added);
    const floats = new Float32Array(this.#kernel.memory.buffer);
    const d = this.dimension;
    for (let i = 0; i < added; i++) {
      const start = this.#rowStart(this.rows + i);
      floats.set(values.subarray(i * d, (i + 1) * d), start);
      floats.fill(0, start + d, start + this.#stride / 4);
    }
    this.rows += added;
  }

  set(row: number, values: Float32Array): void {
    this.row(row).set(values);
  }

  remove(rows: readonly number[]): void {
    const bytes = new Uint8Array(this.#kernel.memory.buffer);
    const at = (row: number): number => this.#rowsAt + row * this.#stride;
    let to = rows[0] ?? this.rows;
    for (const [i, row] of rows.entries()) {
      const next = rows[i + 1] ?? this.rows;
      bytes.copyWithin(at(to), at(row + 1), at(next));
      to += next - row - 1;
    }
    this.rows = to;
  }

  row(row: number): Float32Array {
    return new Float32Array(this.#kernel.memory.buffer, this.#rowStart(row) * 4, this.dimension);
  }

  async candidates(queries: Float32Array, k: number): Promise<Candidates[]> {
    const d = this.dimension;
    const count = queries.length / d;
    this.#reserve(this.rows);
    const found: Candidates[] = [];
    for (let first = 0; first < count; first += queriesPerPass) {
      const part = Math.min(queriesPerPass, count - first);
      const distances = this.#distances(queries.subarray(first * d, (first + part) * d), part);
      for (let q = 0; q < part; q++) {
        found.push(this.#select(distances.subarray(q * this.rows, (q + 1) * this.rows), k));
      }
    }
    return found;
  }

  close(): void {
    this.rows = 0;
    this.#open = undefined;
  }

  /** q × rows float32. */
  #distances(queries: Float32Array, q: number): Float32Array {
    const floats = new Float32Array(this.#kernel.memory.buffer);
    const d = this.dimension;
    const strideFloats = this.#stride / 4;
    floats.fill(0, this.#queriesAt / 4, this.#queriesAt / 4 + q * strideFloats);
    for (let i = 0; i < q; i++) {
      floats.set(queries.subarray(i * d, (i + 1) * d), this.#queriesAt / 4 + i * strideFloats);
    }
    const distances = new Float32Array(q * this.rows);
    for (let first = 0; first < this.rows; first += rowsPerCall) {
      const n = Math.min(rowsPerCall, this.rows - first);
      this.#kernel.squaredDistances(
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
        distances.set(floats.subarray(start, start + n), i * this.rows + first);
      }
    }
    return distances;
  }

  #select(distances: Float32Array, k: number): Candidates {
    // k rows lie no farther than `reach`; whatever the kernel puts beyond `limit` lies farther than that.
    const reach = this.#bound.upper(kthSmallest(distances, k)) * (1 + 1e-9);
    const limit = this.#bound.computedUpTo(reach);
    if (!(limit < overflowLimit)) return { rows: allPositions(this.rows), bound: Number.POSITIVE_INFINITY };
    return { rows: positionsUpTo(distances, limit), bound: reach };
  }

  /** Index of a row's first value among the memory's float32 values. */
  #rowStart(row: number): number {
    return (this.#rowsAt + row * this.#stride) / 4;
  }

  #reserve(rows: number): void {
    const { memory } = this.#kernel;
    const wanted = this.#rowsAt + rows * this.#stride;
    const present = memory.buffer.byteLength;
    if (wanted <= present) return;
    if (wanted > mostBytes) throw outOfRoom(rows, this.dimension);
    // A quarter more than needed, so that adding row by row grows the memory seldom.
    const generous = Math.min(Math.max(wanted, present * 1.25), mostBytes);
    for (const bytes of [generous, wanted]) {
      try {
        memory.grow(Math.ceil((bytes - present) / pageBytes));
        return;
      } catch {
        // The engine has not that much; the exact need may still fit.
      }
    }
    throw outOfRoom(rows, this.dimension);
  }
}

function outOfRoom(rows: number, dimension: number): LikenessError {
  return new LikenessError(
    'bad-argument',
    `${rows} rows of ${dimension} values do not fit into WebAssembly memory (4 GiB at most, less on small devices); nothing was added. Split the rows over several indexes.`,
  );
}

function align(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}
