import { LikenessError } from '../../errors.ts';
import type { Backend, Candidates, RowSet } from '../backend.ts';
import { CodeMemory } from './code-memory.ts';
import { compileKernels, type Kernels, loadKernels } from './kernel.ts';
import { type Layout, mostMemoryBytes } from './memory.ts';
import { RowMemory } from './row-memory.ts';
import { Searcher } from './searcher.ts';
import { canShareMemory, startThread } from './start-thread.ts';
import { Threads } from './threads.ts';

/** From so many rows of at least so many values on, they have codes beside them. */
const fewestCodedRows = 1024;
const fewestCodedValues = 32;

export interface WasmOptions {
  kernels?: Kernels | undefined;
  /** Bytes of one memory; default 4 GiB. */
  mostBytes?: number | undefined;
  /** Whether rows get codes; default true. */
  codes?: boolean | undefined;
  /** Threads that search, where memory can be shared; default 1. */
  threads?: number | undefined;
}

/** Rows and their codes in WebAssembly memory. Rejects where WebAssembly SIMD is missing or wrong. */
export async function createWasmBackend(
  dimension: number,
  { kernels, mostBytes = mostMemoryBytes, codes = true, threads = 1 }: WasmOptions = {},
): Promise<Backend> {
  const own = kernels ?? (await loadKernels());
  if (threads === 1 || !canShareMemory()) {
    return new WasmBackend(dimension, own, { mostBytes, threads: 1, thread: 0 }, codes);
  }
  const layout = { mostBytes, threads, thread: 0 };
  const others = await Threads.start(startThread, { build: own.name, dimension, layout });
  return new WasmBackend(dimension, await compileKernels(own.name, true), layout, codes, others);
}

class WasmBackend implements Backend {
  readonly dimension: number;
  readonly name: Kernels['name'];
  readonly heedsSkip = true;
  readonly threads: number;
  readonly #kernels: Kernels;
  readonly #layout: Layout;
  readonly #coded: boolean;
  readonly #threads: Threads | undefined;
  /** Undefined once closed, so that the memory can go even if the index is kept. */
  #open: RowMemory | undefined;
  #codes: CodeMemory | undefined;
  #searcher: Searcher | undefined;

  constructor(dimension: number, kernels: Kernels, layout: Layout, codes: boolean, threads?: Threads) {
    this.dimension = dimension;
    this.name = kernels.name;
    this.threads = layout.threads;
    this.#kernels = kernels;
    this.#layout = layout;
    this.#coded = codes && dimension >= fewestCodedValues;
    this.#threads = threads;
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
    rows.append(values);
    try {
      this.#encode(values);
    } catch (error) {
      rows.truncate(before);
      throw error;
    }
  }

  set(row: number, values: Float32Array): void {
    this.#rows.set(row, values);
    this.#codes?.set(row, values);
  }

  remove(rows: readonly number[]): void {
    this.#rows.remove(rows);
    this.#codes?.remove(rows);
  }

  row(row: number): Float32Array {
    return this.#rows.row(row);
  }

  async candidates(queries: Float32Array, k: number, skip?: RowSet): Promise<Candidates[]> {
    this.#searcher ??= new Searcher(this.#rows, this.#codes);
    return this.#threads
      ? this.#threads.candidates(this.#searcher, this.#rows, this.#codes, queries, k, skip)
      : this.#searcher.candidates(queries, k, skip);
  }

  close(): void {
    this.#open = this.#codes = this.#searcher = undefined;
    this.#threads?.close();
  }

  /** Codes of rows just added; of all, when there are enough for the first time. */
  #encode(values: Float32Array): void {
    if (this.#codes) {
      this.#codes.append(values);
      return;
    }
    if (!this.#coded || this.rows < fewestCodedRows) return;
    const codes = new CodeMemory(this.#kernels, this.dimension, this.#layout);
    for (let row = 0; row < this.rows; row++) codes.append(this.row(row));
    this.#codes = codes;
    this.#searcher = undefined; // the next one knows the codes
  }
}
