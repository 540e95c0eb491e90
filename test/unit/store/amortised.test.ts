import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pictures } from '../../../src/engine/pictures.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import type { Change } from '../../../src/store/format/changes.ts';
import type { StoredFile } from '../../../src/store/format/files.ts';
import { IndexStore } from '../../../src/store/index-store.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { info, vectorOf } from '../../support/store-model.ts';

/** Counts what is written, as a disk would have to take it. `full` fails compactions. */
class CountingStore extends MemoryStore {
  written = 0;
  files_ = 0;
  full = false;

  override async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    const file = await super.open(name, mode);
    if (mode === 'create') this.files_++;
    const fails = this.full && mode === 'create';
    const write = file.write.bind(file);
    file.write = async (at, parts) => {
      for (const { length } of parts) this.written += length;
      if (fails && at > 1 << 20) throw new DOMException('no more', 'QuotaExceededError');
      await write(at, parts);
    };
    return file;
  }

  get bytes(): number {
    return [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
  }
}

const d = 16;

async function pictures(store: MemoryStore): Promise<Pictures> {
  const index = await IndexStore.open(store, { create: info(d) });
  return new Pictures(await FlatIndex.create({ dimension: d }), index);
}

const meta = (n: number, length: number): string => `${n}`.padEnd(length, 'thumbnail');

/** Commits of so many changes each; returns what they hold by themselves. */
async function commit(to: Pictures, changes: readonly Change[], each: number): Promise<void> {
  for (let from = 0; from < changes.length; from += each) await to.apply(changes.slice(from, from + each));
}

describe('what commits cost, in bytes written', () => {
  test('metadata of pictures that are there is no reason to write all anew', async () => {
    const store = new CountingStore();
    const all = await pictures(store);
    // 80 MB of metadata beside 64 kB of rows.
    const changes = Array.from({ length: 1000 }, (_, n) => ({
      id: `${n}`,
      vector: vectorOf(n, d),
      meta: meta(n, 80_000),
    }));
    await commit(all, changes, 8);
    assert.equal(store.files_, 1, 'no compaction');
    assert.ok(store.written < 1.01 * store.bytes, `${store.written} written, ${store.bytes} there`);
    await all.close();
    // The same is known of a file that was opened.
    const again = await pictures(store);
    const before = store.written;
    await commit(again, [{ id: 'one more', vector: vectorOf(1, d) }], 1);
    assert.ok(store.written - before < 4096, 'no compaction');
    await again.close();
  });

  test('what was replaced or removed is: of rows, metadata and notes, in files that were opened, too', async () => {
    const kinds: Record<string, (n: number) => Change[]> = {
      // A large one among small ones that stay.
      'replaced, among others': (n) => [
        { id: 'large', vector: vectorOf(n, d), meta: meta(n, 500_000) },
        ...Array.from({ length: 20 }, (_, m) => ({ id: `${n} ${m}`, vector: vectorOf(m, d) })),
      ],
      removed: (n) => [
        { id: `${n}`, vector: vectorOf(n, d), meta: meta(n, 500_000) },
        { remove: `${n - 2}` },
      ],
      noted: (n) => [{ set: 'note', value: meta(n, 500_000) }],
    };
    for (const [kind, changesOf] of Object.entries(kinds)) {
      const store = new CountingStore();
      let all = await pictures(store);
      let max = 0;
      for (let n = 0; n < 120; n++) {
        await all.apply(changesOf(n));
        max = Math.max(max, store.bytes);
        if (n % 40 === 25) {
          await all.close();
          all = await pictures(store);
        }
      }
      const came = 120 * 500_000;
      assert.ok(store.files_ > 1, `${kind}: no compaction`);
      assert.ok(max < 50e6, `${kind}: the file grew to ${max}`);
      assert.ok(store.written < 1.5 * came, `${kind}: ${store.written} written of ${came}`);
      await all.close();
    }
  });

  test('a large note that stays is no reason either', async () => {
    const store = new CountingStore();
    const all = await pictures(store);
    await all.apply([{ set: 'note', value: meta(0, 40e6) }]);
    const before = store.written;
    for (let n = 0; n < 20; n++) await all.apply([{ id: `${n}`, vector: vectorOf(n, d) }]);
    assert.ok(store.written - before < 20 * 1024, `${store.written - before}`);
    await all.close();
  });

  test('many small commits: all is written anew now and then, and seldom where it is much', async () => {
    const store = new CountingStore();
    const all = await pictures(store);
    // Much that is there, then a picture at a time.
    await all.apply(
      Array.from({ length: 500 }, (_, n) => ({
        id: `first ${n}`,
        vector: vectorOf(n, d),
        meta: meta(n, 20_000),
      })),
    );
    const start = store.written;
    const small = Array.from({ length: 6000 }, (_, n) => ({ id: `${n}`, vector: vectorOf(n, d) }));
    await commit(all, small, 1);
    // Once for what came before, which was never written anew.
    assert.ok(store.files_ <= 2, `${store.files_ - 1} compactions of 10 MB for 2 MB of changes`);
    assert.ok(store.written - start < 16e6, `${store.written - start}`);
    await all.close();

    const alone = new CountingStore();
    const few = await pictures(alone);
    await commit(few, small, 1);
    assert.ok(alone.files_ > 2, 'opening it would read thousands of commits');
    const own = 6000 * 400;
    assert.ok(alone.written < 5 * own, `${alone.written} written of ${own}`);
    await few.close();
  });

  test('a compaction that fails is not tried again with each commit', async () => {
    const store = new CountingStore();
    const all = await pictures(store);
    store.full = true;
    let n = 0;
    for (; n < 150; n++)
      await all.apply([{ id: `${n % 3}`, vector: vectorOf(n, d), meta: meta(n, 500_000) }]);
    const tried = store.files_;
    assert.ok(tried > 1 && tried < 4, `${tried - 1} attempts`);
    store.full = false;
    for (; n < 400 && store.files_ === tried; n++)
      await all.apply([{ id: `${n % 3}`, vector: vectorOf(n, d), meta: meta(n, 500_000) }]);
    assert.ok(store.bytes < 80e6, `later, when there is room: ${store.bytes}`);
    await all.close();
  });
});
