import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServedSearch } from '../../../page/work/served-search.ts';
import { d, opening } from '../../support/engine-search.ts';
import { gaussian, seeded } from '../../support/random.ts';

const n = 1500;
const ids = Array.from({ length: n }, (_, row) => `folder ${row % 7}/${row}.jpg`);

/** Rows of any length; some are there twice, so that there are ties. */
function rows(): Float32Array {
  const next = gaussian(seeded(15));
  const values = Float32Array.from({ length: n * d }, next);
  for (let row = 50; row < n; row += 50) values.copyWithin(row * d, (row - 49) * d, (row - 48) * d);
  return values;
}

const queries = [
  { parts: [{ id: ids[1]! }] },
  { parts: [{ id: ids[50]!, weight: 1 }] },
  {
    parts: [
      { id: ids[3]!, weight: 1 },
      { id: ids[700]!, weight: 1 },
      { id: ids[9]!, weight: -0.5 },
    ],
  },
  { parts: [{ id: ids[4]! }], exclude: [ids[4]!, ids[5]!, 'unknown'] },
  { parts: [{ id: ids[4]! }], filter: ids.filter((_, row) => row % 3 === 0) },
  { parts: [{ id: ids[3]! }], filter: [ids[3]!, ids[8]!, 'unknown'], exclude: [ids[8]!] },
];

test(
  'answers are the library’s, bit for bit: pages, ties, several pictures, filters, histograms',
  opening('wasm', async (search) => {
    const values = rows();
    await search.add(ids.map((id, row) => ({ id, vector: values.slice(row * d, (row + 1) * d) })));
    const first = new ServedSearch(ids, d, Promise.resolve(values));
    for (const { parts, ...among } of queries) {
      for (const page of [{ k: 60 }, { k: 60, offset: 60 }, { k: 7, offset: n - 5 }, { k: 2 * n }]) {
        assert.deepEqual(
          await first.query(parts, { ...among, ...page }),
          [...(await search.query(parts, { ...among, ...page }))],
          JSON.stringify({ parts, page }),
        );
      }
      for (const how of [{ bins: 40 }, { edges: [-1, 5] }]) {
        assert.deepEqual(
          await first.distances(parts, { ...among, ...how }),
          await search.distances(parts, { ...among, ...how }),
        );
      }
    }
  }),
);

test('it answers for whole pictures that it has; what is no query is refused as by the library', async () => {
  const first = new ServedSearch(['a', 'b'], 2, Promise.resolve(Float32Array.of(1, 0, 0, 1)));
  const weight = 1 as const;
  assert.ok(
    first.answers([
      { id: 'a', weight },
      { id: 'b', weight: -1 },
    ]),
  );
  assert.ok(!first.answers([]));
  assert.ok(
    !first.answers([
      { id: 'a', weight },
      { id: 'c', weight },
    ]),
  );
  assert.ok(!first.answers([{ file: 'abc', weight }]));
  assert.ok(!first.answers([{ id: 'a', weight, region: { x: 0, y: 0, width: 1, height: 1 } }]));
  assert.deepEqual([await first.has('a'), await first.has('c')], [true, false]);
  const nothing = [{ id: 'a' }, { id: 'a', weight: -1 }];
  for (let time = 0; time < 2; time++) {
    await assert.rejects(first.query(nothing, { k: 3 }), { code: 'bad-argument' });
  }
  const none = new ServedSearch(['a', 'b'], 2, Promise.reject(new Error('the server is gone')));
  await assert.rejects(none.query([{ id: 'a' }], { k: 1 }), /the server is gone/);
  const gone = AbortSignal.abort(new Error('not wanted any more'));
  await assert.rejects(first.query([{ id: 'a' }], { k: 1, signal: gone }), /not wanted any more/);
});
