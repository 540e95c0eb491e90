import { crc32, crc32Rows } from '../../base/crc32.ts';
import { checksumOf } from './block.ts';
import { type Change, recordOf, vectorsOf } from './changes.ts';
import type { PlacedRows } from './entries.ts';
import type { Position } from './header.ts';
import { encodeRecords, type IndexRecord } from './records.ts';
import { encodeCommit, encodeHead, paddingAfter, type SegmentHead, segmentLayout } from './segment.ts';

/** Changes as the segment that a commit appends. */
export interface EncodedCommit {
  records: readonly IndexRecord[];
  vectors: readonly Float32Array[];
  /** Head and rows; the rows are the vectors themselves, not copied. */
  rows: Uint8Array[];
  /** What follows the rows, made from them: their checksums take time. */
  table(): EncodedTable;
}

export interface EncodedTable {
  parts: Uint8Array[];
  /** Where the segment ends. */
  position: Position;
  /** Where the rows will be. */
  placed: PlacedRows;
}

/** Segments from here on end where a page of memory does: a sync takes longer where the next begins in the middle of one. */
const worthAligning = 64 << 10;
const pageBytes = 4096;

/** @param from where the segment goes: behind the last commit */
export function encodeChanges(changes: readonly Change[], dimension: number, from: Position): EncodedCommit {
  const vectors = vectorsOf(changes);
  const rows = joinedVectors(vectors);
  const records = changes.map(recordOf);
  const sequence = from.sequence + 1;
  const shapeWith = (recordBytes: number): SegmentHead => ({
    sequence,
    rows: vectors.length,
    recordBytes,
    previousChecksum: from.checksum,
  });
  const json = encodeRecords(records, (recordBytes) => {
    const { byteLength } = segmentLayout(shapeWith(recordBytes), dimension);
    return byteLength < worthAligning ? 0 : -(from.end + byteLength) & (pageBytes - 1);
  });
  const shape = shapeWith(json.length);
  const layout = segmentLayout(shape, dimension);
  const head = encodeHead(shape);
  const rowBytes = 4 * dimension;
  return {
    records,
    vectors,
    rows: [head, ...rows],
    table() {
      const checksums = checksumsOf(rows, rowBytes, vectors.length);
      const table = new Uint8Array(checksums.buffer);
      const commit = encodeCommit(sequence, crc32(json, crc32(table)), checksumOf(head));
      return {
        parts: [
          paddingAfter(vectors.length * rowBytes),
          table,
          json,
          paddingAfter(layout.tableBytes),
          commit,
        ],
        position: { sequence, end: from.end + layout.byteLength, checksum: checksumOf(commit) },
        placed: { at: from.end + layout.rowsAt, rowBytes, checksums },
      };
    },
  };
}

/** The vectors' bytes; those that lie side by side in one buffer, as the rows of a batch do, in one piece. */
function joinedVectors(vectors: readonly Float32Array[]): Uint8Array[] {
  const joined: Uint8Array[] = [];
  for (let n = 0; n < vectors.length; ) {
    const { buffer, byteOffset, byteLength } = vectors[n++]!;
    let end = byteOffset + byteLength;
    for (; n < vectors.length; n++) {
      const next = vectors[n]!;
      if (next.buffer !== buffer || next.byteOffset !== end) break;
      end += next.byteLength;
    }
    joined.push(new Uint8Array(buffer, byteOffset, end - byteOffset));
  }
  return joined;
}

/** @param parts whole rows in each */
function checksumsOf(parts: readonly Uint8Array[], rowBytes: number, rows: number): Uint32Array<ArrayBuffer> {
  const checksums = new Uint32Array(rows);
  let row = 0;
  for (const part of parts) {
    const count = part.length / rowBytes;
    crc32Rows(part, rowBytes, checksums.subarray(row, row + count));
    row += count;
  }
  return checksums;
}
