// The calls of ImageSearch, the same in this process and through a worker: filters by metadata, changes, progress, aborts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageSearch as Search } from '../../src/api/image-search.node.ts';
import type { Json } from '../../src/base/json.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { MemoryStore } from '../../src/store/media/store.memory.ts';
import type { Store } from '../../src/types.ts';
import { seeded } from './random.ts';

interface Library {
  ImageSearch: { open(options?: { store?: Store }): Promise<Search> };
}

const d = 512;

function vector(seed: number): Float32Array {
  const random = seeded(seed);
  const values = Float32Array.from({ length: d }, () => random());
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

const metas: Record<string, Json | undefined> = {
  red: { colour: 'red', year: 2019, camera: { make: 'Canon', 'f.max': 2 }, tags: ['a', 'b'] },
  blue: { colour: 'blue', year: 2021, taken: '2021-03-01', camera: { make: 'Nikon' }, tags: ['b'] },
  green: { colour: 'green', year: '2021', 'camera.make': 'Leica', tags: [] },
  plain: 'red',
  list: ['red'],
  nothing: undefined,
  none: { colour: null, sold: false, year: 0 },
};

/** What takes part, by the filter. */
const filters: [filter: Record<string, unknown>, ids: string][] = [
  [{}, 'blue green list none nothing plain red'],
  [{ colour: 'red' }, 'red'],
  [{ colour: ['red', 'blue', 'pink'] }, 'blue red'],
  [{ colour: [] }, ''],
  [{ colour: null }, 'none'],
  [{ sold: false }, 'none'],
  [{ sold: [true, null] }, ''],
  [{ year: 0 }, 'none'],
  [{ year: { min: 2019 } }, 'blue red'],
  [{ year: { max: 2020 } }, 'none red'],
  [{ year: { min: 1, max: 2019 } }, 'red'],
  [{ year: { min: '2000' } }, 'green'],
  [{ year: { min: 3000, max: 1 } }, ''],
  [{ taken: { min: '2021-02', max: '2021-04' } }, 'blue'],
  [{ taken: { min: '2021-02', max: undefined } }, 'blue'],
  [{ 'camera.make': 'Canon' }, 'red'],
  [{ 'camera.make': ['Nikon', 'Leica'] }, 'blue green'],
  [{ 'camera.f.max': 2 }, 'red'],
  [{ camera: 'Canon' }, ''],
  [{ tags: 'b' }, 'blue red'],
  [{ tags: ['a', 'x'], year: { min: 2000 } }, 'red'],
  [{ tags: 'b', colour: 'green' }, ''],
  [{ length: { min: 0 } }, ''],
  [{ toString: 'x', constructor: 'y' }, ''],
  [{ 'constructor.name': 'Object' }, ''],
];

const refusedFilters: [filter: unknown, message: RegExp][] = [
  [{}, /without "meta"/],
  [{ colour: 'red' }, /with "colour"/],
  [{ meta: { a: 1 }, ids: ['a'] }, /with "ids"/],
  [{ meta: null }, /filter\.meta/],
  [{ meta: 'red' }, /filter\.meta/],
  [{ meta: [] }, /filter\.meta/],
  [{ meta: { a: undefined } }, /filter\.meta\['a'\] is undefined/],
  [{ meta: { a: Number.NaN } }, /filter\.meta\['a'\] is NaN/],
  [{ meta: { a: Number.POSITIVE_INFINITY } }, /filter\.meta\['a'\]/],
  [{ meta: { a: 1n } }, /filter\.meta\['a'\]/],
  [{ meta: { a: () => true } }, /filter\.meta\['a'\] is a function/],
  [{ meta: { a: new Date() } }, /filter\.meta\['a'\]/],
  [{ meta: { a: [[1]] } }, /An item of filter\.meta\['a'\]/],
  [{ meta: { a: [Number.NaN] } }, /An item of filter\.meta\['a'\]/],
  [{ meta: { a: {} } }, /filter\.meta\['a'\]/],
  [{ meta: { a: { min: undefined } } }, /filter\.meta\['a'\]/],
  [{ meta: { a: { min: 1, max: '2' } } }, /filter\.meta\['a'\] is { min: 1, max: "2" }/],
  [{ meta: { a: { from: 1 } } }, /filter\.meta\['a'\] is { from: 1 }/],
  [{ meta: { a: { min: 1, below: 2 } } }, /filter\.meta\['a'\]/],
  [{ meta: { a: { make: 'Canon' } } }, /'outer\.inner'/],
  [{ meta: { a: { min: null } } }, /filter\.meta\['a'\]/],
  [new Uint8Array(3), /filter/],
  [7, /filter/],
];

/** As an old polyfill makes it: of no class of the platform, without `throwIfAborted`; `reason` is there when it was given. */
function polyfilledSignal(): { signal: AbortSignal; abort(reason?: Error): void } {
  const target = new EventTarget();
  const signal = {
    aborted: false,
    reason: undefined as unknown,
    addEventListener: (type: string, listener: () => void) => target.addEventListener(type, listener),
    removeEventListener: (type: string, listener: () => void) => target.removeEventListener(type, listener),
  };
  return {
    signal: signal as never,
    abort(reason) {
      signal.aborted = true;
      signal.reason = reason;
      target.dispatchEvent(new Event('abort'));
    },
  };
}

/** A file of an index of this model with so many pictures. */
async function largeIndex(search: Search, count: number): Promise<Blob> {
  const { dimension, ...model } = (await search.report()).model;
  const create = { model, dimension, parity: null };
  const index = await IndexStore.open(new MemoryStore('large'), { create });
  const random = seeded(3);
  for (let n = 0; n < count; ) {
    const changes = Array.from({ length: 2000 }, () => {
      const row = Float32Array.from({ length: d }, () => random() / 12);
      return { id: `p${n++}`, vector: row };
    });
    await index.append(changes);
  }
  const parts: BlobPart[] = [];
  for await (const part of index.exported().parts) parts.push(part.slice());
  await index.close();
  return new Blob(parts);
}

export function callsSuite({ ImageSearch }: Library): void {
  test('a filter by metadata: values, sets, ranges, keys in keys, lists', async () => {
    const search = await ImageSearch.open();
    await search.add(Object.entries(metas).map(([id, meta], n) => ({ id, meta, vector: vector(n) })));
    for (const [meta, ids] of filters) {
      const hits = await search.query(vector(50), { filter: { meta: meta as never } });
      const found = hits.map(({ id }) => id).sort();
      assert.equal(found.join(' '), ids, JSON.stringify(meta));
    }
    const filter = { meta: { colour: ['red', 'blue'] } };
    const asking = search.query(vector(50), { filter, exclude: ['red'], k: 9 });
    filter.meta.colour.length = 0;
    assert.deepEqual(
      (await asking).map(({ id }) => id),
      ['blue'],
      'as it was at the call',
    );
    for (const [wrong, message] of refusedFilters) {
      await assert.rejects(search.query(vector(1), { filter: wrong as never }), {
        code: 'bad-argument',
        message,
      });
    }
    const seen: unknown[] = [];
    const hits = await search.query(vector(50), {
      filter(id, meta) {
        seen.push([id, meta]);
        return id.length > 4;
      },
    });
    assert.deepEqual(seen, Object.entries(metas), 'a predicate sees ids and metadata');
    assert.deepEqual(hits.map(({ id }) => id).sort(), ['green', 'nothing', 'plain']);
    await search.close();
  });

  test('has, and what changes: by this object, and by others when it is read', async () => {
    const store = new MemoryStore('shared');
    const [one, two] = [await ImageSearch.open({ store }), await ImageSearch.open({ store })];
    const told = { one: [] as number[], two: [] as number[] };
    const stop = one.onChange(({ size }) => told.one.push(size));
    two.onChange(({ size }) => told.two.push(size));
    assert.throws(() => one.onChange('yes' as never), { code: 'bad-argument' });
    assert.equal(await one.has('a'), false);
    assert.deepEqual(told, { one: [], two: [] }, 'nothing has changed');
    await one.add([{ id: 'a', vector: vector(1) }]);
    assert.equal(await one.has('a'), true);
    assert.deepEqual(told.one, [1]);
    assert.deepEqual(told.two, [], 'nobody has read it');
    assert.equal(await two.has('a'), true);
    assert.deepEqual(told.two, [1]);
    await one.remove(['a', 'b']);
    await one.remove(['b']);
    assert.deepEqual(told.one, [1, 0]);
    assert.equal(one.size, 0);
    stop();
    stop();
    await one.add([{ id: 'c', vector: vector(2) }]);
    assert.equal(await two.has('c'), true);
    assert.deepEqual(told, { one: [1, 0], two: told.two });
    assert.equal(told.two.at(-1), 1);
    await assert.rejects(one.has(7 as never), { code: 'bad-argument' });
    await one.close();
    await two.close();
    assert.throws(() => two.onChange(() => {}), { code: 'closed' });
    await assert.rejects(two.has('c'), { code: 'closed' });
  });

  test('long calls tell how far they are, and an abort leaves everything as it was', async () => {
    const count = 20_000;
    const memory = await ImageSearch.open();
    const file = await largeIndex(memory, count);
    const store = new MemoryStore('kept');
    const search = await ImageSearch.open({ store });
    await search.add([{ id: 'before', vector: vector(7) }]);
    await memory.add([{ id: 'before', vector: vector(7) }]);

    type Options = Parameters<Search['export']>[0];
    /** Files that save writes to. */
    let target = new MemoryStore('target');
    const calls: [name: string, phases: string, call: (options: Options) => Promise<unknown>][] = [
      ['import', 'read write', (options) => search.import(file, options)],
      ['import to memory', 'read', (options) => memory.import(file, options)],
      ['query', 'read', (options) => search.query(vector(7), options)],
      ['features', '', (options) => search.features(options)],
      ['export', 'read', (options) => search.export(options)],
      ['compact', 'write', (options) => search.compact(options)],
      ['save', 'write', (options) => search.save(target, options)],
    ];
    const states = async (): Promise<unknown> => {
      const [kept, held] = [await search.entries(), await memory.entries()];
      return [kept.length, kept[0]?.id, held.length, held[0]?.id, (await target.list()).length];
    };
    for (const [name, phases, call] of calls) {
      // Whatever comes first: told of some progress, or nothing to tell of.
      const before = await states();
      const reason = new Error(`enough of ${name}`);
      await assert.rejects(call({ signal: AbortSignal.abort(reason) }), reason);
      for (const phase of phases.split(' ').filter(Boolean)) {
        const control = new AbortController();
        const ended = call({
          signal: control.signal,
          onProgress: (progress) => progress.phase === phase && control.abort(reason),
        });
        assert.equal(await ended.catch((error) => error), reason, `${name} in ${phase}`);
        const thrown = new Error('in onProgress');
        const failed = call({
          onProgress(progress) {
            if (progress.phase === phase) throw thrown;
          },
        });
        assert.equal(await failed.catch((error) => error), thrown, `${name} in ${phase}`);
        if (name === 'save') {
          // A new store has its first file; no pictures are in it.
          const there = await IndexStore.open(target);
          assert.equal(there.entries.length, 0);
          await there.close();
          target = new MemoryStore('target');
        }
        assert.deepEqual(await states(), before, `${name} in ${phase}`);
      }
      const told: [string, number, number][] = [];
      await call({ onProgress: ({ phase, done, total }) => told.push([phase, done, total]) });
      assert.deepEqual([...new Set(told.map(([phase]) => phase))].join(' '), phases, name);
      for (const phase of new Set(told.map(([phase]) => phase))) {
        const steps = told.filter(([each]) => each === phase);
        assert.ok(steps.length > 1, `${name}: ${phase} is told several times`);
        assert.ok(
          steps.every(([, done], at) => at === 0 || done > steps[at - 1]![1]),
          `${name}: it rises`,
        );
        assert.deepEqual(steps.at(-1)!.slice(1), [count, count], `${name}: to the end`);
      }
    }
    assert.equal(search.size, count);
    const saved = await ImageSearch.open({ store: target });
    assert.equal(saved.size, count);
    for (const each of [saved, search, memory]) await each.close();
  });

  test('a picture that is extracted is told of', async () => {
    const search = await ImageSearch.open();
    const image = { width: 8, height: 8, rgba: new Uint8Array(256).fill(200), mode: 'RGB' as const };
    await search.add([{ id: 'a', image }]);
    const calls: [pictures: number, call: (options: Parameters<Search['query']>[1]) => Promise<unknown>][] = [
      [1, (options) => search.extract(image, options)],
      [1, (options) => search.query(image, options)],
      [3, (options) => search.queryMany([image, vector(1), image, image], options)],
    ];
    for (const [total, call] of calls) {
      const told: unknown[] = [];
      await call({ onProgress: (progress) => told.push(progress) });
      assert.deepEqual(told.at(-1), { phase: 'extract', done: total, total });
      const thrown = new Error('in onProgress');
      const failed = call({
        onProgress() {
          throw thrown;
        },
      });
      assert.equal(await failed.catch((error) => error), thrown);
    }
    await search.close();
  });

  test('a signal that is none of this realm acts as one of this realm', async () => {
    const search = await ImageSearch.open();
    const file = await largeIndex(search, 10_000);
    for (const name of ['import', 'export', 'query', 'add', 'extract'] as const) {
      const foreign = polyfilledSignal();
      const { signal } = foreign;
      const image = { width: 8, height: 8, rgba: new Uint8Array(256), mode: 'RGB' as const };
      const call = {
        import: () => search.import(file, { signal }),
        export: () => search.export({ signal }),
        query: () => search.query(image, { signal }),
        add: () => search.add([{ id: 'a', image }], { signal }),
        extract: () => search.extract(image, { signal }),
      }[name];
      await call();
      const ended = call();
      foreign.abort();
      await assert.rejects(ended, { name: 'AbortError' }, name);
      await assert.rejects(call(), { name: 'AbortError' }, `${name}, aborted before`);
    }
    const { signal, abort } = polyfilledSignal();
    const opening = ImageSearch.open({ signal } as object);
    abort(new Error('enough'));
    await assert.rejects(opening, { message: 'enough' });
    for (const wrong of [{ aborted: false }, { addEventListener() {} }, { throwIfAborted() {} }]) {
      await assert.rejects(search.features({ signal: wrong as never }), { code: 'bad-argument' });
    }
    await search.close();
  });

  test('a call that waits for its turn can be aborted at once', async () => {
    const search = await ImageSearch.open();
    const file = await largeIndex(search, 10_000);
    const importing = search.import(file);
    const control = new AbortController();
    const order: string[] = [];
    const waiting = search
      .query(vector(1), { signal: control.signal })
      .catch((error) => order.push(error.message));
    control.abort(new Error('no more'));
    await Promise.all([importing.then(() => order.push('imported')), waiting]);
    assert.deepEqual(order, ['no more', 'imported']);
    assert.equal((await search.query(vector(1), { k: 3 })).length, 3);
    await search.close();
  });
}
