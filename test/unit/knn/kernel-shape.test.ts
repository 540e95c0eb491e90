import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKernelShape } from '../../../src/knn/webgpu/shape.ts';

test('a kernel shape from storage is taken only as the kernels have it', () => {
  const shape = {
    lanes: 8,
    many: 'tile',
    columnsThreads: 0,
    distancesRate: 1e6,
    manyRate: 2e7,
    quantisedRate: 1e5,
  };
  assert.ok(isKernelShape(shape));
  assert.ok(isKernelShape({ ...shape, lanes: 1, many: 'block', columnsThreads: 65536 }));
  for (const part of [
    { lanes: 7 },
    { lanes: 32 },
    { lanes: '8' },
    { many: 'else' },
    { many: undefined },
    { columnsThreads: -1 },
    { distancesRate: null },
    { manyRate: 'fast' },
    { manyRate: Number.NaN },
    { quantisedRate: 0 },
    { quantisedRate: Number.POSITIVE_INFINITY },
  ]) {
    assert.ok(!isKernelShape({ ...shape, ...part }), JSON.stringify(part));
  }
  for (const value of [undefined, null, 1, 'shape', [], {}]) assert.ok(!isKernelShape(value));
});
