import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { deleteIndex, ImageSearch, type LikenessError, listIndexes } from '../../../src/node.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { samples, withFolder } from '../../support/cli.ts';
import { emptyOptions, takenOf } from '../../support/odd-values.ts';

const names = ['A001', 'A002', 'B001', 'C001', 'D001'];
const path = (name: string): string => join(samples, `${name}.jpeg`);
const items = names.map((name, n) => ({ id: name, image: path(name), meta: { n, title: `${name} ä` } }));

describe('ImageSearch with a store', () => {
  test('keeps pictures and metadata, resumes by content, answers as before', () =>
    withFolder(async (folder) => {
      const store = `file:${join(folder, 'index')}`;
      let search = await ImageSearch.open({ store });
      assert.equal(search.size, 0);
      const first = await search.add(items);
      assert.deepEqual([first.added, first.extracted, first.unchanged], [5, 5, 0]);
      const wanted = await search.query(path('A010'), { k: 3 });
      assert.deepEqual(wanted[0]!.meta, items.find(({ id }) => id === wanted[0]!.id)!.meta);
      await search.close();

      search = await ImageSearch.open({ store });
      assert.equal(search.size, 5);
      const again = await search.add(items);
      assert.deepEqual([again.added, again.replaced, again.extracted, again.unchanged], [0, 0, 0, 5]);
      // Other metadata, or another id, of content that is there: nothing is extracted.
      const changed = await search.add([
        { id: 'A001', image: path('A001'), meta: 'new' },
        { id: 'copy', image: await readFile(path('B001')) },
        { id: 'A002', image: path('F001') },
      ]);
      assert.deepEqual([changed.added, changed.replaced, changed.extracted], [1, 2, 1]);
      assert.deepEqual(await search.vector('copy'), await search.vector('B001'));
      assert.equal(await search.remove(['C001', 'nobody']), 1);
      const before = await search.query(path('A010'), { k: 30 });
      const entries = await search.entries();
      assert.deepEqual(
        entries.map(({ id }) => id),
        ['A001', 'A002', 'B001', 'D001', 'copy'],
      );
      assert.equal(entries[0]!.meta, 'new');
      assert.match(entries[0]!.hash!, /^[0-9a-f]{64}$/);
      await search.close();

      search = await ImageSearch.open({ store: pathToFileURL(join(folder, 'index')) });
      assert.deepEqual(await search.query(path('A010'), { k: 30 }), before);
      const { store: report } = await search.report();
      assert.equal(report!.dropped, null);
      await search.close();
      const listed = await listIndexes(folder);
      assert.deepEqual(
        listed.map((index) => index.store),
        [store],
      );
      assert.equal(listed[0]!.byteLength, report!.byteLength);
      await deleteIndex(store);
      assert.deepEqual(await listIndexes(folder), []);
      await assert.rejects(deleteIndex(store), { code: 'not-found' });
    }));

  test('save, export and import carry the whole index', () =>
    withFolder(async (folder) => {
      await using search = await ImageSearch.open();
      await search.add(items);
      const wanted = await search.query(path('A010'), { k: 5 });
      const target = `file:${join(folder, 'saved')}`;
      await search.save(target);
      await assert.rejects(search.save(target), { code: 'bad-argument', message: /5 pictures/ });
      const file = join(folder, 'index.likeness');
      const blob = await search.export();
      await writeFile(file, new Uint8Array(await blob.arrayBuffer()));

      for (const store of [target, file, blob]) {
        await using other = await ImageSearch.open({ store });
        assert.deepEqual(await other.query(path('A010'), { k: 5 }), wanted);
        if (store !== target) await assert.rejects(other.add(items), { code: 'read-only' });
      }
      for (const store of [undefined, new MemoryStore()]) {
        await using other = await ImageSearch.open({ store });
        await other.add([{ id: 'gone', image: path('F001') }]);
        await assert.rejects(other.import(blob.slice(0, blob.size - 100)), { code: 'bad-file' });
        assert.equal((await other.entries()).length, 1);
        await other.import(store ? blob : file);
        assert.equal(other.size, 5);
        assert.deepEqual(await other.query(path('A010'), { k: 5 }), wanted);
      }
    }));

  test('two at a time: one writes, the other sees it', () =>
    withFolder(async (folder) => {
      const store = `file:${folder}`;
      await using a = await ImageSearch.open({ store });
      await using b = await ImageSearch.open({ store });
      await a.add(items.slice(0, 3));
      await b.query(path('A001'), { k: 1 });
      await a.add(items.slice(3));
      await a.remove(['A001']);
      assert.deepEqual(await b.query(path('A010'), { k: 9 }), await a.query(path('A010'), { k: 9 }));
      await assert.rejects(b.add(items), (error: LikenessError) => error.code === 'locked');
      assert.deepEqual(
        (await b.entries()).map(({ id }) => id),
        names.slice(1),
      );
    }));

  test('whatever is given for options, stores and folders: no folder is made or deleted that nobody named', () =>
    withFolder(async (folder) => {
      const before = process.cwd();
      process.chdir(folder);
      try {
        const open = (options: never) => ImageSearch.open(options).then((search) => search.close());
        assert.deepEqual(await takenOf('open', open, 'bad-argument'), emptyOptions);
        const missing = ['undefined', 'text'];
        for (const option of ['model', 'device', 'threads', 'parity', 'refresh', 'signal', 'onProgress']) {
          const taken = await takenOf(option, (odd) => open({ [option]: odd, store: 7 } as never));
          assert.deepEqual(taken, [], option);
        }
        await takenOf('model', (odd) => open({ model: odd } as never));
        for (const assets of ['assets', 'ort/asyncify.wasm.gz']) {
          const given = (odd: unknown) =>
            assets === 'assets' ? odd : { [assets]: odd, 'models/vgg16-compact/model.onnx': odd };
          await takenOf(assets, (odd) => open({ assets: given(odd) } as never));
        }
        const named = await takenOf('store', (odd) => open({ store: odd } as never));
        assert.deepEqual(named, missing);
        await using search = await ImageSearch.open();
        assert.deepEqual(await takenOf('save', (odd) => search.save(odd)), ['text']);
        assert.deepEqual(await takenOf('import', (odd) => search.import(odd)), ['text']);
        assert.deepEqual(await readdir('.'), ['no such thing']);
        assert.deepEqual(await takenOf('listIndexes', listIndexes), ['text']);
        assert.deepEqual(await takenOf('deleteIndex', deleteIndex), ['text']);
        assert.deepEqual(await readdir('.'), []);
        await assert.rejects(listIndexes('missing'), {
          code: 'not-found',
          message: /^missing does not exist/,
        });
        for (const url of ['ftp://a/b', 'blob:nodedata:x', 'data:,x', 'file://elsewhere/x', 'file:', '']) {
          await assert.rejects(ImageSearch.open({ store: url }), { code: 'bad-argument' }, url);
          await assert.rejects(deleteIndex(url), { code: 'bad-argument' }, url);
        }
        await writeFile('file', '');
        await assert.rejects(deleteIndex('file:file'), {
          code: 'bad-argument',
          message: /^Deleting file failed/,
        });
        for (const model of ['ftp://localhost/model/', new URL('data:,model'), 'file://elsewhere/x']) {
          await assert.rejects(ImageSearch.open({ model }), { code: 'bad-argument', message: /^model is "/ });
        }
      } finally {
        process.chdir(before);
      }
    }));

  test('refuses what it cannot open', () =>
    withFolder(async (folder) => {
      await assert.rejects(ImageSearch.open({ store: 'opfs:x' }), { code: 'bad-argument' });
      const store = `file:${folder}`;
      await (await ImageSearch.open({ store })).close();
      await assert.rejects(ImageSearch.open({ store, parity: 'keras' }), { code: 'model-mismatch' });
      await using search = await ImageSearch.open({ store });
      const file = join(folder, 'file');
      await writeFile(file, 'somebody’s');
      for (const [place, why] of [
        ['/dev/null', /a part of that path is a file; name another place\.$/],
        [join(file, 'index'), /a part of that path is a file; name another place\.$/],
        [join(folder, 'x'.repeat(300)), /the name is too long; name another place\.$/],
      ] as const) {
        await assert.rejects(search.save(place), { code: 'bad-argument', message: why }, place);
        await assert.rejects(
          ImageSearch.open({ store: place }),
          { code: 'bad-argument', message: why },
          place,
        );
      }
      const meta = { when: new Date() } as never;
      await assert.rejects(search.add([{ id: 'a', image: path('A001'), meta }]), { code: 'bad-argument' });
    }));
});
