import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shard } from '../../../src/knn/threads/shard.ts';
import { createWasmBackend } from '../../../src/knn/wasm/backend.ts';
import { compileKernels } from '../../../src/knn/wasm/kernels.ts';

test('a shard that could not take its rows answers nothing any more', async () => {
  const kernels = await compileKernels('wasm');
  const scarce = {
    ...kernels,
    distances: () => kernels.distances(new WebAssembly.Memory({ initial: 1, maximum: 100 })),
  };
  const d = 256;
  const shard = new Shard(await createWasmBackend(d, { kernels: scarce }));
  const limits = { k: 1, maxDistance: Number.POSITIVE_INFINITY, signal: undefined };
  await shard.append(new Float32Array(10 * d).fill(1));
  const found = await shard.search(new Float32Array(d), undefined, limits);
  assert.deepEqual([...found.rows], [0]);
  assert.deepEqual([...found.squared], [d]);
  const full = { code: 'out-of-memory', message: /do not fit/ };
  await assert.rejects(shard.append(new Float32Array(100_000 * d)), full);
  await assert.rejects(shard.search(new Float32Array(d), undefined, limits), full);
  await assert.rejects(shard.set(0, new Float32Array(d)), full);
  await assert.rejects(shard.read(Uint32Array.of(0)), full);
});
