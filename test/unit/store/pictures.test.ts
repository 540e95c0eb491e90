import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pictures } from '../../../src/engine/pictures.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import type { StoredFile } from '../../../src/store/format/files.ts';
import { IndexStore } from '../../../src/store/index-store.ts';
import { MemoryStore } from '../../../src/store/media/store.memory.ts';
import { gaussian, seeded } from '../../support/random.ts';
import { applied, empty, info, type State, textOf } from '../../support/store-model.ts';

const d = 96;
const k = 7;

/** Files in memory that pass for a disk. `beforeRead` is called before each read. */
class DiskStore extends MemoryStore {
  readonly randomReads = true;
  beforeRead: (() => Promise<void>) | undefined;
  reads = 0;

  override async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    const file = await super.open(name, mode);
    const read = file.read.bind(file);
    Object.assign(file, { readsOverlap: true });
    file.read = async (at, into) => {
      this.reads++;
      await this.beforeRead?.();
      return read(at, into);
    };
    return file;
  }
}

/** Rows as a network's last ReLU gives them, of a few kinds: codes decide most of them. */
function rowsOf(seed: number, count: number): Float32Array<ArrayBuffer>[] {
  const random = seeded(seed);
  const normal = gaussian(random);
  const kinds = Array.from({ length: 20 }, (_, kind) => {
    const own = gaussian(seeded(kind + 1));
    return Float32Array.from({ length: d }, own);
  });
  return Array.from({ length: count }, () => {
    const centre = kinds[Math.floor(random() * kinds.length)]!;
    const row = centre.map((value) => Math.max(0, value + 0.4 * normal() - 0.5));
    const norm = Math.hypot(...row) || 1;
    return row.map((value) => value / norm);
  });
}

async function open(store: MemoryStore, outside: boolean): Promise<Pictures> {
  const index = await IndexStore.open(store, { create: info(d), idleMs: 0 });
  return new Pictures(await FlatIndex.create({ dimension: d }), index, {
    createQuantised: (rows) => FlatIndex.create({ dimension: d, rows }),
    maxRowBytes: outside ? 0 : Number.POSITIVE_INFINITY,
  });
}

const isOutside = (pictures: Pictures): boolean => /outside memory/.test(pictures.index.reason);

/** The k nearest of each query, as the order of a float64 reference has them: ids with distances. */
function reference(state: State, queries: readonly Float32Array[]): [string, number][][] {
  return queries.map((query) =>
    state.pictures
      .map(({ id, vector }, row) => {
        let squared = 0;
        for (let j = 0; j < d; j++) squared += (vector[j]! - query[j]!) ** 2;
        return { id, squared, row };
      })
      .sort((a, b) => a.squared - b.squared || a.row - b.row)
      .slice(0, k)
      .map(({ id, squared }) => [id, Math.sqrt(squared)]),
  );
}

async function answers(pictures: Pictures, queries: readonly Float32Array[]): Promise<[string, number][][]> {
  await pictures.refresh();
  const block = new Float32Array(queries.length * d);
  for (const [q, query] of queries.entries()) block.set(query, q * d);
  const found = await pictures.search(block, k, () => ({}));
  return queries.map((_, q) =>
    Array.from({ length: found.counts[q]! }, (_, rank): [string, number] => [
      pictures.entries[found.rows[q * found.k + rank]!]!.id,
      found.distances[q * found.k + rank]!,
    ]),
  );
}

/** The distances of all rows, in their order, as a float64 reference has them. */
const allDistances = (state: State, query: Float32Array): number[] =>
  state.pictures.map(({ vector }) => {
    let squared = 0;
    for (let j = 0; j < d; j++) squared += (vector[j]! - query[j]!) ** 2;
    return Math.sqrt(squared);
  });

const distances = async (pictures: Pictures, query: Float32Array): Promise<number[]> =>
  Array.from(await pictures.distances(query, () => Uint32Array.from(pictures.entries.keys())));

/** Lets the lock pass on. */
const idle = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

describe('rows that stay in the store', () => {
  test('answers as in memory while this and another add, replace, remove and compact', async () => {
    const store = new DiskStore();
    const random = seeded(99);
    const pick = (count: number): number => Math.floor(random() * count);
    let state = empty;
    const first = rowsOf(1, 3000).map((vector, n) => ({ id: `picture ${n}`, vector }));
    const pictures = await open(store, true);
    const other = await open(store, false);
    await pictures.apply(first);
    state = applied(state, first);
    for (let step = 1; step <= 24; step++) {
      const changes = rowsOf(step + 1, 1 + pick(6)).map((vector, n) =>
        pick(3) === 0
          ? { remove: `picture ${pick(3000)}` }
          : { id: pick(2) === 0 ? `picture ${pick(3000)}` : `new ${step}, ${n}`, vector },
      );
      // One removal of many: the index takes dead rows out, and the numbers go on.
      if (step === 9) for (let n = 0; n < 1200; n++) changes.push({ remove: `picture ${n}` });
      const writer = step % 2 === 0 ? pictures : other;
      await idle();
      await writer.refresh();
      await writer.apply(changes);
      state = applied(state, changes);
      await idle();
      if (step % 5 === 0) await writer.compact();
      if (step % 7 === 0) await other.compact().catch(() => {});
      const queries = [...rowsOf(1000 + step, 3), Float32Array.from(state.pictures[pick(900)]!.vector)];
      const wanted = reference(state, queries);
      assert.deepEqual(await answers(pictures, queries), wanted, `step ${step}`);
      assert.deepEqual(await answers(other, queries), wanted, `step ${step}, in memory`);
      for (const each of step % 6 === 0 ? [pictures, other] : []) {
        assert.deepEqual(await distances(each, queries[0]!), allDistances(state, queries[0]!));
      }
      assert.ok(isOutside(pictures));
      assert.ok(!isOutside(other));
    }
    assert.deepEqual(await pictures.values(), await other.values());
    const some = state.pictures[17]!;
    assert.deepEqual([...(await pictures.vector(pictures.entries[17]!.id))!], some.vector);
    await pictures.close();
    await other.close();
  });

  test('a row that is damaged later is taken out, told of, and the others answer', async () => {
    const store = new DiskStore();
    const pictures = await open(store, true);
    const rows = rowsOf(5, 1500);
    const changes = rows.map((vector, n) => ({ id: `picture ${n}`, vector }));
    await pictures.apply(changes);
    const queries = [rows[700]!, rows[20]!];
    assert.deepEqual(await answers(pictures, queries), reference(applied(empty, changes), queries));
    const bytes = store.files.get('index-1.likeness')!;
    bytes[pictures.entries[700]!.at + 9]! ^= 4;
    const left = changes.filter((_, n) => n !== 700);
    assert.deepEqual(await answers(pictures, queries), reference(applied(empty, left), queries));
    assert.deepEqual(pictures.report()!.damaged, ['picture 700']);
    // A pass over all distances finds what no search has met.
    bytes[pictures.entries[40]!.at + 9]! ^= 4;
    left.splice(40, 1);
    assert.deepEqual(await distances(pictures, queries[0]!), allDistances(applied(empty, left), queries[0]!));
    assert.deepEqual(pictures.report()!.damaged, ['picture 700', 'picture 40']);
    await pictures.close();
    // Opened anew it is gone.
    const again = await open(store, true);
    assert.equal(again.position('picture 700'), undefined);
    assert.deepEqual(await answers(again, queries), reference(applied(empty, left), queries));
    await again.close();
  });

  test('taking out a damaged row may end in a compaction, which moves all the others', async () => {
    for (const outside of [true, false]) {
      const store = new DiskStore();
      const pictures = await open(store, outside);
      const index = await IndexStore.open(store);
      const changes = rowsOf(11, 1100).map((vector, n) => ({ id: `picture ${n}`, vector }));
      // As many commits as make it worth its while.
      for (const change of changes) await index.append([change]);
      await index.close();
      const queries = rowsOf(12, 3);
      if (outside)
        assert.deepEqual(await answers(pictures, queries), reference(applied(empty, changes), queries));
      await pictures.refresh();
      const nearest = reference(applied(empty, changes), queries)[0]![0]![0];
      const { at } = pictures.entries[pictures.position(nearest)!]!;
      store.files.get('index-1.likeness')![at]! ^= 1;
      const left = changes.filter(({ id }) => id !== nearest);
      assert.deepEqual(await answers(pictures, queries), reference(applied(empty, left), queries));
      assert.ok(!store.files.has('index-1.likeness'), 'no compaction');
      assert.deepEqual(pictures.report()!.damaged, [nearest]);
      assert.equal(pictures.entries.length, left.length);
      await pictures.close();
    }
  });

  test('a row that is damaged already when the codes are made', async () => {
    const store = new DiskStore();
    const pictures = await open(store, true);
    const changes = rowsOf(6, 500).map((vector, n) => ({ id: `picture ${n}`, vector }));
    await pictures.apply(changes);
    const { at } = pictures.entries[3]!;
    // Opening checks the rows of the last commit only.
    await pictures.apply([{ set: 'noted', value: 1 }]);
    await pictures.close();
    store.files.get('index-1.likeness')![at]! ^= 1;
    const again = await open(store, true);
    const left = changes.filter((_, n) => n !== 3);
    const queries = rowsOf(7, 3);
    assert.deepEqual(await answers(again, queries), reference(applied(empty, left), queries));
    assert.deepEqual(again.report()!.damaged, ['picture 3']);
    await again.close();
  });

  test('another compacts at any read of a first or a later query: the answer is that of the new file', async () => {
    const changes = rowsOf(8, 600).map((vector, n) => ({ id: `picture ${n}`, vector }));
    const removed = changes.slice(0, 250).map(({ id }) => ({ remove: id }));
    const queries = rowsOf(9, 2);
    const wanted = reference(applied(applied(empty, changes), removed), queries);
    let compactions = 0;
    for (const later of [false, true]) {
      for (let moment = 1; moment < 40; moment++) {
        const store = new DiskStore();
        const pictures = await open(store, true);
        await pictures.apply(changes);
        await pictures.apply(removed);
        await idle();
        const other = await IndexStore.open(store);
        if (later) assert.deepEqual(await answers(pictures, queries), wanted);
        const from = store.reads;
        let compacting = false;
        store.beforeRead = async () => {
          if (compacting || store.reads < from + moment) return;
          compacting = true;
          await other.compact();
          compactions++;
        };
        assert.deepEqual(await answers(pictures, queries), wanted, `read ${moment}, ${later}`);
        store.beforeRead = undefined;
        assert.deepEqual(await answers(pictures, queries), wanted);
        assert.ok(isOutside(pictures));
        assert.deepEqual(pictures.report()!.damaged, []);
        await other.close();
        await pictures.close();
        if (!compacting) break;
      }
    }
    assert.ok(compactions > 8, `${compactions}`);
  });

  test('another compacts while one row is read, by id or by content, or all are copied: read again', async () => {
    const changes = rowsOf(13, 40).map((vector, n) => ({ id: `picture ${n}`, vector, hash: `hash ${n}` }));
    const reads: [string, (pictures: Pictures) => Promise<unknown>, unknown][] = [
      ['vector', (pictures) => pictures.vector('picture 30'), changes[30]!.vector],
      ['vectorOf', (pictures) => pictures.vectorOf('hash 30'), changes[30]!.vector],
      ['vectorOf, gone', (pictures) => pictures.vectorOf('hash 3'), undefined],
      [
        'withIndex',
        (pictures) =>
          pictures.withIndex(info(d), async (index) => {
            const all = new Float32Array(index.entries.length * d);
            await index.readRows(index.entries, all);
            return all.subarray(0, d);
          }),
        changes[10]!.vector,
      ],
    ];
    for (const [what, read, wanted] of reads) {
      const store = new DiskStore();
      const pictures = await open(store, true);
      await pictures.apply(changes);
      await idle();
      const other = await IndexStore.open(store, { idleMs: 0 });
      let isFirst = true;
      store.beforeRead = async () => {
        if (!isFirst) return;
        isFirst = false;
        // The file's rows move, and this index hears of it in the middle of its reading.
        await other.append(changes.slice(0, 10).map(({ id }) => ({ remove: id })));
        await other.compact();
        await idle();
        void pictures.refresh().catch(() => {});
      };
      if (what === 'vectorOf, gone') {
        store.beforeRead = undefined;
        await other.append([{ remove: 'picture 3' }]);
        await other.compact();
        await idle();
        await pictures.refresh();
      }
      assert.deepEqual(await read(pictures), wanted, what);
      store.beforeRead = undefined;
      await other.close();
      await pictures.close();
    }
  });

  test('a row that is damaged is no features of its content: the picture is taken out, to be read again', async () => {
    const store = new DiskStore();
    const pictures = await open(store, true);
    await pictures.apply(rowsOf(14, 9).map((vector, n) => ({ id: `${n}`, vector, hash: `hash ${n}` })));
    await pictures.apply([{ set: 'noted', value: 1 }]);
    store.files.get('index-1.likeness')![pictures.entries[4]!.at + 1]! ^= 1;
    await assert.rejects(pictures.vector('4'), { code: 'bad-file', message: /"4"/ });
    assert.equal(await pictures.vectorOf('hash 4'), undefined);
    assert.equal(pictures.position('4'), undefined);
    assert.deepEqual(pictures.report()!.damaged, ['4']);
    assert.ok(await pictures.vectorOf('hash 5'));
    await pictures.close();
  });

  test('rows that are not of length 1 are counted, whatever is added, replaced, removed and read anew', async () => {
    const random = seeded(15);
    for (const stored of [true, false]) {
      const store = stored ? new DiskStore() : undefined;
      let pictures = store
        ? await open(store, false)
        : new Pictures(await FlatIndex.create({ dimension: d }), undefined);
      await pictures.load();
      const list = new Map<string, boolean>();
      const rows = rowsOf(16, 60);
      for (let round = 0; round < 60; round++) {
        const id = `${Math.floor(30 * random())}`;
        if (random() < 0.3) {
          const gone = [...list.keys()].filter(() => random() < 0.2);
          await pictures.apply(gone.map((remove) => ({ remove })));
          for (const one of gone) list.delete(one);
        } else {
          const isLong = random() < 0.4;
          await pictures.apply([{ id, vector: rows[round]!.map((x) => (isLong ? 3 * x : x)) }]);
          list.set(id, isLong);
        }
        assert.equal(pictures.notNormalised, [...list.values()].filter(Boolean).length, `round ${round}`);
        if (store && round === 40) {
          await pictures.close();
          pictures = await open(store, false);
          assert.equal(pictures.notNormalised, null);
          await pictures.load();
        }
      }
      await pictures.close();
    }
  });

  test('where codes decide too little the rows come into memory', async () => {
    const store = new DiskStore();
    const normal = gaussian(seeded(3));
    const one = Float32Array.from({ length: d }, normal);
    // All but the same: no code tells them apart.
    const changes = Array.from({ length: 1000 }, (_, n) => ({
      id: `picture ${n}`,
      vector: one.map((value) => value + 1e-6 * normal()),
    }));
    const index = await IndexStore.open(store, { create: info(d) });
    const pictures = new Pictures(await FlatIndex.create({ dimension: d }), index, {
      createQuantised: (rows) => FlatIndex.create({ dimension: d, rows }),
      maxRowBytes: 4 * d * 900,
    });
    await pictures.apply(changes);
    const state = applied(empty, changes);
    const queries = [one, changes[5]!.vector];
    const wanted = reference(state, queries);
    assert.deepEqual(await answers(pictures, queries), wanted);
    assert.deepEqual(await answers(pictures, queries), wanted);
    assert.ok(!isOutside(pictures));
    assert.equal(textOf(state), textOf(applied(empty, changes)));
    await pictures.close();
  });
});
