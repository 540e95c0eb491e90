import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromFloat16, fromFloat16s } from '../../../src/base/float16.ts';

test('all 65536 halves are decoded at once as one by one', () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const values = new Float32Array(65538).fill(7);
  fromFloat16s(halves, values.subarray(1, 65537));
  assert.deepEqual(values.slice(1, 65537), Float32Array.from(halves, fromFloat16));
  assert.deepEqual([values[0], values.at(-1)], [7, 7]);
});
