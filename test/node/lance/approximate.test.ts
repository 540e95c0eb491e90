// Above `exactRows` LanceDB's index chooses candidates; answers say so, and what recall was measured.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VectorRow } from '../../../src/engine/vector-engine.ts';
import { LanceIndex } from '../../../src/lance/index.ts';
import { OwnRows, randomOf, tempFolder } from '../../support/lance.ts';

const dims = 32;

/** Rows around some centres, as pictures are. */
function clustered(count: number, random: () => number, prefix: string): VectorRow[] {
  const centres = Array.from({ length: 20 }, () => Float32Array.from({ length: dims }, random));
  return Array.from({ length: count }, (_, n) => ({
    id: `${prefix}${n}`,
    vector: centres[n % 20]!.map((x) => x + 0.3 * random()),
    meta: { part: n % 4, rare: n % 100 === 0 },
  }));
}

describe('LanceIndex above exactRows', () => {
  test('says that it is not exact and what recall it has; what is new, replaced or removed is right at once', async () => {
    using folder = tempFolder();
    const random = randomOf(3);
    const rows = clustered(1200, random, 'a');
    const index = await LanceIndex.open(folder.path, { dims, exactRows: 500, maintain: false });
    const own = await OwnRows.create(dims);
    await index.add(rows);
    own.add(rows);
    const vector = rows[77]!.vector;
    const before = await index.query(vector);
    assert.deepEqual([before.exact, before.recall], [true, null], 'no index yet');
    assert.deepEqual(before.hits, await own.query(vector, {}));

    const report = await index.compact({ recallQueries: 12 });
    assert.deepEqual(
      [report.rows, report.exact, report.recall?.k, report.recall?.queries],
      [1200, false, 30, 12],
    );
    assert.ok(report.recall!.value > 0.8 && report.recall!.value <= 1, `recall ${report.recall!.value}`);
    const after = await index.query(vector);
    assert.deepEqual([after.exact, after.recall], [false, report.recall]);
    const truth = await own.query(vector, { k: 1200 });
    const distances = new Map(truth.map(({ id, distance }) => [id, distance]));
    for (const { id, distance } of after.hits) assert.equal(distance, distances.get(id));
    assert.deepEqual(
      after.hits.map(({ distance }) => distance),
      after.hits.map(({ distance }) => distance).sort((a, b) => a - b),
    );

    // 12 rows are rare: they are compared one by one. Half of all are not.
    const rare = await index.query(vector, { filter: { meta: { rare: true } } });
    assert.deepEqual(rare, {
      exact: true,
      recall: null,
      hits: await own.query(vector, { filter: { meta: { rare: true } } }),
    });
    const half = await index.query(vector, { filter: { meta: { part: [0, 1] } } });
    assert.deepEqual([half.exact, half.hits.length], [false, 30]);
    assert.ok(half.hits.every(({ meta }) => (meta as { part: number }).part < 2));
    assert.equal((await index.query(vector, { filter: (id) => id.endsWith('7'), k: 100 })).hits.length, 100);

    const fresh = { id: 'fresh', vector: vector.map((x) => x + 1e-4) };
    await index.add([fresh, { id: 'a78', vector: vector.map((x) => x - 1e-4), meta: { part: 9 } }]);
    await index.remove(['a77']);
    const { hits, exact } = await index.query(vector, { k: 3 });
    assert.equal(exact, false);
    assert.deepEqual(
      hits
        .map(({ id }) => id)
        .sort()
        .filter((id) => ['fresh', 'a78', 'a77'].includes(id)),
      ['a78', 'fresh'],
    );
    await index.compact();
    assert.ok((await index.query(vector, { k: 2 })).hits.every(({ id }) => id === 'fresh' || id === 'a78'));

    // Another process finds index and recall with the table; without approximation, answers are exact.
    const other = await LanceIndex.open(folder.path, { exactRows: 500 });
    assert.deepEqual((await other.query(vector)).recall, report.recall);
    await other.close();
    const all = await LanceIndex.open(folder.path, { exactRows: Infinity });
    own.add([fresh, { id: 'a78', vector: vector.map((x) => x - 1e-4), meta: { part: 9 } }]);
    own.remove(['a77']);
    assert.deepEqual(await all.query(vector), {
      exact: true,
      recall: null,
      hits: await own.query(vector, {}),
    });
    await all.close();
    own.close();
    await index.close();
  });

  test('long vectors, and lengths that are no multiple of eight, get an index that finds them', async () => {
    for (const length of [20, 1500]) {
      using folder = tempFolder();
      const random = randomOf(length);
      const rows = Array.from({ length: 300 }, (_, n) => ({
        id: `${n}`,
        vector: Float32Array.from({ length }, random),
      }));
      const index = await LanceIndex.open(folder.path, { dims: length, exactRows: 200, maintain: false });
      await index.add(rows);
      const { exact, recall } = await index.compact({ recallQueries: 8 });
      assert.equal(exact, false);
      assert.ok(recall && recall.value > 0.8, `recall ${recall?.value} at ${length} values`);
      await index.close();
    }
  });

  test('an index that finds less than minRecall is asked for more, and not asked where nobody has', async () => {
    using folder = tempFolder();
    const random = randomOf(8);
    const rows = Array.from({ length: 1500 }, (_, n) => ({
      id: `${n}`,
      vector: Float32Array.from({ length: 8 }, random),
    }));
    const how = { dims: 8, exactRows: 500, maintain: false };
    const lenient = await LanceIndex.open(folder.path, { ...how, minRecall: 0 });
    await lenient.add(rows);
    const first = await lenient.compact({ recallQueries: 8 });
    assert.ok(first.recall!.value < 1, `recall ${first.recall!.value}`);
    const vector = rows[5]!.vector;
    assert.deepEqual((await lenient.query(vector)).recall, first.recall);

    const strict = await LanceIndex.open(folder.path, { ...how, minRecall: 1, staleMs: 0 });
    const exactly = await strict.query(vector);
    assert.deepEqual([exactly.exact, exactly.recall], [true, null], 'too little was measured');
    const more = await strict.compact({ recallQueries: 8 });
    assert.deepEqual([more.exact, more.recall?.value], [false, 1]);
    const asked = await strict.query(vector);
    assert.deepEqual([asked.exact, asked.hits], [false, exactly.hits]);
    await assert.rejects(LanceIndex.open(folder.path, { minRecall: 90 }), /minRecall is 90.*from 0 to 1/);
    await strict.close();
    await lenient.close();
  });

  test('add builds the index by itself', async () => {
    using folder = tempFolder();
    const rows = clustered(600, randomOf(5), 'b');
    const index = await LanceIndex.open(folder.path, { dims, exactRows: 300 });
    await index.add(rows);
    await index.close();
    const again = await LanceIndex.open(folder.path, { exactRows: 300 });
    const { exact, recall } = await again.query(rows[0]!.vector);
    assert.equal(exact, false);
    assert.ok(recall && recall.value > 0.8);
    await again.close();
  });
});
