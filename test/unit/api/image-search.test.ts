import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineHost, ImageSearchBase } from '../../../src/api/image-search.ts';
import type {
  EngineAdded,
  EngineItem,
  EngineQuery,
  EngineQueryOptions,
} from '../../../src/engine/call-types.ts';
import { emptyOptions, takenOf } from '../../support/odd-values.ts';

type Added = readonly EngineItem<string>[];

/** A search over an engine that notes what it is asked. */
class NotedSearch extends ImageSearchBase {
  constructor(host: EngineHost<string>) {
    super(host);
  }
}

function noted(add: (items: Added) => Promise<void> = async () => {}) {
  const asked = {
    added: [] as Added[],
    queries: [] as [readonly EngineQuery<string>[], EngineQueryOptions][],
    removed: [] as string[],
  };
  let pictures = 0;
  const none = async (): Promise<never> => {
    throw new Error('not asked');
  };
  const search = new NotedSearch({
    engine: {
      add: async (items): Promise<EngineAdded> => {
        asked.added.push(items);
        await add(items);
        pictures += items.length;
        return { added: items.length, replaced: 0, unchanged: 0, extracted: 0, size: pictures, failed: [] };
      },
      query: async (queries, options) => {
        asked.queries.push([queries, options]);
        return queries.map(() => []);
      },
      distances: none,
      remove: async (ids) => asked.removed.push(...ids),
      has: none,
      watch: none,
      extract: none,
      explain: none,
      entries: async () => ({ entries: ['a', 'b', 'c'].map((id) => ({ id })), size: 3 }),
      loadNetwork: none,
      whenLoaded: none,
      compact: none,
      reorder: none,
      vector: none,
      features: none,
      report: none,
      save: none,
      export: none,
      import: none,
      duplicates: none,
      map: none,
      close: async () => {},
    },
    storeName: (): never => {
      throw new Error('not asked');
    },
    size: 0,
    running: { batchSize: 1, threads: 2, where: 'memory' },
    hold: (image) => async () => String(image),
    dispose: () => {},
  });
  return { search, asked };
}

const vector = Float32Array.of(1, 0);
const refused = { name: 'LikenessError', code: 'bad-argument' };

test('a chunk that fails is told of, whatever ends at the same moment', async () => {
  for (const failing of [0, 1, 2, 3, 5]) {
    // All that are under way end in one go.
    let waiting: (() => void)[] = [];
    const { search, asked } = noted(async ([item]) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        setTimeout(() => {
          for (const end of waiting.splice(0)) end();
        });
      });
      if (item!.id === `${failing}`) throw new Error(`${failing} failed`);
    });
    const items = Array.from({ length: 6 }, (_, n) => ({ id: `${n}`, vector }));
    await assert.rejects(search.add(items), { message: `${failing} failed` }, `item ${failing}`);
    assert.equal(search.size, asked.added.length - 1, 'the size is that of what was added');
    waiting = [];
  }
});

test('what is added, removed and asked is what was given at the call', async () => {
  const { search, asked } = noted();
  const shared = typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(24) : new SharedArrayBuffer(24);
  const large = new Float32Array(shared);
  large.set([9, 9, 1, 0, 9, 9]);
  const meta = { title: 'first', tags: ['a'], at: { x: 1 } };
  const items = [
    { id: 'one', vector: large.subarray(2, 4), meta },
    { id: 'two', vector: Float32Array.of(0, 1), meta },
    { id: 'three', vector: Float32Array.of(0, 1) },
    { id: 'four', vector: Float32Array.of(0.6, 0.8) },
  ];
  const adding = search.add(items);
  for (const item of items) {
    item.vector.fill(7);
    item.id = 'other';
  }
  meta.title = 'second';
  meta.tags.push('b');
  meta.at.x = 2;
  items.length = 1;
  await adding;
  const there = { title: 'first', tags: ['a'], at: { x: 1 } };
  assert.deepEqual(asked.added.flat(), [
    { id: 'one', meta: there, vector: Float32Array.of(1, 0) },
    { id: 'two', meta: there, vector: Float32Array.of(0, 1) },
    { id: 'three', meta: undefined, vector: Float32Array.of(0, 1) },
    { id: 'four', meta: undefined, vector: Float32Array.of(0.6, 0.8) },
  ]);
  for (const item of asked.added.flat()) {
    const held = (item as { vector: Float32Array }).vector;
    assert.equal(held.buffer.byteLength, 8, 'nothing else is posted with it');
    assert.ok(held.buffer instanceof ArrayBuffer);
  }

  const [query, exclude, filter] = [Float32Array.of(1, 0), ['a'], ['b']];
  const options = { k: 3, exclude, filter };
  const querying = search.query(query, options);
  query.fill(7);
  exclude.push('x');
  filter.push('y');
  options.k = 9;
  await querying;
  const [queries, posted] = asked.queries[0]!;
  assert.deepEqual(queries, [{ vector: Float32Array.of(1, 0) }]);
  assert.deepEqual([posted.k, posted.exclude, posted.filter], [3, ['a'], ['b']]);
  await search.query(vector, { filter: (id) => id > 'a' });
  assert.deepEqual(asked.queries[1]![1].filter, ['b', 'c']);
});

test('arguments of another kind are refused, and nothing is done', async () => {
  const { search, asked } = noted();
  const item = { id: 'a', vector };
  for (const wrong of ['v1', 7, null, undefined, { v1: true }, [1], ['a', undefined], vector]) {
    await assert.rejects(search.remove(wrong as never), { ...refused, message: /remove takes/ });
  }
  for (const wrong of [
    'photo.jpg',
    item,
    null,
    vector,
    [item, null],
    [item, 'a'],
    [item, { id: '', vector }],
    [item, { id: 7, vector }],
    [item, { id: 'b' }],
    [item, { id: 'b', image: undefined }],
    [item, { id: 'b', vector, meta: { at: Number.NaN } }],
  ]) {
    await assert.rejects(search.add(wrong as never), refused, JSON.stringify(wrong));
  }
  for (const wrong of [{ signal: {} }, { onProgress: 'yes' }]) {
    await assert.rejects(search.add([item], wrong as never), refused);
    await assert.rejects(search.query(vector, wrong as never), refused);
    await assert.rejects(search.extract('a.jpg', wrong as never), refused);
  }
  for (const wrong of [
    { k: 0 },
    { k: 2.5 },
    { k: Number.NaN },
    { k: '3' },
    { k: null },
    { maxDistance: -1 },
    { maxDistance: Number.NaN },
    { maxDistance: '1' },
    { exclude: 'abc' },
    { exclude: [1] },
    { exclude: 1 },
    { filter: 'abc' },
    { filter: [{ id: 'a' }] },
    { filter: async () => false },
    { filter: async () => Promise.reject(new Error('never told')) },
  ]) {
    await assert.rejects(search.query(vector, wrong as never), refused, JSON.stringify(wrong));
    await assert.rejects(search.queryMany([vector], wrong as never), refused, JSON.stringify(wrong));
  }
  for (const wrong of ['photo.jpg', vector, new Uint8Array(3), null]) {
    await assert.rejects(search.queryMany(wrong as never), { ...refused, message: /takes a list/ });
  }
  await assert.rejects(search.vector(7 as never), refused);
  assert.deepEqual(asked, { added: [], queries: [], removed: [] });
});

test('options are an object or left out, and each of them is of its kind', async () => {
  const item = { id: 'a', vector };
  const calls = {
    add: (search: NotedSearch, options: never) => search.add([item], options),
    query: (search: NotedSearch, options: never) => search.query(vector, options),
    queryMany: (search: NotedSearch, options: never) => search.queryMany([vector], options),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { search } = noted();
    assert.deepEqual(
      await takenOf(name, (odd) => call(search, odd), 'bad-argument'),
      emptyOptions,
      `${name}: 5 for { k: 5 } would be passed over in silence`,
    );
    await assert.rejects(call(search, 5 as never), { message: /object, e.g. {.*}; it got 5\.$/ });
    for (const option of name === 'add'
      ? ['signal', 'onProgress']
      : ['signal', 'k', 'exclude', 'maxDistance']) {
      const taken = await takenOf(
        `${name} ${option}`,
        (odd) => call(search, { [option]: odd } as never),
        'bad-argument',
      );
      const right: Record<string, string[]> = {
        signal: ['undefined', 'signal'],
        onProgress: ['undefined', 'function', 'async function'],
        k: ['undefined', 'five'],
        maxDistance: ['undefined', 'zero', 'five', 'half', 'Infinity'],
        exclude: ['undefined', 'list', 'list of texts', 'set'],
      };
      assert.deepEqual(taken, right[option], `${name} ${option}`);
    }
  }
});

test('a vector is a Float32Array: other numbers are refused by name', async () => {
  const { search, asked } = noted();
  for (const wrong of [
    [1, 0],
    Float64Array.of(1, 0),
    new DataView(new ArrayBuffer(8)),
    'a',
    Symbol('a'),
    () => {},
  ]) {
    const { added, failed } = await search.add([{ id: 'a', vector: wrong as never }]);
    assert.equal(added, 0);
    assert.equal(failed[0]?.error.code, 'bad-argument');
    assert.match(failed[0]?.error.message, /^The feature vector is .*; it has to be a Float32Array/);
  }
  for (const wrong of [[1, 0], Float64Array.of(1, 0)]) {
    await assert.rejects(search.query(wrong as never), { ...refused, message: /has to be a Float32Array/ });
    await assert.rejects(search.queryMany([vector, wrong] as never), refused);
  }
  assert.deepEqual(asked.added.flat(), [], 'nothing of it is posted: it may be what cannot be');
  assert.deepEqual(asked.queries, []);
});
