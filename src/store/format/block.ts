import { viewOf } from '../../base/bytes.ts';
import { crc32 } from '../../base/crc32.ts';

/** A block: its kind in the first four bytes, in the last four the CRC-32 of what is before them. */

const checksumAt = (block: Uint8Array): number => block.length - 4;

/** The checksum that a block holds. */
export const checksumOf = (block: Uint8Array): number => viewOf(block).getUint32(checksumAt(block), true);

export const actualChecksum = (block: Uint8Array): number => crc32(block.subarray(0, checksumAt(block)));

/** Writes the checksum of a block into it. */
export function withChecksum<Block extends Uint8Array>(block: Block): Block {
  viewOf(block).setUint32(checksumAt(block), actualChecksum(block), true);
  return block;
}

/** Whether a block is one of this kind, and whole. */
const isWhole = (block: Uint8Array, magic: number): boolean =>
  viewOf(block).getUint32(0, true) === magic && checksumOf(block) === actualChecksum(block);

/** @param fields 32-bit numbers, the block's kind first */
export function encodeBlock(length: number, fields: readonly number[]): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(length / 4);
  words.set(fields);
  return withChecksum(new Uint8Array(words.buffer));
}

/** The first `count` fields behind the magic of a block; `undefined` when it is none of this kind, or damaged. */
export function decodeBlock(bytes: Uint8Array, magic: number, count: number): number[] | undefined {
  if (!isWhole(bytes, magic)) return undefined;
  const view = viewOf(bytes);
  return Array.from({ length: count }, (_, n) => view.getUint32(4 + 4 * n, true));
}
