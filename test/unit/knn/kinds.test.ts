import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWasmBackend } from '../../../src/backend/wasm/backend.ts';
import { compileKernels, isSupported } from '../../../src/backend/wasm/kernel.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { noRow } from '../../../src/knn/neighbours.ts';
import { kinds, oracle } from '../../support/knn-kinds.ts';
import { seeded } from '../../support/random.ts';

/** An index over rows, however it keeps them. */
type Make = (values: Float32Array, d: number) => Promise<FlatIndex>;

const ways: Record<string, Make> = {
  js: (_, d) => FlatIndex.create({ dimension: d, backend: 'js' }),
  wasm: async (_, d) =>
    FlatIndex.over({
      backend: await createWasmBackend(d, { kernels: await compileKernels('wasm') }),
      reason: 'test',
    }),
  'codes, rows outside': (values, d) => FlatIndex.create({ dimension: d, rows: storeOf(values, d) }),
};
if (isSupported('wasm-relaxed')) {
  ways['wasm-relaxed'] = async (_, d) =>
    FlatIndex.over({
      backend: await createWasmBackend(d, { kernels: await compileKernels('wasm-relaxed') }),
      reason: 'test',
    });
}

function storeOf(values: Float32Array, d: number) {
  return {
    async read(numbers: Uint32Array) {
      const block = new Float32Array(numbers.length * d);
      for (const [i, n] of numbers.entries()) block.set(values.subarray(n * d, (n + 1) * d), i * d);
      return block;
    },
  };
}

async function compare(
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

/** n is enough for codes; shapes take kernels' tails, and the sizes of networks' features. */
const shapes: [n: number, d: number, queries: number][] = [
  [1500, 1, 2],
  [1500, 3, 2],
  [1500, 4, 2],
  [1500, 5, 2],
  [1300, 33, 65],
  [1300, 64, 3],
  [1100, 512, 2],
  [1030, 4095, 1],
  [1030, 4096, 1],
];

for (const [way, make] of Object.entries(ways)) {
  for (const [kind, rows] of Object.entries(kinds)) {
    test(`${way}: ${kind}: the order of the reference at every shape and k`, async () => {
      for (const [n, d, count] of shapes) {
        if (way === 'js' && d > 33) continue; // it is the reference itself, slowly
        const random = seeded(n + d);
        const values = rows(n, d, random);
        const index = await make(values, d);
        index.add(values);
        // Queries of the same kind; some are rows.
        const queries = rows(count, d, random);
        queries.set(values.subarray(3 * d, 4 * d));
        for (const k of d > 512 ? [30] : [1, 30, 1000]) {
          await compare(index, values, queries, k, `${n} × ${d}, k ${k}`);
        }
        if (d === 64)
          for (const k of [n, n + 1]) await compare(index, values, queries, k, `${n} × ${d}, k ${k}`);
        index.close();
      }
    });
  }

  test(`${way}: no, 1, 63, 64 and 65 queries`, async () => {
    const d = 96;
    const values = kinds['ReLU-sparse']!(3000, d, seeded(1));
    const index = await make(values, d);
    index.add(values);
    for (const count of [0, 1, 63, 64, 65]) {
      await compare(index, values, values.slice(0, count * d), 30, `${count} queries`);
    }
    index.close();
  });

  test(`${way}: any data, any shape`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seeded(seed);
    console.log(`seed ${seed}`);
    for (let round = 0; round < 12; round++) {
      const n = 1 + Math.floor(3000 * random() ** 2);
      const d = 1 + Math.floor(300 * random() ** 2);
      const k = 1 + Math.floor(random() * (random() < 0.5 ? 40 : n + 5));
      const names = Object.keys(kinds);
      const kind = names[Math.floor(random() * names.length)]!;
      const scale = 10 ** (8 * random() - 4);
      const values = kinds[kind]!(n, d, random).map((x) => x * scale);
      const index = await make(values, d);
      // In parts, as an index grows.
      const first = Math.floor(random() * n) * d;
      index.add(values.subarray(0, first));
      index.add(values.subarray(first));
      const queries = kinds[kind]!(1 + Math.floor(4 * random()), d, random).map((x) => x * scale);
      await compare(index, values, queries, k, `seed ${seed}, round ${round}: ${kind}, ${n} × ${d}, k ${k}`);
      index.close();
    }
  });

  test(`${way}: filter, exclude and maxDistance, before the selection`, async () => {
    const d = 48;
    const values = kinds['ReLU-sparse']!(2600, d, seeded(9));
    let held = values;
    const index = await make(values, d);
    index.add(values);
    const query = values.slice(40 * d, 41 * d);
    const check = async (
      k: number,
      options: { filter?: (row: number) => boolean; exclude?: number[]; maxDistance?: number },
    ): Promise<void> => {
      const { filter, exclude = [], maxDistance = Number.POSITIVE_INFINITY } = options;
      const out = new Set(exclude);
      const takesPart = (row: number): boolean => !out.has(row) && (!filter || filter(row));
      const wanted = oracle(held, query, k, takesPart);
      const within = wanted.distances.filter((distance) => distance <= maxDistance).length;
      const bytes = filter && Uint8Array.from({ length: index.size }, (_, row) => Number(filter(row)));
      for (const form of [filter, bytes]) {
        const found = await index.search(query, k, { ...options, filter: form });
        assert.equal(found.k, wanted.rows.length);
        assert.deepEqual(Array.from(found.counts), [within]);
        assert.deepEqual(Array.from(found.rows.subarray(0, within)), wanted.rows.slice(0, within));
        assert.deepEqual(Array.from(found.distances.subarray(0, within)), wanted.distances.slice(0, within));
        assert.ok(found.rows.subarray(within).every((row) => row === noRow));
        assert.ok(
          found.distances.subarray(within).every((distance) => distance === Number.POSITIVE_INFINITY),
        );
      }
    };
    const cases = async (): Promise<void> => {
      const tenth = oracle(held, query, 10).distances[9]!;
      await check(30, { filter: (row) => row % 3 === 1 });
      await check(30, { filter: (row) => row % 200 === 7 }); // fewer than k
      await check(30, { filter: () => false });
      await check(30, { exclude: oracle(held, query, 25).rows });
      await check(30, { exclude: [40], filter: (row) => row < 500, maxDistance: 1.5 * tenth });
      await check(30, { maxDistance: tenth });
      await check(30, { maxDistance: 0 });
      await check(5000, { maxDistance: 2 * tenth });
    };
    await cases();
    // Few removed rows stay as dead slots, many are compacted away.
    for (const gone of [(row: number) => row % 40 === 0, (row: number) => row % 3 === 0]) {
      const size = index.size;
      index.remove(Array.from({ length: size }, (_, row) => row).filter(gone));
      const rest = Array.from({ length: size }, (_, row) => row).filter((row) => !gone(row));
      const next = new Float32Array(rest.length * d);
      for (const [i, row] of rest.entries()) next.set(held.subarray(row * d, (row + 1) * d), i * d);
      held = next;
      await cases();
    }
    for (const wrong of [
      { filter: new Uint8Array(3) },
      { filter: 'all' as never },
      { maxDistance: -1 },
      { maxDistance: Number.NaN },
    ]) {
      await assert.rejects(index.search(query, 3, wrong), { name: 'LikenessError', code: 'bad-argument' });
    }
    index.close();
  });
}

test('codes decide nearly all rows of clustered data, and none of random data, at no loss', async () => {
  const d = 256;
  for (const [kind, most] of [
    ['ReLU-sparse', 0.1],
    ['random', 1],
  ] as const) {
    const values = kinds[kind]!(6000, d, seeded(3));
    const index = await FlatIndex.create({ dimension: d, rows: storeOf(values, d) });
    index.add(values);
    const queries = kinds[kind]!(4, d, seeded(3)); // the same clusters, as the seed is the same
    await compare(index, values, queries, 10, kind);
    const { rescored, fetchedBytes } = await index.search(queries, 10);
    assert.ok(rescored >= 40 && rescored <= 4 * 6000 * most, `${kind}: ${rescored} rows`);
    assert.equal(fetchedBytes, rescored * 4 * d);
    index.close();
  }
});

test('rows outside memory: numbers stay those of adding, wrong answers are refused', async () => {
  const d = 40;
  const values = kinds.clustered!(1200, d, seeded(5));
  const index = await FlatIndex.create({ dimension: d, rows: storeOf(values, d) });
  index.add(values);
  index.remove(Array.from({ length: 700 }, (_, row) => row));
  const found = await index.search(values.slice(800 * d, 801 * d), 1);
  assert.deepEqual(Array.from(found.rows), [100]);
  assert.throws(() => index.get(0), { code: 'bad-argument', message: /option `rows`/ });
  index.close();

  const short = await FlatIndex.create({ dimension: d, rows: { read: () => new Float32Array(3) } });
  short.add(values);
  await assert.rejects(short.search(values.slice(0, d), 1), { code: 'bad-file', message: /gave 3/ });
  await assert.rejects(FlatIndex.create({ dimension: d, rows: {} as never }), { code: 'bad-argument' });
  await assert.rejects(FlatIndex.create({ dimension: d, backend: 'js', rows: storeOf(values, d) }), {
    code: 'no-backend',
  });
});
