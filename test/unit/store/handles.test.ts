import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { once } from '../../../src/base/once.ts';
import { Pictures } from '../../../src/engine/pictures.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import type { StoredFile } from '../../../src/store/format/files.ts';
import { ChangedError, IndexStore } from '../../../src/store/index-store.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { info, vectorOf } from '../../support/store-model.ts';

const d = 65536;
/** Rows of a quarter of a MiB: a block holds 32. */
const changes = Array.from({ length: 70 }, (_, n) => ({ id: `${n}`, vector: vectorOf(n, d), hash: `${n}` }));

/** As a browser's files are: a handle is good until it is closed. `beforeRead` is called before each read. */
class HandleStore extends MemoryStore {
  readonly randomReads = true;
  opened = 0;
  beforeRead: (() => Promise<void>) | undefined;

  override async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    this.opened++;
    const file = await super.open(name, mode);
    const { read, size, close } = file;
    let open = true;
    const check = (): void => {
      if (!open) throw new DOMException('The handle was closed.', 'InvalidStateError');
    };
    file.read = async (at, into) => {
      check();
      await this.beforeRead?.();
      check();
      return read.call(file, at, into);
    };
    file.size = async () => {
      check();
      return size.call(file);
    };
    file.close = async () => {
      open = false;
      return close.call(file);
    };
    return file;
  }
}

/** Long enough for a timer of 0 ms and what it starts. */
const idle = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

describe('the lock is given back while rows are read', () => {
  test('between any two blocks: the file is another handle, the rows go on', async () => {
    for (const moment of [0, 1, 2, 3]) {
      const store = new HandleStore();
      const index = await IndexStore.open(store, { create: info(d), idleMs: 1 });
      await index.append(changes);
      const before = store.opened;
      const rows = index.rows();
      if (moment === 0) await idle();
      let block = 0;
      let read = 0;
      for await (const { first, values } of rows) {
        assert.deepEqual(values.subarray(0, d), changes[first]!.vector);
        read += values.length / d;
        if (++block === moment) await idle();
      }
      assert.equal(read, changes.length);
      assert.ok(store.opened > before, 'the timer has run');
      // And taken again in the middle.
      const again = index.rows();
      await again.next();
      await index.append([{ id: 'new', vector: vectorOf(99, d) }]);
      await idle();
      assert.deepEqual((await again.next()).value!.values.subarray(0, d), changes[32]!.vector);
      await again.return(undefined);
      await index.close();
    }
  });

  test('at any moment of an indexing that finds content that is there', async () => {
    const store = new HandleStore();
    const index = await IndexStore.open(store, { create: info(d), idleMs: 0 });
    const all = new Pictures(await FlatIndex.create({ dimension: d }), index);
    await all.apply(changes.slice(0, 4));
    for (let n = 0; n < 40; n++) {
      // Asked while the timer's turn is under way, before and after it.
      await all.apply([{ set: 'turn', value: n }]);
      const wait = n % 8;
      for (let turn = 0; turn < wait; turn++) await Promise.resolve();
      if (wait === 7) await new Promise((done) => setTimeout(done, 0));
      const found = await Promise.all([0, 1, 2, 3].map((hash) => all.vectorOf(`${hash}`)));
      for (const [at, vector] of found.entries()) assert.deepEqual(vector, changes[at]!.vector);
    }
    await all.close();
  });

  test('a file that others replaced, or whose commits were taken back, ends the call', async () => {
    const store = new HandleStore();
    const index = await IndexStore.open(store, { create: info(d), idleMs: 0 });
    await index.append(changes);
    await idle();
    const other = await IndexStore.open(store, { idleMs: 0 });
    const rows = index.rows();
    await rows.next();
    await other.compact();
    await index.refresh();
    await assert.rejects(rows.next(), ChangedError);
    // Asked before, read after: the entries are those of the file before.
    const late = index.rows();
    await idle();
    await other.append([{ remove: '0' }]);
    await other.compact();
    await idle();
    await index.refresh();
    await assert.rejects(late.next(), ChangedError);
    await index.close();
    await other.close();
  });
});

test('what is made once is made again after a failure, and by one for all who wait', async () => {
  let attempts = 0;
  const get = once(async () => {
    attempts++;
    await Promise.resolve();
    if (attempts < 3) throw new Error(`attempt ${attempts}`);
    return attempts;
  });
  await Promise.all([1, 2].map(() => assert.rejects(get(), /attempt 1/)));
  await assert.rejects(get(), /attempt 2/);
  assert.deepEqual(await Promise.all([get(), get()]), [3, 3]);
  assert.equal(await get(), 3);
  get.forget();
  assert.equal(await get(), 4);
});
