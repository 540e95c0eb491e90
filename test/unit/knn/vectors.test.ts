import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstNotFinite, hasUnitLength, lengthOf } from '../../../src/knn/search/vectors.ts';

test('the first value that is no finite number is found, wherever it is', () => {
  const values = Float32Array.of(0, -0, 3.4e38, -3.4e38, 1e-45, 1);
  assert.equal(firstNotFinite(values), -1);
  assert.equal(firstNotFinite(new Float32Array(0)), -1);
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const at of values.keys()) {
      const bad = values.slice();
      bad[at] = wrong;
      bad[5] = Number.NaN;
      assert.equal(firstNotFinite(bad), at);
    }
  }
});

test('a length is summed in float64', () => {
  assert.equal(lengthOf(Float32Array.of(3e30, 4e30)), Math.hypot(Math.fround(3e30), Math.fround(4e30)));
  assert.ok(hasUnitLength(Float32Array.of(0.6, 0.8)));
  assert.ok(!hasUnitLength(Float32Array.of(0, 0)));
  assert.ok(!hasUnitLength(Float32Array.of(Number.NaN, 1)));
});
