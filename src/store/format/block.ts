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
export const isWhole = (block: Uint8Array, magic: number): boolean =>
  viewOf(block).getUint32(0, true) === magic && checksumOf(block) === actualChecksum(block);
