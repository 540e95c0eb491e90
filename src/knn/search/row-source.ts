import { isFloats } from '../../base/class-of.ts';
import { LikenessError } from '../../base/errors.ts';
import type { RowHolder } from '../backend/backend.ts';

/** Full rows that an index does not keep in memory: a file, the origin-private file system, HTTP ranges. */
export interface RowStore {
  /**
   * Reads rows. Searches run side by side: it may be called again before it has answered.
   *
   * @param numbers ascending; n is the row that was added as the n-th, from 0, whatever was removed since
   * @returns their values, one row after the other, the very ones that were added, in an array that stays as it is
   */
  read(numbers: Uint32Array): Promise<Float32Array> | Float32Array;
}

/** Bytes of rows asked for at once, from a store and from memory. */
const bytesPerFetch = 1 << 22;
const bytesPerRead = 1 << 26;

/** @internal Full rows of an index's slots, from the backend or from a store. */
export class RowSource {
  readonly #backend: Pick<RowHolder, 'dimension' | 'row'>;
  readonly #store: RowStore | undefined;
  /** What the store calls each slot; empty without a store. */
  readonly #numbers: number[] = [];
  #added = 0;

  constructor(backend: Pick<RowHolder, 'dimension' | 'row'>, store: RowStore | undefined) {
    this.#backend = backend;
    this.#store = store;
  }

  /** Slots that one {@link read} takes at most. */
  get batch(): number {
    const bytes = this.#store ? bytesPerFetch : bytesPerRead;
    return Math.max(4, Math.floor(bytes / (4 * this.#backend.dimension)));
  }

  /** Bytes that a row takes from the store. */
  get fetchedBytesPerRow(): number {
    return this.#store ? 4 * this.#backend.dimension : 0;
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

  /** Values of some slots, as a function of the position in the list. Views: valid until the index changes. */
  read(slots: Uint32Array): Promise<(i: number) => Float32Array> | ((i: number) => Float32Array) {
    return this.#store
      ? this.#fetch(this.#store, this.#numbersOf(slots))
      : (i) => this.#backend.row(slots[i]!);
  }

  /** Copies of the slots' rows as they are at the call, one after the other. */
  async copy(slots: Uint32Array): Promise<Float32Array> {
    const d = this.#backend.dimension;
    const values = new Float32Array(slots.length * d);
    if (!this.#store) {
      for (const [i, slot] of slots.entries()) values.set(this.#backend.row(slot), i * d);
      return values;
    }
    const numbers = this.#numbersOf(slots);
    for (let at = 0; at < numbers.length; at += this.batch) {
      const part = numbers.subarray(at, at + this.batch);
      const found = await this.#fetch(this.#store, part);
      for (let i = 0; i < part.length; i++) values.set(found(i), (at + i) * d);
    }
    return values;
  }

  #numbersOf(slots: Uint32Array): Uint32Array {
    return slots.map((slot) => this.#numbers[slot]!);
  }

  async #fetch(store: RowStore, numbers: Uint32Array): Promise<(i: number) => Float32Array> {
    const d = this.#backend.dimension;
    const order = Array.from(numbers.keys()).sort((a, b) => numbers[a]! - numbers[b]!);
    const values = await store.read(Uint32Array.from(order, (i) => numbers[i]!));
    if (!isFloats(values) || values.length !== numbers.length * d) {
      throw new LikenessError(
        'bad-file',
        `The row store was asked for ${numbers.length} rows of ${d} values and gave ${(values as Float32Array | undefined)?.length ?? typeof values}; it has to give a Float32Array of ${numbers.length * d}.`,
      );
    }
    const place = new Uint32Array(numbers.length);
    for (const [at, i] of order.entries()) place[i] = at;
    return (i) => values.subarray(place[i]! * d, (place[i]! + 1) * d);
  }
}
