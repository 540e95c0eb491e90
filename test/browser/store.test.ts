import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store } from '../../src/store/files.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { deleteIndexedDb, IndexedDbStore, listIndexedDb } from '../../src/store/store.indexeddb.ts';
import { deleteOpfs, hasOpfs, listOpfs, OpfsStore } from '../../src/store/store.opfs.ts';
import { applied, assertState, empty, info, randomChanges, vectorOf } from '../support/store-model.ts';

const d = 64;

/** These tests run in workers, as the engine does: files of the private file system are written there only. */
function register(kind: string, make: (name: string) => Store): void {
  describe(kind, () => {
    test('a hundred changes, another object reads along, all is there again', async () => {
      const index = await IndexStore.open(make('a'), { create: info(d), idleMs: 50 });
      const reader = await IndexStore.open(make('a'));
      let state = empty;
      for (let n = 0; n < 100; n++) {
        await index.append(randomChanges(n, d));
        state = applied(state, randomChanges(n, d));
        if (n % 30 === 20) await index.compact();
        if (n % 7 === 0) {
          await reader.refresh();
          await assertState(reader, state, `after ${n}`);
        }
      }
      await assert.rejects(reader.append(randomChanges(100, d)), { code: 'locked' });
      await new Promise((done) => setTimeout(done, 200));
      await reader.append(randomChanges(100, d));
      state = applied(state, randomChanges(100, d));
      await reader.close();
      await index.refresh();
      await assertState(index, state);
      await index.close();
      const again = await IndexStore.open(make('a'));
      await assertState(again, state);
      assert.equal(again.dropped, undefined);
      await again.close();
    });

    test('rows of several blocks', async () => {
      const index = await IndexStore.open(make('large'), { create: info(4096) });
      const changes = Array.from({ length: 50 }, (_, n) => ({ id: `${n}`, vector: vectorOf(n, 4096) }));
      await index.append(changes);
      await index.append([{ remove: '7' }, { ...changes[3]!, vector: vectorOf(99, 4096) }]);
      const state = applied(applied(empty, changes), [
        { remove: '7' },
        { ...changes[3]!, vector: vectorOf(99, 4096) },
      ]);
      await assertState(index, state);
      await index.compact();
      await assertState(index, state);
      await index.close();
    });
  });
}

if (typeof document === 'undefined') {
  register('OPFS', (name) => new OpfsStore(name));
  register('IndexedDB', (name) => new IndexedDbStore(name));
} else {
  test('the stores of a worker', async () => {
    assert.ok(!(await hasOpfs()), 'a page cannot write in place');
    const worker = new Worker(
      URL.createObjectURL(
        new Blob(
          [
            `import ${JSON.stringify(import.meta.url)};
            globalThis.__runTests().then((results) => postMessage(results), (error) => postMessage(String(error)));`,
          ],
          { type: 'text/javascript' },
        ),
      ),
      { type: 'module' },
    );
    const results = await new Promise<{ name: string; error?: string }[] | string>((done, failed) => {
      worker.onmessage = ({ data }) => done(data);
      worker.onerror = ({ message }) => failed(new Error(message));
    });
    worker.terminate();
    if (typeof results === 'string') throw new Error(results);
    for (const { name, error } of results) if (error) throw new Error(`${name}: ${error}`);
    assert.equal(results.length, 4);
  });

  test('indexes are listed with their sizes, and deleted', async () => {
    const listed = [...(await listOpfs()), ...(await listIndexedDb())];
    const names = listed.map(({ name }) => name);
    assert.deepEqual(names.sort(), ['indexeddb:a', 'indexeddb:large', 'opfs:a', 'opfs:large']);
    for (const { byteLength } of listed) assert.ok(byteLength > 4096);
    await deleteOpfs('a');
    await deleteIndexedDb('a');
    await assert.rejects(deleteOpfs('a'), { code: 'not-found' });
    const left = [...(await listOpfs()), ...(await listIndexedDb())].map(({ name }) => name);
    assert.deepEqual(left.sort(), ['indexeddb:large', 'opfs:large']);
  });
}
