import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { encodeNpy, parseNpy, parseNpyMatrix } from '../../../src/python/npy.ts';
import { openNpyRows } from '../../../src/python/npy-rows.ts';
import { openNpz, readNpz } from '../../../src/python/npz.ts';
import { kinds } from '../../support/knn-kinds.ts';
import { runSideBySide, type SideBySide } from '../../support/knn-side-by-side.ts';
import { type Make, ways } from '../../support/knn-ways.ts';
import { emptyOptions, takenOf } from '../../support/odd-values.ts';
import { seeded } from '../../support/random.ts';

const d = 40;

/** Rows outside that answer late, each read when it pleases. */
async function outside(): ReturnType<SideBySide['create']> {
  const kept: Float32Array[] = [];
  const index = await FlatIndex.create({
    dimension: d,
    rows: {
      async read(numbers: Uint32Array) {
        if (numbers[0]! % 2 === 0) await new Promise((resolve) => setTimeout(resolve, numbers[0]! % 4));
        const block = new Float32Array(numbers.length * d);
        for (const [i, n] of numbers.entries()) block.set(kept[n]!, i * d);
        return block;
      },
    },
  });
  return {
    index,
    changing(number, values) {
      kept[number] = values.slice();
    },
  };
}

const creations: [string, SideBySide['create']][] = Object.entries(ways)
  .filter(([way]) => !way.includes('outside'))
  .map(([way, make]: [string, Make]) => [way, async () => ({ index: await make(new Float32Array(0), d) })]);

test('rows outside memory: each of two searches tells what it read itself', async () => {
  const { index, changing } = await outside();
  const values = kinds.clustered!(1500, d, seeded(3));
  for (let n = 0; n < 1500; n++) changing!(n, values.subarray(n * d, (n + 1) * d));
  index.add(values);
  const [one, many] = [values.slice(0, d), values.slice(0, 20 * d)];
  const alone = [await index.search(one, 3), await index.search(many, 30)];
  const together = await Promise.all([index.search(one, 3), index.search(many, 30)]);
  assert.deepEqual(together, alone);
  assert.ok(alone[0]!.fetchedBytes < alone[1]!.fetchedBytes);
  index.close();
});

test('rows by number are the rows of the call; what is no list, or a promise, is refused', async () => {
  const index = await FlatIndex.create({ dimension: 1, backend: 'js' });
  index.add(Float32Array.of(0, 1, 2, 3, 4, 5));
  const query = Float32Array.of(0);
  const excluding = index.search(query, 9, { exclude: [3, 99] });
  const bytes = index.search(query, 9, { filter: Uint8Array.of(0, 1, 0, 1, 0, 1) });
  const read = index.read([0, 5]);
  index.remove([0, 1, 2]);
  index.add(Float32Array.of(6));
  assert.deepEqual(await read, Float32Array.of(0, 5));
  assert.deepEqual([...(await excluding).distances], [4, 5, 6]);
  assert.deepEqual([...(await bytes).distances], [3, 5]);
  // All of them are wanted, and most are gone by then.
  const all = index.search(query, 4);
  index.remove([0, 1]);
  assert.deepEqual([...(await all).distances], [5, 6]);

  for (const wrong of [
    { filter: async () => false },
    { filter: async () => Promise.reject(new Error('never told')) },
    { exclude: '1' },
    { exclude: 1 },
    { exclude: ['1'] },
    { exclude: [0.5] },
    { filter: [0] },
  ]) {
    await assert.rejects(index.search(query, 1, wrong as never), { code: 'bad-argument' }, String(wrong));
  }
  for (const wrong of ['0', 0, null, ['0'], [0.5]]) {
    assert.throws(() => index.remove(wrong as never), { code: 'bad-argument' });
    await assert.rejects(index.read(wrong as never), { code: 'bad-argument' });
  }
  assert.equal(index.size, 2);
  index.close();
});

test('whatever is given for rows, queries and options is refused by name', async () => {
  await takenOf('create', (odd) => FlatIndex.create(odd), 'bad-argument');
  const right: Record<string, string[]> = {
    dimension: ['five'],
    backend: ['undefined'],
    deviceRows: ['undefined'],
    threads: ['undefined', 'five'],
    rows: ['undefined'],
    device: ['undefined'],
  };
  for (const [option, wanted] of Object.entries(right)) {
    const create = async (odd: never): Promise<void> => {
      (await FlatIndex.create({ dimension: 4, backend: 'js', [option]: odd })).close();
    };
    assert.deepEqual(await takenOf(`create ${option}`, create, 'bad-argument'), wanted, option);
  }
  const index = await FlatIndex.create({ dimension: 4, backend: 'js' });
  index.add(new Float32Array(8));
  const query = new Float32Array(4);
  const none: string[] = [];
  const calls: [string, (odd: never) => unknown, string[]][] = [
    ['add', (odd) => index.add(odd), none],
    ['set row', (odd) => index.set(odd, query), ['zero']],
    ['set', (odd) => index.set(0, odd), none],
    ['get', (odd) => index.get(odd), ['zero']],
    ['search', (odd) => index.search(odd, 1), none],
    ['k', (odd) => index.search(query, odd), ['five']],
    ['options', (odd) => index.search(query, 1, odd), [...emptyOptions]],
    ['signal', (odd) => index.search(query, 1, { signal: odd }), ['undefined', 'signal']],
    ['filter', (odd) => index.search(query, 1, { filter: odd }), ['undefined', 'function']],
    [
      'maxDistance',
      (odd) => index.search(query, 1, { maxDistance: odd }),
      ['undefined', 'zero', 'five', 'half', 'Infinity'],
    ],
    ['openNpyRows', openNpyRows, none],
    ['openNpz', openNpz, none],
    ['readNpz', readNpz, none],
    ['encodeNpy', (odd) => encodeNpy(odd, [2, 2]), none],
    ['encodeNpy shape', (odd) => encodeNpy(query, odd), none],
  ];
  for (const [call, make, wanted] of calls) {
    assert.deepEqual(await takenOf(call, make, 'bad-argument'), wanted, call);
  }
  for (const [call, make] of [
    ['remove', (odd: never) => index.remove(odd)],
    ['read', (odd: never) => index.read(odd)],
    ['exclude', (odd: never) => index.search(query, 1, { exclude: odd })],
    ['parseNpy', parseNpy],
    ['parseNpyMatrix', parseNpyMatrix],
  ] as const) {
    await takenOf(call, make);
  }
  index.close();
});

for (const [way, create] of [...creations, ['rows outside memory', outside] as const]) {
  test(`${way}: searches, reads, changes and aborts side by side`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const readsLate = way === 'rows outside memory';
    const answered = await runSideBySide({ d, rows: 1200, rounds: 60, create, readsLate }, seed);
    assert.ok(answered > 50, `${answered} answers, seed ${seed}`);
  });
}
