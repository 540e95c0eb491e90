import { crc32, crc32Rows } from '../../base/crc32.ts';
import { readExactly } from '../../base/random-access.ts';
import { firstNotFinite } from '../../knn/search/vectors.ts';
import { checksumOf } from '../format/block.ts';
import type { StoredFile } from '../format/files.ts';
import type { Position } from '../format/header.ts';
import { chunkBytes, findBlock } from '../format/log.ts';
import { decodeRecords, type IndexRecord } from '../format/records.ts';
import {
  blockBytes,
  decodeCommit,
  decodeHead,
  encodeCommit,
  type SegmentHead,
  type SegmentLayout,
  segmentLayout,
} from '../format/segment.ts';
import { mendBlock, mendByte } from './mend-byte.ts';

/** A segment, after a look at every byte. */
export interface InspectedSegment {
  head: SegmentHead;
  records: IndexRecord[];
  rowsAt: number;
  /** CRC-32 of each row when it was written. */
  checksums: Uint32Array;
  /** Rows that do not match their checksum; other rows that hold a value that is not finite. */
  damagedRows: Set<number>;
  notFiniteRows: Set<number>;
  /** Where it ends. */
  position: Position;
  /** What was damaged and is mended. */
  mended: string[];
}

/**
 * Reads a segment with its rows. It mends what the checksums allow: one byte of a block or of the records, the checksums
 * of rows that are whole.
 *
 * @param at where it begins
 * @param checkpoint of the file's header
 * @returns as text, why it cannot be read
 */
export async function inspectSegment(
  file: StoredFile,
  at: number,
  size: number,
  dimension: number,
  checkpoint: Position | undefined,
): Promise<InspectedSegment | string> {
  const mended: string[] = [];
  const onMended = (what: string): void => void mended.push(what);
  const headBlock = await readMended(file, at, decodeHead, () => onMended('its head'));
  const head = headBlock && decodeHead(headBlock);
  if (!head) return 'it does not begin as one';
  const layout = segmentLayout(head, dimension);
  const end = at + layout.byteLength;
  if (end > size) return `it needs ${layout.byteLength} bytes, ${size - at} are there`;

  const { checksums: actual, notFinite, padding } = await readRows(file, at, head.rows, dimension, layout);
  const stored = (await readExactly(file, at + layout.tableAt, layout.commitAt - layout.tableAt))!;
  const table = stored.subarray(0, layout.tableBytes);
  if (padding || stored.subarray(layout.tableBytes).some((byte) => byte !== 0)) onMended('a gap');

  const headChecksum = checksumOf(headBlock);
  const isOurs = (block: Uint8Array): boolean => {
    const commit = decodeCommit(block);
    return commit?.sequence === head.sequence && commit.head === headChecksum;
  };
  const commitAt = at + layout.commitAt;
  let commitBlock = await readMended(file, commitAt, decodeCommit, () => onMended('its commit block'));
  if (!commitBlock || !isOurs(commitBlock)) {
    // The block is made anew. The next segment, or the checkpoint, tells whether it is the one that was there.
    commitBlock = encodeCommit(head.sequence, crc32(table), headChecksum);
    const made = { sequence: head.sequence, end, checksum: checksumOf(commitBlock) };
    if (!(await isKnown(file, made, checkpoint))) return 'its commit block is damaged';
    onMended('its commit block');
  }
  const whole = mendedTable(table, decodeCommit(commitBlock)!.table, actual, onMended);
  if (!whole) return 'its records are damaged';
  const records = decodeRecords(whole.subarray(4 * head.rows), head.rows);
  if (!records) return 'its records are none';

  const checksums = new Uint32Array(whole.slice(0, 4 * head.rows).buffer);
  const damagedRows = new Set<number>();
  for (let row = 0; row < head.rows; row++) if (actual[row] !== checksums[row]) damagedRows.add(row);
  for (const row of damagedRows) notFinite.delete(row);
  return {
    head,
    records,
    rowsAt: at + layout.rowsAt,
    checksums,
    damagedRows,
    notFiniteRows: notFinite,
    position: { sequence: head.sequence, end, checksum: checksumOf(commitBlock) },
    mended,
  };
}

/** A block. One byte of it is mended where that makes it whole. */
async function readMended(
  file: StoredFile,
  at: number,
  decode: (block: Uint8Array) => unknown,
  onMended: () => void,
): Promise<Uint8Array | undefined> {
  const block = await readExactly(file, at, blockBytes);
  if (!block || decode(block)) return block;
  const mended = mendBlock(block);
  if (!mended || !decode(mended)) return block;
  onMended();
  return mended;
}

async function readRows(
  file: StoredFile,
  at: number,
  rows: number,
  dimension: number,
  layout: SegmentLayout,
): Promise<{ checksums: Uint32Array; notFinite: Set<number>; padding: boolean }> {
  const rowBytes = 4 * dimension;
  const perChunk = Math.max(1, Math.floor(chunkBytes / rowBytes));
  const checksums = new Uint32Array(rows);
  const notFinite = new Set<number>();
  for (let first = 0; first < rows; first += perChunk) {
    const count = Math.min(perChunk, rows - first);
    const bytes = (await readExactly(file, at + layout.rowsAt + first * rowBytes, count * rowBytes))!;
    crc32Rows(bytes, rowBytes, checksums.subarray(first, first + count));
    const values = new Float32Array(bytes.buffer);
    for (let from = 0; from < values.length; ) {
      const found = firstNotFinite(values.subarray(from));
      if (found < 0) break;
      const row = Math.floor((from + found) / dimension);
      notFinite.add(first + row);
      from = (row + 1) * dimension;
    }
  }
  const rowsEnd = layout.rowsAt + rows * rowBytes;
  const gap = (await readExactly(file, at + rowsEnd, layout.tableAt - rowsEnd))!;
  return { checksums, notFinite, padding: gap.some((byte) => byte !== 0) };
}

/** Whether a segment behind it, or the checkpoint, says that a commit of this checksum ends here. */
async function isKnown(
  file: StoredFile,
  position: Position,
  checkpoint: Position | undefined,
): Promise<boolean> {
  if (checkpoint?.end === position.end && checkpoint.checksum === position.checksum) return true;
  const next = await readExactly(file, position.end, blockBytes);
  return next !== undefined && decodeHead(next)?.previousChecksum === position.checksum;
}

/** Row checksums and records, mended. @param actual checksums of the rows as they are now */
function mendedTable(
  table: Uint8Array,
  wanted: number,
  actual: Uint32Array,
  onMended: (what: string) => void,
): Uint8Array | undefined {
  if (crc32(table) === wanted) return table;
  const withActual = new Uint8Array(table);
  withActual.set(new Uint8Array(actual.buffer));
  if (crc32(withActual) === wanted) {
    onMended('checksums of its rows');
    return withActual;
  }
  const mended = mendByte(table, wanted);
  if (mended) onMended('its records');
  return mended;
}

/**
 * The next place from `from` on where a segment begins that has its commit block.
 *
 * @param after its sequence is above this
 */
export async function findSegment(
  file: StoredFile,
  from: number,
  size: number,
  dimension: number,
  after: number,
): Promise<number | undefined> {
  const isHead = (block: Uint8Array): boolean => (decodeHead(block)?.sequence ?? 0) > after;
  let at = await findBlock(file, size, from, isHead);
  while (at !== undefined) {
    const headBlock = (await readExactly(file, at, blockBytes))!;
    const commitAt = at + segmentLayout(decodeHead(headBlock)!, dimension).commitAt;
    const commitBlock = commitAt < size ? await readExactly(file, commitAt, blockBytes) : undefined;
    if (commitBlock && decodeCommit(commitBlock)?.head === checksumOf(headBlock)) return at;
    at = await findBlock(file, size, at + blockBytes, isHead);
  }
  return undefined;
}
