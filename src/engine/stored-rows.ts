import type { RowStore } from '../knn/search/row-source.ts';
import type { PlacedEntry } from '../store/format/entries.ts';
import { ChangedError, type IndexStore } from '../store/index-store.ts';

/** Thrown to a search where rows of the store do not match their checksums. */
export class DamagedRows extends Error {
  readonly entries: readonly PlacedEntry[];

  constructor(entries: readonly PlacedEntry[]) {
    super(`${entries.length} rows are damaged`);
    this.entries = entries;
  }
}

/**
 * The rows of a stored index for a `FlatIndex` that keeps quantised rows only. That numbers rows by the order of adding, whatever
 * was removed since; here is which picture's row each number is, as the file holds it now.
 */
export class StoredRows implements RowStore {
  readonly #store: IndexStore;
  /** The store's reading that the entries' places are of. */
  readonly #readings: number;
  /** By the position among the pictures: the row's number. */
  #numbers: number[] = [];
  /** By number. */
  readonly #entries = new Map<number, PlacedEntry>();
  #added = 0;

  constructor(store: IndexStore) {
    this.#store = store;
    this.#readings = store.readings;
  }

  /** Before the row is added to the index. */
  add(entry: PlacedEntry): void {
    this.#entries.set(this.#added, entry);
    this.#numbers.push(this.#added++);
  }

  replace(position: number, entry: PlacedEntry): void {
    this.#entries.set(this.#numbers[position]!, entry);
  }

  /** @param positions ascending */
  remove(positions: readonly number[]): void {
    const gone = new Set(positions);
    for (const position of positions) this.#entries.delete(this.#numbers[position]!);
    this.#numbers = this.#numbers.filter((_, position) => !gone.has(position));
  }

  /**
   * @throws DamagedRows where rows do not match their checksums
   * @throws LikenessError where they cannot be read, or the file is another one by now
   */
  async read(numbers: Uint32Array): Promise<Float32Array> {
    if (this.#store.readings !== this.#readings) throw new ChangedError();
    const entries = Array.from(numbers, (number) => this.#entries.get(number)!);
    const { dimension } = this.#store.info;
    const values = new Float32Array(entries.length * dimension);
    const damaged: PlacedEntry[] = [];
    const blocks = this.#store.rows(entries, (entry) => damaged.push(entry));
    for await (const { first, values: block } of blocks) values.set(block, first * dimension);
    if (damaged.length > 0) throw new DamagedRows(damaged);
    return values;
  }
}
