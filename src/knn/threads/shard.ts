import type { RowSet } from '../backend/backend.ts';
import { sizeOf } from '../backend/row-set.ts';
import type { Found } from '../search/found.ts';
import { RowSource } from '../search/row-source.ts';
import { type Limits, Search } from '../search/search.ts';
import type { WasmBackend } from '../wasm/backend.ts';

/** Some of the rows of an index, in a memory of their own. */
export class Shard {
  readonly #backend: WasmBackend;
  readonly #source: RowSource;
  /** Set when rows could not be taken: no answer would be right. */
  #failure: unknown;

  constructor(backend: WasmBackend) {
    this.#backend = backend;
    this.#source = new RowSource(backend, undefined);
  }

  append(values: Float32Array): Promise<void> {
    return this.#change(() => this.#backend.append(values));
  }

  set(row: number, values: Float32Array): Promise<void> {
    return this.#change(() => this.#backend.set(row, values));
  }

  remove(rows: readonly number[]): Promise<void> {
    return this.#change(() => this.#backend.remove(rows));
  }

  async #change(change: () => void): Promise<void> {
    this.#check();
    try {
      change();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** Rows, one after the other. */
  async read(rows: Uint32Array): Promise<Float32Array> {
    this.#check();
    const d = this.#backend.dimension;
    const values = new Float32Array(rows.length * d);
    for (const [at, row] of rows.entries()) values.set(this.#backend.row(row), at * d);
    return values;
  }

  async search(queries: Float32Array, skip: RowSet | undefined, limits: Limits): Promise<Found> {
    this.#check();
    const taking = this.#backend.rows - (skip ? sizeOf(skip) : 0);
    return new Search(this.#backend, this.#source, skip, taking, limits).run(queries);
  }

  close(): void {
    this.#backend.close();
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
  }
}
