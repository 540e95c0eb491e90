import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKernelShape } from '../../../src/knn/webgpu/shape.ts';

test('a kernel shape from storage is taken only as the kernels have it', () => {
  const shape = {
    lanes: 8,
    many: 'tile',
    codeThreads: 0,
    scanRate: 1e6,
    manyRate: 2e7,
    codeRate: 1e5,
  };
  assert.ok(isKernelShape(shape));
  assert.ok(isKernelShape({ ...shape, lanes: 32, many: 'block', codeThreads: 65536 }));
  for (const part of [
    { lanes: 7 },
    { lanes: '8' },
    { many: 'else' },
    { many: undefined },
    { codeThreads: -1 },
    { scanRate: null },
    { manyRate: 'fast' },
    { manyRate: Number.NaN },
    { codeRate: 0 },
    { codeRate: Number.POSITIVE_INFINITY },
  ]) {
    assert.ok(!isKernelShape({ ...shape, ...part }), JSON.stringify(part));
  }
  for (const value of [undefined, null, 1, 'shape', [], {}]) assert.ok(!isKernelShape(value));
});
