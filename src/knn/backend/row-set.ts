import type { RowSet } from './backend.ts';

/** Whether a row belongs to a set; to none where there is no set. */
export function has(set: RowSet | undefined, row: number): boolean {
  return set !== undefined && ((set[row >>> 5]! >>> (row & 31)) & 1) === 1;
}

/** An empty set for `rows` rows. */
export function emptySet(rows: number): RowSet {
  return new Uint32Array((rows + 31) >>> 5);
}

export function addTo(set: RowSet, row: number): void {
  set[row >>> 5]! |= 1 << (row & 31);
}

/** The rows 0 … rows − 1 that are not in the set, ascending. */
export function rowsOutside(set: RowSet | undefined, rows: number): Uint32Array {
  const found: number[] = [];
  for (let row = 0; row < rows; row++) if (!has(set, row)) found.push(row);
  return Uint32Array.from(found);
}

/** How many rows belong to a set. */
export function sizeOf(set: RowSet): number {
  let size = 0;
  for (let word = 0; word < set.length; word++) {
    for (let bits = set[word]!; bits !== 0; bits &= bits - 1) size++;
  }
  return size;
}
