import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pictures } from '../../../src/engine/pictures.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { inOrder } from '../../../src/store/in-order.ts';
import { IndexStore } from '../../../src/store/index-store.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { seeded } from '../../support/random.ts';
import { info } from '../../support/store-model.ts';

const d = 4;
const named = (ids: string): { id: string }[] => [...ids].map((id) => ({ id }));
const idsOf = (list: readonly { id: string }[] | undefined): string | undefined =>
  list?.map(({ id }) => id).join('');

const changesOf = (ids: string) =>
  [...ids].map((id, n) => ({
    id,
    vector: Float32Array.from({ length: d }, (_, j) => (j === n % d ? 1 : 0)),
    meta: { name: id },
    hash: id.repeat(64),
  }));

describe('another order of pictures', () => {
  test('those that are named change places among themselves, the others stay', () => {
    assert.equal(idsOf(inOrder(named('abcde'), 'edcba')), 'edcba');
    assert.equal(idsOf(inOrder(named('abcde'), 'ea')), 'ebcda');
    assert.equal(idsOf(inOrder(named('abcde'), 'xexa')), 'ebcda');
    for (const same of ['', 'a', 'x', 'abcde', 'bd', 'aa'])
      assert.equal(inOrder(named('abcde'), same), undefined, same);
    assert.equal(inOrder([], 'a'), undefined);
    const random = seeded(4);
    for (let round = 0; round < 200; round++) {
      const list = [...'abcdefgh'].filter(() => random() < 0.7).join('');
      const wanted = [...'abcdefghxy'].filter(() => random() < 0.5).sort(() => random() - 0.5);
      const ordered = idsOf(inOrder(named(list), wanted)) ?? list;
      assert.deepEqual([...ordered].sort(), [...list].sort());
      const there = wanted.filter((id) => list.includes(id));
      assert.deepEqual(
        [...ordered].filter((id) => there.includes(id)),
        there,
      );
      for (const [at, id] of [...list].entries()) if (!there.includes(id)) assert.equal(ordered[at], id);
    }
  });

  test('a stored index keeps it, with all that belongs to each picture; others follow', async () => {
    const store = new MemoryStore();
    const index = await IndexStore.open(store, { create: info(d), idleMs: 0 });
    const other = await IndexStore.open(store, { idleMs: 0 });
    await index.append([...changesOf('abcdef'), { set: 'noted', value: 1 }]);
    // As an undo does it.
    await index.append([{ remove: 'b' }, { remove: 'e' }]);
    await index.append(changesOf('abcdef').filter(({ id }) => 'be'.includes(id)));
    assert.equal(idsOf(index.entries), 'acdfbe');
    await index.reorder('abcdef');
    const check = async (one: IndexStore, what: string): Promise<void> => {
      assert.equal(idsOf(one.entries), 'abcdef', what);
      const rows = new Float32Array(6 * d);
      await one.readRows(one.entries, rows);
      for (const [n, { id, meta, hash, vector }] of changesOf('abcdef').entries()) {
        assert.deepEqual([one.entries[n]!.meta, one.entries[n]!.hash], [meta, hash], `${what} ${id}`);
        assert.deepEqual(rows.subarray(n * d, (n + 1) * d), vector, `${what} ${id}`);
      }
      assert.equal(one.settings.get('noted'), 1, what);
    };
    await check(index, 'the same');
    const { fileName } = index;
    await index.reorder(['a', 'c', 'x']);
    assert.equal(index.fileName, fileName, 'nothing to do');
    await new Promise((done) => setTimeout(done, 5));
    await other.refresh();
    await check(other, 'another');
    await Promise.all([index.close(), other.close()]);
    const again = await IndexStore.open(store);
    await check(again, 'opened anew');
    await again.close();
  });

  test('it is all or nothing: a full disk and an abort leave the order as it was', async () => {
    const store = new MemoryStore();
    const index = await IndexStore.open(store, { create: info(d), idleMs: 0 });
    await index.append(changesOf('abc'));
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await assert.rejects(index.reorder('cba', { signal: controller.signal }), /enough/);
    const open = store.open.bind(store);
    store.open = async (name, mode) => {
      if (mode === 'create') throw new DOMException('full', 'QuotaExceededError');
      return open(name, mode);
    };
    await assert.rejects(index.reorder('cba'), { code: 'storage-full' });
    store.open = open;
    assert.equal(idsOf(index.entries), 'abc');
    await index.append(changesOf('d'));
    assert.equal(idsOf(index.entries), 'abcd');
    await index.close();
  });

  for (const where of ['in memory', 'in a store', 'with rows outside memory'] as const) {
    test(`answers follow, ${where}`, async () => {
      const store = where === 'in memory' ? undefined : new MemoryStore();
      if (store && where === 'with rows outside memory') Object.assign(store, { randomReads: true });
      const index = store && (await IndexStore.open(store, { create: info(d), idleMs: 0 }));
      const pictures = new Pictures(await FlatIndex.create({ dimension: d }), index, {
        createQuantised: (rows) => FlatIndex.create({ dimension: d, rows }),
        maxRowBytes: where === 'with rows outside memory' ? 0 : undefined,
      });
      const vector = Float32Array.of(1, 0, 0, 0);
      await pictures.apply([...'abcd'].map((id) => ({ id, vector })));
      await pictures.apply([{ id: 'e', vector: Float32Array.of(0, 1, 0, 0), meta: 'of e' }]);
      const nearest = async (): Promise<string> => {
        const found = await pictures.search(vector, 5, () => ({}));
        return Array.from(found.rows, (row) => pictures.entries[row]!.id).join('');
      };
      assert.equal(await nearest(), 'abcde');
      let told = 0;
      pictures.watchers.add(() => told++);
      await pictures.reorder(['e', 'd', 'a']);
      assert.equal(idsOf(pictures.entries), 'ebcda');
      assert.ok(told > 0);
      assert.equal(await nearest(), 'bcdae');
      assert.deepEqual(await pictures.vector('e'), Float32Array.of(0, 1, 0, 0));
      assert.equal(pictures.entries[0]!.meta, 'of e');
      await pictures.close();
    });
  }
});
