import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Preprocessing } from '../../../src/image/preprocessing.ts';
import { toTensor } from '../../../src/image/tensor.ts';

const keras: Preprocessing = {
  width: 16,
  height: 16,
  resample: 'bicubic',
  channels: 'BGR',
  mean: [103.939, 116.779, 123.68],
};
// Every byte value once in each channel, in a different order.
const rgba = Uint8Array.from(
  { length: 1024 },
  (_, i) => [i >> 2, 255 - (i >> 2), (i >> 2) ^ 0x55, 255][i & 3]!,
);
const pixels = { width: 16, height: 16, rgba };

test('channels, order and float32 subtraction', () => {
  for (const channels of ['BGR', 'RGB'] as const) {
    const tensor = toTensor(pixels, { ...keras, channels });
    assert.equal(tensor.length, 3 * 256);
    for (let c = 0; c < 3; c++) {
      const from = channels === 'BGR' ? 2 - c : c;
      for (let i = 0; i < 256; i++) {
        // The two float32 operands and the float32 result, spelled out.
        const [value, mean] = new Float32Array([rgba[i * 4 + from]!, keras.mean[c]!]);
        assert.equal(tensor[c * 256 + i], Math.fround(value! - mean!));
      }
    }
  }
  // np.float32(0) - np.float32(103.939) and np.float32(255) - np.float32(103.939)
  const blue = toTensor(
    { width: 1, height: 1, rgba: Uint8Array.of(0, 0, 255, 255) },
    { ...keras, width: 1, height: 1 },
  );
  assert.deepEqual(Array.from(blue), [151.06100463867188, -116.77899932861328, -123.68000030517578]);
});

test('the caller’s array is filled and returned', () => {
  const block = new Float32Array(3 * 256 * 2).fill(7);
  const out = block.subarray(768);
  assert.equal(toTensor(pixels, keras, out), out);
  assert.deepEqual(out.slice(), toTensor(pixels, keras));
  assert.ok(block.subarray(0, 768).every((v) => v === 7));
  assert.throws(() => toTensor(pixels, keras, new Float32Array(5)), {
    code: 'bad-argument',
    message: /768.*5/,
  });
});
