import type { Entry, IndexRecord, Json } from './records.ts';

/** A picture and where its row is. */
export interface PlacedEntry extends Entry {
  /** Where its row begins in the file. */
  at: number;
  /** CRC-32 of the row's bytes. */
  checksum: number;
}

/** One step from one list of pictures to the next, for whoever keeps rows of their own in the same order. */
export type Step =
  | { kind: 'add' | 'replace'; position: number; entry: PlacedEntry }
  /** Ascending. The others keep their order and move up. */
  | { kind: 'remove'; positions: number[] };

/** The pictures of an index in the order in which they were added. */
export class Entries {
  #list: PlacedEntry[] = [];
  readonly #positions = new Map<string, number>();
  readonly settings: Map<string, Json> = new Map();

  get list(): readonly PlacedEntry[] {
    return this.#list;
  }

  position(id: string): number | undefined {
    return this.#positions.get(id);
  }

  /**
   * Applies the records of one commit, in their order.
   *
   * @param place where the n-th row of the commit is
   */
  apply(records: readonly IndexRecord[], place: (n: number) => Pick<PlacedEntry, 'at' | 'checksum'>): Step[] {
    const steps: Step[] = [];
    let row = 0;
    let removed: number[] = [];
    const flush = (): void => {
      if (removed.length > 0) steps.push(this.#removeAll(removed));
      removed = [];
    };
    for (const record of records) {
      if ('remove' in record) {
        const position = this.#positions.get(record.remove);
        if (position !== undefined) {
          this.#positions.delete(record.remove);
          removed.push(position);
        }
        continue;
      }
      flush();
      if ('set' in record) this.settings.set(record.set, record.value);
      else steps.push(this.#put(record, place(row++)));
    }
    flush();
    return steps;
  }

  #put(
    { put: id, meta, hash }: Extract<IndexRecord, { put: string }>,
    placed: Pick<PlacedEntry, 'at' | 'checksum'>,
  ): Step {
    const entry: PlacedEntry = { id, at: placed.at, checksum: placed.checksum };
    if (meta !== undefined) entry.meta = meta;
    if (hash !== undefined) entry.hash = hash;
    const there = this.#positions.get(id);
    if (there !== undefined) {
      this.#list[there] = entry;
      return { kind: 'replace', position: there, entry };
    }
    const position = this.#list.push(entry) - 1;
    this.#positions.set(id, position);
    return { kind: 'add', position, entry };
  }

  #removeAll(removed: number[]): Step {
    const positions = removed.sort((a, b) => a - b);
    let next = 0;
    let to = positions[0]!;
    for (let from = to; from < this.#list.length; from++) {
      if (positions[next] === from) {
        next++;
        continue;
      }
      const entry = this.#list[from]!;
      this.#list[to] = entry;
      this.#positions.set(entry.id, to++);
    }
    this.#list.length = to;
    return { kind: 'remove', positions };
  }
}
