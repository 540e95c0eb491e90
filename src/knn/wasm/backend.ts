import { LikenessError } from '../../base/errors.ts';
import type { Backend, Candidates, RowSet } from '../backend/backend.ts';
import { compileKernels, type Kernels, loadKernels } from './kernels.ts';
import { type Layout, maxMemoryBytes } from './memory.ts';
import { QuantisedRows, type SharedQuantised } from './quantised-rows.ts';
import { RowMemory, type SharedRows } from './row-memory.ts';
import { Searcher } from './searcher.ts';

/** From so many rows of at least so many values on, they are kept quantised, too. */
const minQuantisedRows = 1024;
const minQuantisedValues = 32;

export interface WasmOptions {
  kernels?: Kernels | undefined;
  /** Bytes of one memory; default 4 GiB. */
  maxBytes?: number | undefined;
  /** Whether rows are quantised, too; default true. */
  quantised?: boolean | undefined;
  /** Threads that are to share the memory, this one among them; default 1. */
  threads?: number | undefined;
}

/** What threads that share a backend's memory need to read its rows. */
export interface SharedBackend {
  rows: SharedRows;
  quantised: SharedQuantised | undefined;
}

/** Rows, in full and quantised, in WebAssembly memory. Rejects where WebAssembly SIMD is missing or wrong. */
export async function createWasmBackend(
  dimension: number,
  { kernels, maxBytes = maxMemoryBytes, quantised = true, threads = 1 }: WasmOptions = {},
): Promise<WasmBackend> {
  const own = kernels ?? (await loadKernels());
  const layout = { maxBytes, threads, thread: 0 };
  return new WasmBackend(
    dimension,
    threads > 1 ? await compileKernels(own.name, true) : own,
    layout,
    quantised,
  );
}

export class WasmBackend implements Backend {
  readonly dimension: number;
  readonly name: Kernels['name'];
  /** How memory is laid out for the threads that share it. */
  readonly layout: Layout;
  readonly #kernels: Kernels;
  readonly #isQuantised: boolean;
  /** Undefined once closed, so that the memory can go even if the index is kept. */
  #open: RowMemory | undefined;
  #quantised: QuantisedRows | undefined;
  #searcher: Searcher | undefined;
  #shared: SharedBackend | undefined;

  constructor(dimension: number, kernels: Kernels, layout: Layout, quantised: boolean) {
    this.dimension = dimension;
    this.name = kernels.name;
    this.layout = layout;
    this.#kernels = kernels;
    this.#isQuantised = quantised && dimension >= minQuantisedValues;
    this.#open = new RowMemory(kernels, dimension, layout);
  }

  get rows(): number {
    return this.#open?.count ?? 0;
  }

  get #rows(): RowMemory {
    if (!this.#open) throw new LikenessError('closed', 'This index was closed; create another.');
    return this.#open;
  }

  append(values: Float32Array): void {
    const rows = this.#rows;
    const before = rows.count;
    this.#shared = undefined;
    try {
      rows.append(values);
      this.#quantise(values);
    } catch (error) {
      rows.truncate(before);
      throw error;
    }
  }

  set(row: number, values: Float32Array): void {
    this.#shared = undefined;
    this.#rows.set(row, values);
    this.#quantised?.set(row, values);
  }

  remove(rows: readonly number[]): void {
    this.#shared = undefined;
    this.#rows.remove(rows);
    this.#quantised?.remove(rows);
  }

  row(row: number): Float32Array {
    return this.#rows.row(row);
  }

  async candidates(queries: Float32Array, k: number, skip?: RowSet): Promise<Candidates[]> {
    this.#searcher ??= new Searcher(this.#rows, this.#quantised);
    return this.#searcher.candidates(queries, k, skip);
  }

  /** The rows as they are now, for views of other threads: the same object until they change. */
  share(): SharedBackend {
    this.#shared ??= { rows: this.#rows.share(), quantised: this.#quantised?.share() };
    return this.#shared;
  }

  close(): void {
    this.#open = this.#quantised = this.#searcher = this.#shared = undefined;
  }

  /** Quantises rows just added; all of them, when there are enough for the first time. */
  #quantise(values: Float32Array): void {
    if (this.#quantised) {
      this.#quantised.append(values);
      return;
    }
    if (!this.#isQuantised || this.rows < minQuantisedRows) return;
    const quantised = new QuantisedRows(this.#kernels, this.dimension, this.layout);
    for (let row = 0; row < this.rows; row++) quantised.append(this.row(row));
    this.#quantised = quantised;
    this.#searcher = undefined; // the next one knows them
  }
}
