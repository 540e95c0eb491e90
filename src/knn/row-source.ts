import type { RowHolder } from '../backend/backend.ts';
import { LikenessError } from '../errors.ts';

/** Full rows that an index does not keep in memory: a file, the origin-private file system, HTTP ranges. */
export interface RowStore {
  /**
   * Reads rows.
   *
   * @param numbers ascending; n is the row that was added as the n-th, from 0, whatever was removed since
   * @returns their values, one row after the other, the very ones that were added
   */
  read(numbers: Uint32Array): Promise<Float32Array> | Float32Array;
}

/** Bytes of rows asked for at once, from a store and from memory. */
const bytesPerFetch = 1 << 22;
const bytesPerRead = 1 << 26;

/** Full rows of an index's slots, from the backend or from a store. */
export class RowSource {
  /** Bytes that came from the store. */
  fetchedBytes = 0;
  readonly #backend: RowHolder;
  readonly #store: RowStore | undefined;
  /** What the store calls each slot; empty without a store. */
  readonly #numbers: number[] = [];
  #added = 0;

  constructor(backend: RowHolder, store: RowStore | undefined) {
    this.#backend = backend;
    this.#store = store;
  }

  /** Most slots of one {@link read}. */
  get batch(): number {
    const bytes = this.#store ? bytesPerFetch : bytesPerRead;
    return Math.max(4, Math.floor(bytes / (4 * this.#backend.dimension)));
  }

  append(rows: number): void {
    if (this.#store) for (let i = 0; i < rows; i++) this.#numbers.push(this.#added++);
  }

  /** Slots (ascending) were removed; those behind moved up. */
  remove(slots: readonly number[]): void {
    if (!this.#store) return;
    let next = 0;
    let to = 0;
    for (let from = 0; from < this.#numbers.length; from++) {
      if (slots[next] === from) next++;
      else this.#numbers[to++] = this.#numbers[from]!;
    }
    this.#numbers.length = to;
  }

  /** The values of some slots, in any order: a function of the position among them. Views, until the index changes. */
  read(slots: Uint32Array): Promise<(i: number) => Float32Array> | ((i: number) => Float32Array) {
    return this.#store ? this.#fetch(this.#store, slots) : (i) => this.#backend.row(slots[i]!);
  }

  async #fetch(store: RowStore, slots: Uint32Array): Promise<(i: number) => Float32Array> {
    const d = this.#backend.dimension;
    const order = Array.from(slots.keys()).sort((a, b) => slots[a]! - slots[b]!);
    const values = await store.read(Uint32Array.from(order, (i) => this.#numbers[slots[i]!]!));
    if (!(values instanceof Float32Array) || values.length !== slots.length * d) {
      throw new LikenessError(
        'bad-file',
        `The row store was asked for ${slots.length} rows of ${d} values and gave ${values?.length ?? typeof values}; it has to give a Float32Array of ${slots.length * d}.`,
      );
    }
    this.fetchedBytes += values.byteLength;
    const place = new Uint32Array(slots.length);
    for (const [at, i] of order.entries()) place[i] = at;
    return (i) => values.subarray(place[i]! * d, (place[i]! + 1) * d);
  }
}
