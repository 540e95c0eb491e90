import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32, crc32ByTable, crc32Rows } from '../../../src/base/crc32.ts';
import { seeded } from '../../support/random.ts';

/** Bit by bit, as it is defined. */
function reference(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
  }
  return ~c >>> 0;
}

const random = seeded(17);
const bytes = Uint8Array.from({ length: 150_000 }, () => random() * 256);

describe('crc32', () => {
  test('has the check value of the definition', () => {
    assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
    assert.equal(crc32(new Uint8Array(0)), 0);
  });

  test('kernel and table are the definition at every length, however it lies in memory', () => {
    for (let length = 0; length < 3000; length++) {
      const part = bytes.subarray(length % 7, (length % 7) + length);
      const before = Math.floor(random() * 2 ** 32);
      const wanted = reference(part, before);
      assert.equal(crc32(part, before), wanted, `${length} bytes`);
      assert.equal(crc32ByTable(part, before), wanted, `${length} bytes`);
    }
  });

  test('of more than the kernel takes at once, whole or in parts', () => {
    for (const length of [65_535, 65_536, 65_537, 131_072, 131_073, 150_000]) {
      const part = bytes.subarray(0, length);
      const wanted = reference(part);
      assert.equal(crc32(part), wanted);
      const middle = Math.floor(random() * length);
      assert.equal(crc32(part.subarray(middle), crc32(part.subarray(0, middle))), wanted);
    }
    for (const [rowBytes, rows] of [
      [4, 3000],
      [2048, 70],
      [16_384, 9],
      [65_540, 2],
    ] as const) {
      const checksums = new Uint32Array(rows);
      crc32Rows(bytes.subarray(3, 3 + rows * rowBytes), rowBytes, checksums);
      for (const [row, checksum] of checksums.entries()) {
        const from = 3 + row * rowBytes;
        assert.equal(checksum, reference(bytes.subarray(from, from + rowBytes)), `${row} of ${rowBytes}`);
      }
    }
    // What a call leaves behind is nothing to the next.
    assert.equal(crc32(bytes.subarray(0, 2000)), reference(bytes.subarray(0, 2000)));
  });
});
