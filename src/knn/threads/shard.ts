import type { RowSet } from '../backend/backend.ts';
import { sizeOf } from '../backend/row-set.ts';
import type { Found } from '../search/found.ts';
import { RowSource } from '../search/row-source.ts';
import { type Limits, Search } from '../search/search.ts';
import type { WasmBackend } from '../wasm/backend.ts';

/** What is asked of a shard. */
export type ShardAsk =
  | { append: Float32Array }
  | { set: number; values: Float32Array }
  | { remove: number[] }
  | { read: Uint32Array }
  | { search: Float32Array; skip: RowSet | undefined; k: number; maxDistance: number };

/** Some of the rows of an index, in a memory of their own. */
export class Shard {
  readonly #backend: WasmBackend;
  readonly #source: RowSource;
  /** Once rows could not be taken, no answer would be right. */
  #failure: unknown;

  constructor(backend: WasmBackend) {
    this.#backend = backend;
    this.#source = new RowSource(backend, undefined);
  }

  async answer(ask: ShardAsk): Promise<unknown> {
    this.#check();
    try {
      if ('append' in ask) return this.#backend.append(ask.append);
      if ('set' in ask) return this.#backend.set(ask.set, ask.values);
      if ('remove' in ask) return this.#backend.remove(ask.remove);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    if ('read' in ask) return this.read(ask.read);
    return this.search(ask.search, ask.skip, { ...ask, signal: undefined });
  }

  /** Rows, one after the other. */
  read(rows: Uint32Array): Float32Array {
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
