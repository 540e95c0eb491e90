import type { RowSet } from './backend/backend.ts';
import { addTo, emptySet } from './backend/row-set.ts';

/**
 * Which slot of the backend holds which row. Rows are numbered without gaps and move up when one before them is removed;
 * slots stay, and those of removed rows are dead until the backend is compacted. Both follow the order of adding.
 */
export class Slots {
  /** Slots of the rows, ascending; undefined while row and slot are the same. */
  #live: Uint32Array | undefined;
  #rows = 0;
  #slots = 0;

  /** Rows. */
  get count(): number {
    return this.#rows;
  }

  /** Slots without a row. */
  get dead(): number {
    return this.#slots - this.#rows;
  }

  append(rows: number): void {
    if (this.#live) {
      if (this.#rows + rows > this.#live.length) {
        const longer = new Uint32Array(Math.max(this.#rows + rows, Math.ceil(1.5 * this.#live.length)));
        longer.set(this.#live.subarray(0, this.#rows));
        this.#live = longer;
      }
      for (let i = 0; i < rows; i++) this.#live[this.#rows + i] = this.#slots + i;
    }
    this.#rows += rows;
    this.#slots += rows;
  }

  slot(row: number): number {
    return this.#live ? this.#live[row]! : row;
  }

  /** The row of a slot that has one. */
  row(slot: number): number {
    if (!this.#live) return slot;
    let low = 0;
    let high = this.#rows - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#live[middle]! < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes rows (ascending, distinct) out of the numbering. */
  remove(rows: readonly number[]): void {
    if (rows.length === 0) return;
    this.#live ??= Uint32Array.from({ length: this.#rows }, (_, row) => row);
    for (const [i, row] of rows.entries()) {
      this.#live.copyWithin(row - i, row + 1, rows[i + 1] ?? this.#rows);
    }
    this.#rows -= rows.length;
  }

  /** Makes row and slot the same again. Returns the slots that were dead, ascending: the backend has to remove them. */
  compact(): number[] {
    const dead: number[] = [];
    for (let slot = 0, row = 0; slot < this.#slots; slot++) {
      if (row < this.#rows && this.slot(row) === slot) row++;
      else dead.push(slot);
    }
    this.#live = undefined;
    this.#slots = this.#rows;
    return dead;
  }

  /** Dead slots as a set; undefined where there are none. */
  deadSet(): RowSet | undefined {
    if (this.dead === 0) return undefined;
    const set = emptySet(this.#slots).fill(0xffffffff);
    for (let row = 0; row < this.#rows; row++) {
      const slot = this.slot(row);
      set[slot >>> 5]! &= ~(1 << (slot & 31));
    }
    for (let slot = this.#slots; slot & 31; slot++) set[slot >>> 5]! &= ~(1 << (slot & 31));
    return set;
  }

  /** Slots of removed rows and of rows that fail the test. */
  skipped(isWanted: ((row: number) => boolean) | undefined): { set: RowSet | undefined; rows: number } {
    let set = this.deadSet();
    let rows = 0;
    for (let row = 0; isWanted && row < this.#rows; row++) {
      if (isWanted(row)) continue;
      set ??= emptySet(this.#slots);
      addTo(set, this.slot(row));
      rows++;
    }
    return { set, rows };
  }
}
