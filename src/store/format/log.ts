import { crc32, crc32Rows } from '../../base/crc32.ts';
import { LikenessError } from '../../base/errors.ts';
import { readExactly } from '../../base/random-access.ts';
import { checksumOf } from './block.ts';
import type { StoredFile } from './files.ts';
import { checksumOfHeader, decodeCheckpoint, type Header, headerBytes, type Position } from './header.ts';
import { decodeRecords, type IndexRecord } from './records.ts';
import {
  blockBytes,
  decodeCommit,
  decodeHead,
  type SegmentHead,
  type SegmentLayout,
  segmentLayout,
} from './segment.ts';

/** What opening an index left out. */
export interface Dropped {
  /** Behind the last whole commit. */
  bytes: number;
  /** Commits that are known to have been begun and are not there whole. */
  commits: number;
  reason: string;
}

/** A commit that was read. */
export interface Commit {
  records: IndexRecord[];
  /** Where its rows begin in the file. */
  rowsAt: number;
  /** CRC-32 of each row. */
  checksums: Uint32Array;
}

/** Where an empty file of this header ends. */
export const beginning = (header: Uint8Array): Position => ({
  sequence: 0,
  end: headerBytes,
  checksum: checksumOfHeader(header),
});

/** Bytes read at once while rows are checked or copied. */
export const chunkBytes: number = 8 << 20;

/**
 * Reads the commits behind `from`, in their order, and hands on each.
 *
 * A crash can tear the last commit: that one was never acknowledged and is dropped. A damaged commit with a whole one
 * behind it was acknowledged: the file is refused, as it is where a compaction's part is damaged.
 *
 * @returns where the last whole commit ends, and what is dropped behind it
 * @throws LikenessError `bad-file`
 */
export async function readLog(
  file: StoredFile,
  header: Header,
  headerBlock: Uint8Array,
  from: Position,
  onCommit: (commit: Commit) => void,
  name: string,
): Promise<{ position: Position; dropped: Dropped | undefined; broken: boolean }> {
  const size = await file.size();
  const checkpoint = decodeCheckpoint(headerBlock);
  let position = from;
  let why: string | undefined;
  /** The last commit is held back: it may be torn, and then its rows have to be checked. */
  let last: { commit: Commit; before: Position } | undefined;
  /** A segment of another history than what was read before lies here. */
  let broken = false;

  for (let headBlock: Uint8Array | undefined; position.end < size; ) {
    headBlock ??= await readExactly(file, position.end, blockBytes);
    const head = headBlock && decodeHead(headBlock);
    if (head && head.sequence === position.sequence + 1 && head.previousChecksum !== position.checksum)
      broken = true;
    if (!head || head.sequence !== position.sequence + 1 || broken) {
      why = 'it does not begin as one';
      break;
    }
    const layout = segmentLayout(head, header.dimension);
    if (position.end + layout.byteLength > size) {
      why = `it needs ${layout.byteLength} bytes, ${size - position.end} are there`;
      break;
    }
    const read = await readTable(file, position.end, head, headBlock!, layout);
    if (!read) {
      why = 'its records or its commit block are damaged';
      break;
    }
    const { records, checksums, checksum, next } = read;
    if (last) onCommit(last.commit);
    last = { commit: { records, rowsAt: position.end + layout.rowsAt, checksums }, before: position };
    position = { sequence: head.sequence, end: position.end + layout.byteLength, checksum };
    headBlock = next;
  }

  if (last && !why && last.before.end >= header.synced) {
    const damaged = await firstDamagedRow(file, last.commit, header.dimension);
    if (damaged !== undefined) {
      why = `its row ${damaged} is damaged`;
      position = last.before;
      last = undefined;
    }
  }
  if (last) onCommit(last.commit);

  const begun = Math.max(position.sequence, checkpoint?.sequence ?? 0);
  const commits = Math.max(begun - position.sequence, why ? 1 : 0);
  if (commits === 0) return { position, dropped: undefined, broken };
  why ??= 'the file ends before it';
  const next = position.sequence + 1;
  const damage = (what: string): LikenessError =>
    new LikenessError(
      'bad-file',
      `${name} is damaged: commit ${next} at byte ${position.end} cannot be read (${why})${what}. Restore it from a copy, or make the index again.`,
    );
  if (position.end < header.synced) throw damage('');
  const behind =
    (checkpoint && checkpoint.sequence > next && size >= checkpoint.end) ||
    (await holdsCommit(file, size, { from: position.end, after: next }));
  if (behind && !broken) throw damage(', and there are whole ones behind it');
  const dropped = { bytes: Math.max(size - position.end, 0), commits, reason: `commit ${next}: ${why}` };
  return { position, dropped, broken };
}

async function readTable(
  file: StoredFile,
  at: number,
  head: SegmentHead,
  headBlock: Uint8Array,
  layout: SegmentLayout,
): Promise<(Omit<Commit, 'rowsAt'> & { checksum: number; next: Uint8Array | undefined }) | undefined> {
  const { tableAt, tableBytes, commitAt } = layout;
  const length = commitAt - tableAt + blockBytes;
  // Together with the head of the next segment: one read for each segment.
  const bytes = new Uint8Array(length + blockBytes);
  const read = await file.read(at + tableAt, bytes);
  if (read < length) return undefined;
  const table = bytes.subarray(0, tableBytes);
  const commitBlock = bytes.subarray(length - blockBytes, length);
  const commit = decodeCommit(commitBlock);
  if (!commit || commit.sequence !== head.sequence || commit.head !== checksumOf(headBlock)) return undefined;
  if (commit.table !== crc32(table)) return undefined;
  const records = decodeRecords(table.subarray(4 * head.rows), head.rows);
  return (
    records && {
      records,
      checksums: new Uint32Array(bytes.slice(0, 4 * head.rows).buffer),
      checksum: checksumOf(commitBlock),
      next: read === bytes.length ? bytes.slice(length) : undefined,
    }
  );
}

async function firstDamagedRow(
  file: StoredFile,
  { rowsAt, checksums }: Commit,
  dimension: number,
): Promise<number | undefined> {
  const rowBytes = 4 * dimension;
  const perChunk = Math.max(1, Math.floor(chunkBytes / rowBytes));
  for (let row = 0; row < checksums.length; row += perChunk) {
    const count = Math.min(perChunk, checksums.length - row);
    const bytes = await readExactly(file, rowsAt + row * rowBytes, count * rowBytes);
    if (!bytes) return row;
    const actual = new Uint32Array(count);
    crc32Rows(bytes, rowBytes, actual);
    const damaged = actual.findIndex((checksum, n) => checksum !== checksums[row + n]);
    if (damaged >= 0) return row + damaged;
  }
  return undefined;
}

/** Whether there is a whole commit block, of a sequence above `after`, from `from` on. */
export const holdsCommit = async (
  file: StoredFile,
  size: number,
  { from = headerBytes, after = 0 }: { from?: number; after?: number } = {},
): Promise<boolean> =>
  (await findBlock(file, size, from, (block) => (decodeCommit(block)?.sequence ?? 0) > after)) !== undefined;

/** Where the first block from `from` on lies that is one of those. */
export async function findBlock(
  file: StoredFile,
  size: number,
  from: number,
  isWanted: (block: Uint8Array) => unknown,
): Promise<number | undefined> {
  for (let at = from; at < size; at += chunkBytes) {
    const bytes = new Uint8Array(Math.min(chunkBytes, size - at));
    const length = await file.read(at, bytes);
    for (let block = 0; block + blockBytes <= length; block += blockBytes) {
      if (isWanted(bytes.subarray(block, block + blockBytes))) return at + block;
    }
  }
  return undefined;
}
