import type { Json } from '../../base/json.ts';
import { type Entry, encodedBytes, type IndexRecord, type PutRecord, putRecord } from './records.ts';

/** A picture and where its row is. */
export interface PlacedEntry extends Entry {
  /** Where its row begins in the file. */
  readonly at: number;
  /** CRC-32 of the row's bytes. */
  readonly checksum: number;
}

/** Where the rows of one commit are. */
export interface PlacedRows {
  /** Where the first begins in the file; the others follow it. */
  at: number;
  rowBytes: number;
  /** CRC-32 of each row's bytes. */
  checksums: Uint32Array;
}

const checksumBytes = 4;

/** Rows that are in no file. */
export const nowhere: PlacedRows = { at: 0, rowBytes: 0, checksums: new Uint32Array(0) };

/** Numbers that a commit has for all of its rows are kept once: there may be a million entries. */
class EntryOfCommit implements PlacedEntry {
  readonly id: string;
  readonly meta?: Json;
  readonly hash?: string;
  readonly #rows: PlacedRows;
  readonly #row: number;

  constructor({ put, meta, hash }: PutRecord, rows: PlacedRows, row: number) {
    this.id = put;
    if (meta !== undefined) this.meta = meta;
    if (hash !== undefined) this.hash = hash;
    this.#rows = rows;
    this.#row = row;
  }

  get at(): number {
    return this.#rows.at + this.#row * this.#rows.rowBytes;
  }

  get checksum(): number {
    return this.#rows.checksums[this.#row]!;
  }
}

/** How a list of pictures changed, for code that keeps rows of its own in the same order. */
export type Step =
  | { kind: 'add' | 'replace'; position: number; entry: PlacedEntry; vector: Float32Array | undefined }
  /** Ascending. The others keep their order and move up. */
  | { kind: 'remove'; positions: number[] };

/** The pictures of an index in the order in which they were added. */
export class Entries {
  #list: PlacedEntry[] = [];
  readonly #positions = new Map<string, number>();
  readonly settings: Map<string, Json> = new Map();
  /** Bytes of rows and records that were replaced or removed: what a compaction takes out. */
  deadBytes = 0;

  get list(): readonly PlacedEntry[] {
    return this.#list;
  }

  position(id: string): number | undefined {
    return this.#positions.get(id);
  }

  /**
   * Applies records of one commit, in their order.
   *
   * @param vectors the commit's rows, where they are in memory: the steps have them
   * @param row the first row of these records
   */
  apply(
    records: readonly IndexRecord[],
    rows: PlacedRows,
    vectors: readonly Float32Array[] = [],
    row = 0,
  ): Step[] {
    const steps: Step[] = [];
    let removed: number[] = [];
    const flush = (): void => {
      if (removed.length > 0) steps.push(this.#removeAll(removed));
      removed = [];
    };
    for (const record of records) {
      if ('remove' in record) {
        const position = this.#positions.get(record.remove);
        this.deadBytes += encodedBytes(record);
        if (position !== undefined) {
          this.#bury(this.#list[position]!, rows);
          this.#positions.delete(record.remove);
          removed.push(position);
        }
        continue;
      }
      flush();
      if ('set' in record) {
        const { set } = record;
        const before = this.settings.get(set);
        if (before !== undefined) this.deadBytes += encodedBytes({ set, value: before });
        this.settings.set(set, record.value);
      } else {
        const entry = new EntryOfCommit(record, rows, row);
        const before = this.#positions.get(record.put);
        const position = before ?? this.#list.length;
        if (before === undefined) this.#positions.set(entry.id, position);
        else this.#bury(this.#list[position]!, rows);
        this.#list[position] = entry;
        const kind = before === undefined ? 'add' : 'replace';
        steps.push({ kind, position, entry, vector: vectors[row++] });
      }
    }
    flush();
    return steps;
  }

  #bury(entry: PlacedEntry, { rowBytes }: PlacedRows): void {
    this.deadBytes += rowBytes + checksumBytes + encodedBytes(putRecord(entry));
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
