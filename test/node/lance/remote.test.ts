// `db://…`: a table of LanceDB's service, through its client; here of a server of the test over a folder of LanceDB.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LanceIndex } from '../../../src/lance/index.ts';
import { startRemoteDatabase } from '../../support/remote-database.ts';

describe('LanceIndex over db://…', () => {
  test('keeps rows, order, filters and the fingerprint; says what a service answers', async () => {
    const database = await startRemoteDatabase();
    const { uri, host: hostOverride, apiKey } = database;
    try {
      await assert.rejects(LanceIndex.open(uri, { apiKey, hostOverride }), { code: 'not-found' });
      const index = await LanceIndex.open(uri, { apiKey, hostOverride, dims: 2, fingerprint: 'one' });
      const rows = ["it's", 'b', 'c', 'd'].map((id, n) => ({
        id,
        vector: Float32Array.of(n, 1),
        meta: { colour: n % 2 ? 'red' : "o'blue", year: 2000 + n, sale: n > 1 },
      }));
      assert.deepEqual(await index.add(rows), { added: 4, replaced: 0 });
      assert.deepEqual(await index.add([{ ...rows[1]!, vector: Float32Array.of(9, 9) }]), {
        added: 0,
        replaced: 1,
      });
      const { hits, exact } = await index.query(Float32Array.of(0, 1), {
        filter: { meta: { colour: ["o'blue", 'red'], year: { max: 2002 } } },
        exclude: ["it's"],
      });
      assert.deepEqual(
        [hits.map(({ id, distance }) => [id, distance]), exact],
        [
          [
            ['c', 2],
            ['b', Math.sqrt(81 + 64)],
          ],
          true,
        ],
      );
      assert.equal(await index.remove(['c', 'nobody']), 1);
      const { entries, total } = await index.entries({
        offset: 1,
        limit: 1,
        filter: { meta: { sale: [true, false] } },
      });
      assert.deepEqual([entries, total], [[{ id: 'b', meta: rows[1]!.meta }], 3]);
      await index.close();

      await assert.rejects(LanceIndex.open(uri, { apiKey, hostOverride, fingerprint: 'two' }), {
        code: 'model-mismatch',
      });
      await assert.rejects(LanceIndex.open(uri, { apiKey: 'wrong', hostOverride }), {
        code: 'storage-denied',
        message: /401.*LANCEDB_API_KEY/,
      });
    } finally {
      await database.close();
    }
  });

  test('addresses and options that do not fit each other are refused', async () => {
    for (const uri of ['db:', 'db://', 'db:/shop', 'db://shop?x']) {
      await assert.rejects(LanceIndex.open(uri, { apiKey: 'k' }), {
        code: 'bad-argument',
        message: /db:\/\//,
      });
    }
    const cases: [string, object, RegExp][] = [
      ['db://shop', { apiKey: 'two words' }, /^apiKey has to be/],
      ['db://shop', { apiKey: 'k', hostOverride: 'localhost:80' }, /^hostOverride/],
      ['db://shop', { apiKey: 'k', endpoint: 'https://store.example' }, /^uri/],
      ['db://shop', { apiKey: 'k', storageOptions: {} }, /apiKey/],
      ['here.lance', { apiKey: 'k' }, /^uri/],
    ];
    for (const [uri, options, message] of cases) {
      await assert.rejects(LanceIndex.open(uri, options), { code: 'bad-argument', message });
    }
    // Whoever runs the tests may have a key.
    const key = process.env.LANCEDB_API_KEY;
    delete process.env.LANCEDB_API_KEY;
    const keyless = LanceIndex.open('db://shop');
    await assert.rejects(keyless, { code: 'storage-denied', message: /LANCEDB_API_KEY/ });
    if (key !== undefined) process.env.LANCEDB_API_KEY = key;
  });
});
