import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Store } from '../../src/store/format/files.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { deleteIndexedDb, IndexedDbStore, listIndexedDb } from '../../src/store/media/store.indexeddb.ts';
import { deleteOpfs, listOpfs, OpfsStore } from '../../src/store/media/store.opfs.ts';
import { needs } from '../support/needs.ts';
import {
  applied,
  assertState,
  empty,
  info,
  onceUnlocked,
  randomChanges,
  stateOf,
  vectorOf,
} from '../support/store-model.ts';

const d = 64;

/** These tests run in workers, as the engine does: files of the private file system are written there only. */
function register(kind: string, make: (name: string) => Store): void {
  describe(kind, () => {
    test('a hundred changes, another object reads along, all is there again', async () => {
      const index = await IndexStore.open(make('a'), { create: info(d), idleMs: 500 });
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
      await onceUnlocked(() => reader.append(randomChanges(100, d)));
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

    test('one that reads all the time keeps no writer out for long, nor a deletion', async () => {
      const index = await IndexStore.open(make('busy'), { create: info(d), idleMs: 0 });
      const changes = Array.from({ length: 50 }, (_, n) => ({ id: `${n}`, vector: vectorOf(n, d) }));
      // A row at a time: many reads.
      for (const change of changes) await index.append([change]);
      const reader = await IndexStore.open(make('busy'));
      let reads = 0;
      let reading = true;
      const read = (async () => {
        const into = new Float32Array(d);
        while (reading) {
          try {
            await reader.refresh();
            for (const entry of [...reader.entries]) {
              await reader.readRows([entry], into);
              if (!/^new/.test(entry.id)) assert.deepEqual(into, vectorOf(Number(entry.id), d));
              reads++;
            }
          } catch (error) {
            // A compaction replaced the file between two reads.
            const { code } = error as { code?: string };
            if (code !== 'storage-failed' && code !== 'not-found') throw error;
          }
        }
      })();
      let slowest = 0;
      for (let n = 0; n < 20; n++) {
        const start = performance.now();
        await index.append([{ id: `new ${n}`, vector: vectorOf(n, d) }]);
        if (n === 10) await index.compact();
        slowest = Math.max(slowest, performance.now() - start);
        // The lock is given back meanwhile, and with it the file.
        await new Promise((done) => setTimeout(done, 30));
      }
      reading = false;
      await read;
      await reader.refresh();
      assert.equal(reader.entries.length, 70);
      console.log(
        `# ${kind}: ${reads} reads meanwhile, the slowest of 20 changes took ${slowest.toFixed(0)} ms`,
      );
      assert.ok(reads > 100);
      await index.close();
      const deletion = kind === 'OPFS' ? deleteOpfs : deleteIndexedDb;
      await stateOf(reader); // its file may be open still
      await deletion('busy');
      await reader.close();
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

const kinds = {
  OPFS: { register: () => register('OPFS', (name) => new OpfsStore(name)), needs: await needs('opfs') },
  IndexedDB: { register: () => register('IndexedDB', (name) => new IndexedDbStore(name)), needs: {} },
};

/** Runs the tests of a kind of store in a worker, each as one of ours. */
for (const [kind, { register, needs }] of Object.entries(kinds)) {
  if (typeof document === 'undefined') {
    if (self.name === kind) register();
    continue;
  }
  test(`${kind} in a worker`, needs, async () => {
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
      { type: 'module', name: kind },
    );
    const results = await new Promise<{ name: string; error?: string }[] | string>((done, failed) => {
      worker.onmessage = ({ data }) => done(data);
      worker.onerror = ({ message }) => failed(new Error(message));
    });
    worker.terminate();
    if (typeof results === 'string') throw new Error(results);
    for (const { name, error } of results) if (error) throw new Error(`${name}: ${error}`);
    assert.equal(results.length, 3);
  });
}

if (typeof document !== 'undefined') {
  const hasOpfs = kinds.OPFS.needs.skip === undefined;

  test('indexes are listed with their sizes, and deleted', async () => {
    const listed = [...(hasOpfs ? await listOpfs() : []), ...(await listIndexedDb())];
    const names = listed.map(({ name }) => name);
    assert.deepEqual(names.sort(), [
      'indexeddb:a',
      'indexeddb:large',
      ...(hasOpfs ? ['opfs:a', 'opfs:large'] : []),
    ]);
    for (const { byteLength } of listed) assert.ok(byteLength > 4096);
    if (hasOpfs) {
      await deleteOpfs('a');
      await assert.rejects(deleteOpfs('a'), { code: 'not-found' });
    }
    await deleteIndexedDb('a');
    const left = [...(hasOpfs ? await listOpfs() : []), ...(await listIndexedDb())].map(({ name }) => name);
    assert.deepEqual(left.sort(), ['indexeddb:large', ...(hasOpfs ? ['opfs:large'] : [])]);
  });

  test('an index in a database that somebody does not let go is deleted, and made anew', async () => {
    const make = () => IndexStore.open(new IndexedDbStore('held'), { create: info(d) });
    const first = await make();
    await first.append(randomChanges(1, d));
    await first.close();
    const held = await new Promise<IDBDatabase>((done, failed) => {
      const request = indexedDB.open('likeness-index:held');
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
    await deleteIndexedDb('held');
    assert.ok(!(await listIndexedDb()).some(({ name }) => name === 'indexeddb:held'));
    const second = await make();
    await assertState(second, empty);
    await second.append(randomChanges(2, d));
    await second.close();
    held.close();
    await deleteIndexedDb('held');
  });
}
