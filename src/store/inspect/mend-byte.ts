import { crc32, crcTable } from '../../base/crc32.ts';
import { actualChecksum, checksumOf, withChecksum } from '../format/block.ts';

const table = Uint32Array.from(crcTable);
/** The byte of a remainder. */
const byteOf = new Map(Array.from(table, (remainder, byte) => [remainder, byte]));
/** The byte whose remainder has this highest byte. Each highest byte has one. */
const byteOfTop = new Uint8Array(256);
for (const [byte, remainder] of table.entries()) byteOfTop[remainder >>> 24] = byte;

/**
 * Up to so many bytes, the changed byte that gives the wanted checksum is the damaged one: the chance that another byte
 * gives it, too, is below 1 %. A single changed bit is found among 32 times as many bytes.
 */
const maxBytes = 160 << 10;
const maxBytesForBits = 5 << 20;

/**
 * A copy of `bytes` that has the wanted checksum and differs in one byte. `undefined` where there is none, or where there
 * are too many bytes to be sure.
 *
 * How much a changed byte changes the checksum depends only on its position and on the changed bits. So the difference of
 * the checksums is followed back from the end, until one byte explains it.
 */
export function mendByte(bytes: Uint8Array, wanted: number): Uint8Array<ArrayBuffer> | undefined {
  if (bytes.length > maxBytesForBits) return undefined;
  const bitsOnly = bytes.length > maxBytes;
  let difference = (crc32(bytes) ^ wanted) >>> 0;
  if (difference === 0) return undefined;
  for (let at = bytes.length - 1; at >= 0; at--) {
    const change = byteOf.get(difference);
    if (change !== undefined && (!bitsOnly || (change & (change - 1)) === 0)) {
      const mended = new Uint8Array(bytes);
      mended[at]! ^= change;
      return mended;
    }
    const last = byteOfTop[difference >>> 24]!;
    difference = (((difference ^ table[last]!) << 8) | last) >>> 0;
  }
  return undefined;
}

/** A block with one byte mended, which may be one of its checksum. */
export function mendBlock(block: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const whole = new Uint8Array(block);
  if (differsInOneByte(checksumOf(block), actualChecksum(block))) return withChecksum(whole);
  const mended = mendByte(block.subarray(0, -4), checksumOf(block));
  if (!mended) return undefined;
  whole.set(mended);
  return whole;
}

export function differsInOneByte(a: number, b: number): boolean {
  const changed = (a ^ b) >>> 0;
  return changed !== 0 && [0xff, 0xff00, 0xff0000, 0xff000000].some((byte) => (changed & ~byte) === 0);
}
