import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlatIndex, indexOver } from '../../src/knn/flat-index.ts';
import { createWebGpuBackend } from '../../src/knn/webgpu/backend.ts';
import type { WebGpuBackendOptions } from '../../src/knn/webgpu/session.ts';
import { asQueries, kinds, oracle } from './knn-kinds.ts';
import { seeded } from './random.ts';

export type Shape = [n: number, d: number, queries: number, ks: number[]];

/** The ways of the backend: full rows in float32 or in float16, and quantised rows first. */
export const ways: Record<string, WebGpuBackendOptions> = {
  float32: { scan: 'rows' },
  float16: { scan: 'rows', storage: 'float16' },
  quantised: { scan: 'quantised', packing: 'columns' },
  'quantised, packed': { scan: 'quantised', packing: 'packed' },
};

export async function webGpuIndex(
  device: GPUDevice,
  dimension: number,
  options: WebGpuBackendOptions = {},
): Promise<FlatIndex> {
  return indexOver({ backend: await createWebGpuBackend(device, dimension, options), reason: 'test' });
}

/** Asserts the reference's order and distances. */
export async function compare(
  index: FlatIndex,
  values: Float32Array,
  queries: Float32Array,
  k: number,
  what: string,
): Promise<void> {
  const d = index.dimension;
  const found = await index.search(queries, k);
  for (let q = 0; q < queries.length / d; q++) {
    const wanted = oracle(values, queries.subarray(q * d, (q + 1) * d), k);
    const start = q * found.k;
    const where = `${what}, query ${q}`;
    assert.deepEqual(Array.from(found.rows.subarray(start, start + found.k)), wanted.rows, where);
    assert.deepEqual(Array.from(found.distances.subarray(start, start + found.k)), wanted.distances, where);
  }
}

/** Every kind of data at every shape, by both ways, on the device that `device` gives. */
export function kindsSuite(device: () => GPUDevice, shapes: readonly Shape[]): void {
  for (const [way, options] of Object.entries(ways)) {
    for (const [kind, rows] of Object.entries(kinds)) {
      test(`webgpu, ${way}: ${kind}: the order of the reference at every shape and k`, async () => {
        for (const [n, d, count, ks] of shapes) {
          const random = seeded(n + d);
          const values = rows(n, d, random);
          const index = await webGpuIndex(device(), d, options);
          index.add(values);
          // Queries of the same kind; some are rows.
          const queries = asQueries(rows(count, d, random));
          queries.set(asQueries(values.subarray(3 * d, 4 * d)));
          for (const k of ks) await compare(index, values, queries, k, `${n} × ${d}, k ${k}`);
          index.close();
        }
      });
    }
  }
}
