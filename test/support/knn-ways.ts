import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlatIndex, indexOver } from '../../src/knn/flat-index.ts';
import type { RowStore } from '../../src/knn/search/row-source.ts';
import { createWasmBackend } from '../../src/knn/wasm/backend.ts';
import { compileKernels, isSupported } from '../../src/knn/wasm/kernels.ts';
import { asQueries, kinds, oracle } from './knn-kinds.ts';
import { seeded } from './random.ts';

/** An index over rows, however it keeps them. */
export type Make = (values: Float32Array, d: number) => Promise<FlatIndex>;

export const ways: Record<string, Make> = {
  js: (_, d) => FlatIndex.create({ dimension: d, backend: 'js' }),
  wasm: async (_, d) =>
    indexOver({
      backend: await createWasmBackend(d, { kernels: await compileKernels('wasm') }),
      reason: 'test',
    }),
  'codes, rows outside': (values, d) => FlatIndex.create({ dimension: d, rows: storeOf(values, d) }),
};
if (isSupported('wasm-relaxed')) {
  ways['wasm-relaxed'] = async (_, d) =>
    indexOver({
      backend: await createWasmBackend(d, { kernels: await compileKernels('wasm-relaxed') }),
      reason: 'test',
    });
}

/** Rows that an index finds outside. */
export function storeOf(values: Float32Array, d: number): RowStore {
  return {
    async read(numbers: Uint32Array) {
      const block = new Float32Array(numbers.length * d);
      for (const [i, n] of numbers.entries()) block.set(values.subarray(n * d, (n + 1) * d), i * d);
      return block;
    },
  };
}

/** Asserts that an index answers as the oracle does over `values`. */
export async function compare(
  index: FlatIndex,
  values: Float32Array,
  queries: Float32Array,
  k: number,
  what: string,
): Promise<void> {
  const d = index.dimension;
  const found = await index.search(queries, k);
  assert.equal(found.k, Math.min(k, index.size));
  for (let q = 0; q < queries.length / d; q++) {
    const wanted = oracle(values, queries.subarray(q * d, (q + 1) * d), k);
    const from = q * found.k;
    assert.deepEqual(
      Array.from(found.rows.subarray(from, from + found.k)),
      wanted.rows,
      `${what}, query ${q}`,
    );
    assert.deepEqual(
      Array.from(found.distances.subarray(from, from + found.k)),
      wanted.distances,
      `${what}, query ${q}`,
    );
  }
}

export interface Shape {
  n: number;
  d: number;
  queries: number;
  ks: number[];
}

/** Tests every kind of data in every way of keeping it. */
export function testKinds(shapes: (way: string) => readonly Shape[]): void {
  for (const [way, make] of Object.entries(ways)) {
    for (const [kind, rows] of Object.entries(kinds)) {
      test(`${way}: ${kind}: the order of the reference at every shape and k`, async () => {
        for (const { n, d, queries: count, ks } of shapes(way)) {
          const random = seeded(n + d);
          const values = rows(n, d, random);
          const index = await make(values, d);
          index.add(values);
          // Queries of the same kind; the first is a row.
          const queries = asQueries(rows(count, d, random));
          queries.set(asQueries(values.subarray(3 * d, 4 * d)));
          for (const k of ks) await compare(index, values, queries, k, `${n} × ${d}, k ${k}`);
          index.close();
        }
      });
    }
  }
}
