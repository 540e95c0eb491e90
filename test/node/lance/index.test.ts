// Vectors in LanceDB: the calls of an index, with the answers of our own.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { LikenessError } from '../../../src/base/errors.ts';
import type { VectorRow } from '../../../src/engine/vector-engine.ts';
import { LanceIndex } from '../../../src/lance/index.ts';
import { tempFolder } from '../../support/lance.ts';
import { assertAnswersAsOwn, metasOf } from '../../support/lance-hostile.ts';

const dims = 24;

describe('LanceIndex', () => {
  test('answers as our own index does, hit by hit, whatever ids, keys and values are', () =>
    assertAnswersAsOwn(metasOf('some')));

  test('rows without the metadata that others have', async () => {
    using folder = tempFolder();
    const index = await LanceIndex.open(folder.path, { dims: 2 });
    const vector = Float32Array.of(0, 1);
    const metas = [{ sale: true, year: 1, name: '' }, undefined, { sale: null }, 'text', 7, null, [], {}, ''];
    for (const [n, meta] of metas.entries()) await index.add([{ id: `${n}`, vector, meta }]);
    await index.add(metas.map((meta, n) => ({ id: `all ${n}`, vector, meta })));
    await index.add(metas.map((_, n) => ({ id: `none ${n}`, vector })));
    const { entries } = await index.entries();
    assert.deepEqual(
      entries.slice(0, 2 * metas.length).map(({ meta }) => meta),
      [...metas, ...metas],
    );
    assert.equal((await index.query(vector, { filter: { meta: { name: '', sale: true } } })).hits.length, 2);
    const isNull = { filter: { meta: { sale: null } } };
    assert.equal((await index.query(vector, isNull)).hits.length, 2);
    await index.close();
  });

  test('the fingerprint and the length are kept with the table', async () => {
    using folder = tempFolder();
    await assert.rejects(LanceIndex.open(folder.path), {
      code: 'not-found',
      message: /dims.*likeness import/,
    });
    const mistyped = join(folder.path, 'mistyped');
    await assert.rejects(LanceIndex.open(mistyped), {
      code: 'not-found',
      message: /mistyped.*likeness import/,
    });
    assert.equal(existsSync(mistyped), false, 'a folder was made for a table that is not there');
    const made = await LanceIndex.open(folder.path, { dims, fingerprint: 'one' });
    await made.close();
    await assert.rejects(LanceIndex.open(folder.path, { fingerprint: 'two' }), { code: 'model-mismatch' });
    await assert.rejects(LanceIndex.open(folder.path, { dims: 7 }), { code: 'model-mismatch' });
    const again = await LanceIndex.open(folder.path);
    assert.deepEqual([again.dims, again.fingerprint], [dims, 'one']);
    await again.close();
    await assert.rejects(again.size(), { code: 'closed' });
  });

  test('a call that reads when the index is closed says so; what a caller changes after the call has no part in it', async () => {
    using folder = tempFolder();
    const index = await LanceIndex.open(folder.path, { dims: 2 });
    const vector = Float32Array.of(0, 1);
    await index.add(['a', 'b'].map((id) => ({ id, vector })));
    const [exclude, filter] = [['a'], ['a', 'b']];
    const asked = index.query(vector, { exclude, filter });
    const listed = index.entries({ filter });
    exclude.push('b');
    filter.length = 0;
    assert.deepEqual((await asked).hits, [{ id: 'b', distance: 0 }]);
    assert.equal((await listed).total, 2);

    const running = [
      index.query(vector),
      index.query(vector, { filter: ['a'] }),
      index.entries(),
      index.vectorsOf(['a']),
      index.entry('a'),
      index.has('a'),
      index.size(),
      index.version(),
    ].map((call) => call.then(String, (error) => error));
    await index.close();
    for (const answer of await Promise.all(running)) {
      if (answer instanceof Error) assert.equal((answer as LikenessError).code, 'closed', answer.message);
    }
  });

  test('of a list with a wrong row nothing is written; much metadata is written in parts that Arrow can hold', async () => {
    using folder = tempFolder();
    const index = await LanceIndex.open(folder.path, { dims: 2, maintain: false });
    const vector = Float32Array.of(0, 1);
    // More than are written together; the last one is wrong.
    const rows: VectorRow[] = Array.from({ length: 8200 }, (_, n) => ({ id: `${n}`, vector }));
    for (const last of [
      { id: 'half\udc00', vector },
      { id: 'long', vector: Float32Array.of(0, 2 ** 63) },
    ]) {
      await assert.rejects(index.add([...rows, last]), { code: 'bad-argument' });
      assert.equal(await index.size(), 0);
    }
    const parts: number[] = [];
    const meta = { text: 'x'.repeat(1_000_000) };
    const large = Array.from({ length: 20 }, (_, n) => ({ id: `${n}`, vector, meta }));
    await index.add(large, { onProgress: ({ done }) => parts.push(done) });
    assert.deepEqual([parts.length, parts.at(-1)], [2, 20]);
    assert.equal((await index.query(vector, { k: 30, filter: { meta } })).hits.length, 20);
    await index.close();
  });

  test('what cannot be a row or a query is refused, and nothing of it is kept', async () => {
    using folder = tempFolder();
    const index = await LanceIndex.open(folder.path, { dims: 2 });
    const vector = Float32Array.of(0, 1);
    const rows: unknown[] = [
      { id: '', vector },
      { id: '\ud800', vector },
      { id: 'a', vector: Float32Array.of(1) },
      { id: 'a', vector: Float32Array.of(NaN, 1) },
      { id: 'a', vector: Float32Array.of(3e38, 1) },
      { id: 'a', vector: [1, 2] },
      { id: 'a', vector, meta: { when: new Date() } },
    ];
    for (const row of rows) await assert.rejects(index.add([row as VectorRow]), { code: 'bad-argument' });
    assert.equal(await index.size(), 0);
    await assert.rejects(index.query(Float32Array.of(1)), { code: 'bad-argument' });
    for (const odd of [{ k: 0 }, { filter: null }, { filter: false }, { exclude: null }])
      await assert.rejects(index.query(vector, odd as never), { code: 'bad-argument' }, JSON.stringify(odd));
    await assert.rejects(index.entries({ filter: null as never }), { code: 'bad-argument' });
    for (const uri of ['s3:/shop/x', 's3://', 's3:shop', '']) {
      await assert.rejects(LanceIndex.open(uri, { dims: 4 }), { code: 'bad-argument', message: /s3:\/\// });
    }
    for (const endpoint of ['127.0.0.1:9000', 'ftp://store', '', 5] as string[]) {
      const opened = LanceIndex.open('s3://shop/x', { dims: 4, endpoint });
      await assert.rejects(opened, { code: 'bad-argument', message: /^endpoint is/ });
    }
    const nowhere = LanceIndex.open('here', { dims: 4, endpoint: 'https://storage.example' });
    await assert.rejects(nowhere, { code: 'bad-argument' });
    assert.deepEqual((await index.query(vector)).hits, []);
    await assert.rejects(index.query(vector, { signal: AbortSignal.abort(new Error('enough')) }), /enough/);
    await index.add([{ id: 'a', vector }]);
    await assert.rejects(
      index.query(vector, {
        filter: () => {
          throw new RangeError('mine');
        },
      }),
      RangeError,
    );
    await index.close();
  });
});
