import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { noRow } from '../../../src/knn/search/found.ts';
import { asQueries, kinds, oracle } from '../../support/knn-kinds.ts';
import { compare, type Shape, storeOf, testKinds, ways } from '../../support/knn-ways.ts';
import { seeded } from '../../support/random.ts';

/** n is enough for codes; shapes take kernels' tails. Wider rows are in test/full. */
const shapes: Shape[] = [
  { n: 1100, d: 1, queries: 2, ks: [1, 30, 1000] },
  { n: 1100, d: 3, queries: 2, ks: [30, 1000] },
  { n: 1100, d: 4, queries: 2, ks: [1, 30] },
  { n: 1100, d: 5, queries: 2, ks: [30, 1000] },
  { n: 1300, d: 33, queries: 5, ks: [1, 30, 1000] },
  { n: 1300, d: 64, queries: 3, ks: [30, 1300, 1301] },
  { n: 1100, d: 512, queries: 2, ks: [1, 30] },
];

// Plain JavaScript is the reference itself, slowly.
testKinds((way) => (way === 'js' ? shapes.slice(0, 5) : shapes));

for (const [way, make] of Object.entries(ways)) {
  test(`${way}: no, 1, 63, 64 and 65 queries`, async () => {
    const d = 96;
    const values = kinds['ReLU-sparse']!(1500, d, seeded(1));
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
    for (let round = 0; round < 8; round++) {
      const n = 1 + Math.floor(2500 * random() ** 2);
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
      const queries = asQueries(kinds[kind]!(1 + Math.floor(4 * random()), d, random).map((x) => x * scale));
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
  for (const [kind, max] of [
    ['ReLU-sparse', 0.1],
    ['random', 1],
  ] as const) {
    const values = kinds[kind]!(6000, d, seeded(3));
    const index = await FlatIndex.create({ dimension: d, rows: storeOf(values, d) });
    index.add(values);
    const queries = kinds[kind]!(4, d, seeded(3)); // the same clusters, as the seed is the same
    await compare(index, values, queries, 10, kind);
    const { rescored, fetchedBytes } = await index.search(queries, 10);
    assert.ok(rescored >= 40 && rescored <= 4 * 6000 * max, `${kind}: ${rescored} rows`);
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
