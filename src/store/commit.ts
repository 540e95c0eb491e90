import { type Change, recordOf, vectorsOf } from './changes.ts';
import type { PlacedEntry } from './entries.ts';
import type { Crc32 } from './header.ts';
import type { Position } from './log.ts';
import { encodeRecords, type IndexRecord } from './records.ts';
import { encodeCommit, encodeHead, paddingAfter, sealOf, segmentLayout } from './segment.ts';

/** Changes as the segment that a commit appends. */
export interface EncodedCommit {
  records: readonly IndexRecord[];
  /** Head and rows; the rows are the vectors themselves, not copied. */
  rows: Uint8Array[];
  /** What follows the rows, made from them: their checksums take time. */
  table(): EncodedTable;
}

export interface EncodedTable {
  parts: Uint8Array[];
  /** Where the segment ends. */
  position: Position;
  /** Where the n-th row will be. */
  place(n: number): Pick<PlacedEntry, 'at' | 'checksum'>;
}

/** @param from where the segment goes: behind the last commit */
export function encodeChanges(
  changes: readonly Change[],
  dimension: number,
  from: Position,
  crc32: Crc32,
): EncodedCommit {
  const rows = vectorsOf(changes).map(bytesOfValues);
  const records = changes.map(recordOf);
  const json = encodeRecords(records);
  const sequence = from.sequence + 1;
  const shape = { sequence, rows: rows.length, recordBytes: json.length, chain: from.seal };
  const layout = segmentLayout(shape, dimension);
  const head = encodeHead(shape, crc32);
  const rowBytes = 4 * dimension;
  return {
    records,
    rows: [head, ...rows],
    table() {
      const checksums = Uint32Array.from(rows, (row) => crc32(row));
      const table = new Uint8Array(checksums.buffer);
      const commit = encodeCommit(sequence, crc32(json, crc32(table)), sealOf(head), crc32);
      return {
        parts: [paddingAfter(rows.length * rowBytes), table, json, paddingAfter(layout.tableBytes), commit],
        position: { sequence, end: from.end + layout.byteLength, seal: sealOf(commit) },
        place: (n) => ({ at: from.end + layout.rowsAt + n * rowBytes, checksum: checksums[n]! }),
      };
    },
  };
}

export const bytesOfValues = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
