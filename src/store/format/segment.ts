import { decodeBlock, encodeBlock } from './block.ts';

/**
 * A segment: what one commit appended.
 *
 * ```
 * head, 64 bytes │ rows: n × d float32, padded to 64 │ n row checksums, records as JSON, padded to 64 │ commit, 64 bytes
 * ```
 */
export const blockBytes = 64;
const headMagic = 0x4d474553; // 'SEGM'
const commitMagic = 0x54494d43; // 'CMIT'

export interface SegmentHead {
  /** 1 for the first, and one more with each. */
  sequence: number;
  /** n: rows, which are those of the records that put a picture, in their order. */
  rows: number;
  /** Bytes of the records. */
  recordBytes: number;
  /** Checksum of the commit block before it, or of the header for the first: a segment belongs behind one other. */
  previousChecksum: number;
}

const padded = (length: number): number => Math.ceil(length / blockBytes) * blockBytes;

/** Where the parts of a segment lie, from its own beginning. */
export interface SegmentLayout {
  rowsAt: number;
  /** Row checksums, then the records. */
  tableAt: number;
  tableBytes: number;
  commitAt: number;
  byteLength: number;
}

export function segmentLayout({ rows, recordBytes }: SegmentHead, dimension: number): SegmentLayout {
  const tableAt = blockBytes + padded(4 * rows * dimension);
  const tableBytes = 4 * rows + recordBytes;
  const commitAt = tableAt + padded(tableBytes);
  return { rowsAt: blockBytes, tableAt, tableBytes, commitAt, byteLength: commitAt + blockBytes };
}

/** Zeros up to the next multiple of {@link blockBytes}. */
export const paddingAfter = (length: number): Uint8Array => new Uint8Array(padded(length) - length);

export const encodeHead = (head: SegmentHead): Uint8Array<ArrayBuffer> =>
  encodeBlock(blockBytes, [headMagic, head.sequence, head.rows, head.recordBytes, head.previousChecksum]);

export function decodeHead(bytes: Uint8Array): SegmentHead | undefined {
  const fields = decodeBlock(bytes, headMagic, 4);
  if (!fields) return undefined;
  const [sequence, rows, recordBytes, previousChecksum] = fields as [number, number, number, number];
  return { sequence, rows, recordBytes, previousChecksum };
}

/** @param table checksum of the row checksums and records */
export const encodeCommit = (sequence: number, table: number, head: number): Uint8Array<ArrayBuffer> =>
  encodeBlock(blockBytes, [commitMagic, sequence, table, head]);

export function decodeCommit(bytes: Uint8Array): Record<'sequence' | 'table' | 'head', number> | undefined {
  const [sequence, table, head] = decodeBlock(bytes, commitMagic, 3) ?? [];
  return sequence === undefined ? undefined : { sequence, table: table!, head: head! };
}
