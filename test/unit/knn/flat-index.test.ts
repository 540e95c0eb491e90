import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend } from '../../../src/knn/backend/backend.ts';
import { FlatIndex, indexOver } from '../../../src/knn/flat-index.ts';
import { createJsBackend } from '../../../src/knn/js/backend.ts';
import { createWasmBackend } from '../../../src/knn/wasm/backend.ts';
import { compileKernels, isSupported } from '../../../src/knn/wasm/kernels.ts';
import { knnSuite } from '../../support/knn-suite.ts';
import { seeded } from '../../support/random.ts';

knnSuite('js', (dimension) => FlatIndex.create({ dimension, backend: 'js' }));
for (const name of ['wasm', 'wasm-relaxed'] as const) {
  // Node 20 has no relaxed SIMD without a flag; Chromium has.
  if (name === 'wasm-relaxed' && !isSupported(name)) continue;
  knnSuite(name, async (dimension) =>
    indexOver({
      backend: await createWasmBackend(dimension, { kernels: await compileKernels(name) }),
      reason: 'test',
    }),
  );
}

/**
 * Passes candidates on late, and only as many as were asked for, with the bound that they justify. Refuses rows that it
 * no longer has.
 */
function sparing(backend: Backend): { backend: Backend; calls: number[] } {
  const calls: number[] = [];
  const row = (at: number): Float32Array => {
    if (at >= backend.rows) throw new RangeError(`row ${at} of ${backend.rows}`);
    return backend.row(at);
  };
  const candidates: Backend['candidates'] = async (queries, k, skip) => {
    calls.push(k);
    const all = await backend.candidates(queries, backend.rows, skip);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return all.map(({ rows }, q) => {
      const d = backend.dimension;
      const scored = Array.from(rows, (at) => {
        const x = row(at);
        const squared = x.reduce((sum, value, j) => sum + (value - queries[q * d + j]!) ** 2, 0);
        // Coarse: what a low precision leaves undecided.
        return { row: at, coarse: Math.floor(squared) };
      }).sort((a, b) => a.coarse - b.coarse || b.row - a.row);
      const kept = scored.slice(0, k);
      return {
        rows: Uint32Array.from(kept, ({ row }) => row),
        bound: scored[k]?.coarse ?? Number.POSITIVE_INFINITY,
      };
    });
  };
  const wrapped = Object.create(backend, {
    candidates: { value: candidates },
    row: { value: row },
    rows: { get: () => backend.rows },
  });
  return { backend: wrapped, calls };
}

test('a bound that does not separate the k-th row from the rest makes FlatIndex ask for more', async () => {
  const d = 3;
  const random = seeded(4);
  const values = Float32Array.from({ length: 300 * d }, () => 4 * random());
  const { backend, calls } = sparing(createJsBackend(d));
  const index = indexOver({ backend, reason: 'test' });
  const plain = await FlatIndex.create({ dimension: d, backend: 'js' });
  index.add(values);
  plain.add(values);
  const query = Float32Array.of(2, 2, 2);
  for (const k of [1, 5, 30, 299, 300]) {
    const [found, wanted] = [await index.search(query, k), await plain.search(query, k)];
    assert.deepEqual(found.rows, wanted.rows, `k ${k}`);
    assert.deepEqual(found.distances, wanted.distances, `k ${k}`);
  }
  assert.deepEqual(calls.slice(0, 4), [1, 2, 4, 8]);
});

knnSuite(
  'a slow, coarse backend',
  async (dimension) => indexOver({ backend: sparing(createJsBackend(dimension)).backend, reason: 'test' }),
  { slow: true },
);

test('a wrong dimension or backend is refused', async () => {
  for (const dimension of [0, -1, 2.5, 65537, Number.NaN]) {
    await assert.rejects(FlatIndex.create({ dimension }), { code: 'bad-argument' });
  }
  await assert.rejects(FlatIndex.create({ dimension: 4, backend: 'abacus' as never }), {
    code: 'bad-argument',
  });
});

test('auto takes WebAssembly where it runs, and says why', async () => {
  const index = await FlatIndex.create({ dimension: 4 });
  assert.equal(index.backend, isSupported('wasm-relaxed') ? 'wasm-relaxed' : 'wasm');
  assert.ok(index.reason.length > 10);
  index.close();
});
