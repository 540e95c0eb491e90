import { LikenessError } from '../../errors.ts';
import type { Backend, Candidates, RowSet } from '../backend.ts';
import { Cascade } from './cascade.ts';
import { CodeMemory } from './code-memory.ts';
import { type Kernels, loadKernels } from './kernel.ts';
import { RowMemory } from './row-memory.ts';
import { Scan } from './scan.ts';

/** From so many rows of at least so many values on, they have codes beside them. */
const fewestCodedRows = 1024;
const fewestCodedValues = 32;
/** For a larger part of the rows than this, codes are of no use. */
const largestCodedPart = 1 / 8;

export interface WasmOptions {
  kernels?: Kernels | undefined;
  /** Bytes of one memory; default 4 GiB. */
  mostBytes?: number | undefined;
  /** Whether rows get codes; default true. */
  codes?: boolean | undefined;
}

/** Rows and their codes in WebAssembly memory. Rejects where WebAssembly SIMD is missing or wrong. */
export async function createWasmBackend(
  dimension: number,
  { kernels, mostBytes, codes = true }: WasmOptions = {},
): Promise<Backend> {
  return new WasmBackend(dimension, kernels ?? (await loadKernels()), mostBytes, codes);
}

class WasmBackend implements Backend {
  readonly dimension: number;
  readonly name: Kernels['name'];
  readonly heedsSkip = true;
  readonly #kernels: Kernels;
  readonly #mostBytes: number | undefined;
  readonly #coded: boolean;
  /** Undefined once closed, so that the memory can go even if the index is kept. */
  #open: RowMemory | undefined;
  #codes: CodeMemory | undefined;
  #cascade: Cascade | undefined;

  constructor(dimension: number, kernels: Kernels, mostBytes: number | undefined, codes: boolean) {
    this.dimension = dimension;
    this.name = kernels.name;
    this.#kernels = kernels;
    this.#mostBytes = mostBytes;
    this.#coded = codes && dimension >= fewestCodedValues;
    this.#open = new RowMemory(kernels, dimension, mostBytes);
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
    const d = this.dimension;
    const count = queries.length / d;
    const found: (Candidates | undefined)[] =
      this.#cascade && k <= largestCodedPart * this.rows
        ? this.#cascade.candidates(queries, k, skip)
        : new Array(count).fill(undefined);
    const open = [...found.keys()].filter((at) => !found[at]);
    const scan = new Scan(this.#rows, k, skip);
    for (let first = 0; first < open.length; first += this.#rows.queriesPerPass) {
      const part = open.slice(first, first + this.#rows.queriesPerPass);
      const answers = scan.candidates(part.map((at) => queries.subarray(at * d, (at + 1) * d)));
      for (const [i, at] of part.entries()) found[at] = answers[i]!;
    }
    return found as Candidates[];
  }

  close(): void {
    this.#open = this.#codes = this.#cascade = undefined;
  }

  /** Codes of rows just added; of all, when there are enough for the first time. */
  #encode(values: Float32Array): void {
    if (this.#codes) {
      this.#codes.append(values);
      return;
    }
    if (!this.#coded || this.rows < fewestCodedRows) return;
    const codes = new CodeMemory(this.#kernels, this.dimension, this.#mostBytes);
    for (let row = 0; row < this.rows; row++) codes.append(this.row(row));
    this.#codes = codes;
    this.#cascade = new Cascade(codes, this.#rows);
  }
}
