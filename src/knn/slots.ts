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
    return this.#live ? countBelow(this.#live.subarray(0, this.#rows), slot) : slot;
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
    this.#each((slot, row) => void (row === undefined && dead.push(slot)));
    this.#live = undefined;
    this.#slots = this.#rows;
    return dead;
  }

  /** Slots of removed rows and of rows that fail the test; how many such rows there are. */
  skipped(isWanted: ((row: number) => boolean) | undefined): { set: RowSet | undefined; rows: number } {
    let rows = 0;
    if (!isWanted && this.dead === 0) return { set: undefined, rows };
    const set = emptySet(this.#slots);
    this.#each((slot, row) => {
      if (row !== undefined && (!isWanted || isWanted(row))) return;
      addTo(set, slot);
      if (row !== undefined) rows++;
    });
    return { set: rows + this.dead > 0 ? set : undefined, rows };
  }

  /** Visits all slots, with their rows where they have one. */
  #each(visit: (slot: number, row: number | undefined) => void): void {
    for (let slot = 0, row = 0; slot < this.#slots; slot++) {
      visit(slot, row < this.#rows && this.slot(row) === slot ? row++ : undefined);
    }
  }
}

/** How many of some ascending numbers are below `limit`. */
export function countBelow(numbers: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
