import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkOpen } from '../../src/api/arguments.ts';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import type { OpenOptions } from '../../src/api/options.ts';
import { openRemote } from '../../src/api/remote/open.ts';
import { LikenessError } from '../../src/base/errors.ts';
import { type StartedApi, startApi, token } from '../support/api-server.ts';
import { samples } from '../support/cli.ts';
import { unitVector } from '../support/index-folder.ts';

const photo = (name: string): string => join(samples, `${name}.jpeg`);
const ids = ['A001', 'A002', 'B001', 'C001'];
// The last two are longer than a server takes in an address.
const long = ['日'.repeat(5000), '\ud800'.repeat(5000)];
const oddIds = ['a/b/c', '..', '.', '%', 'ä ö', '日本', 'a?b#c', '//', 'a+b&c=', '\ufeffmark', ...long];

let folder: string;
let api: StartedApi;
let own: ImageSearch;
const open = (options: OpenOptions = {}): Promise<ImageSearch> =>
  ImageSearch.open({ server: { url: `${api.url}/`, token }, ...options });
const is = (code: string, words: RegExp) => (error: unknown) =>
  (error instanceof LikenessError && error.code === code && words.test(error.message)) ||
  assert.fail(`${error}`);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-remote-'));
  own = await ImageSearch.open({ store: `file:${join(folder, 'index')}` });
  await own.add([
    ...ids.map((id, n) => ({ id, image: photo(id), meta: { n, kind: n % 2 ? 'odd' : 'even' } })),
    ...oddIds.map((id, n) => ({ id, vector: unitVector(n) })),
  ]);
  // The server opens its own; two processes may have the same index open, one of them writes.
  const copy = `file:${join(folder, 'copy')}`;
  await own.save(copy);
  api = await startApi(join(folder, 'copy'), { limits: { page: 4 } });
});
after(async () => {
  await api?.close();
  await own?.close();
  await rm(folder, { recursive: true, force: true });
});

test('a search over a server answers as one over the index itself: pictures, vectors, ids, several, options', async () => {
  await using search = await open();
  assert.equal(search.size, ids.length + oddIds.length);
  const vector = unitVector(3);
  for (const [query, options] of [
    [photo('F001'), { k: 4 }],
    [photo('F001'), { k: 3, region: { x: 10, y: 10, width: 90, height: 80 } }],
    [vector, { k: 5, offset: 3 }],
    [vector, { k: 9, exclude: ['..', 'A001'], maxDistance: 1.42 }],
    [vector, { k: 2, maxDistance: Number.MAX_VALUE }],
    [vector, { k: 2, maxDistance: Number.MIN_VALUE }],
    [{ id: 'A001' }, { filter: { meta: { kind: 'odd', n: { min: 2 } } } }],
    [{ id: '日本' }, { k: 40, filter: [...ids, ...oddIds.slice(2)] }],
    [[{ id: 'A001' }, { id: '..' }], { k: 6 }],
    [[{ image: photo('F001') }, { vector, weight: -0.3 }], { k: 6 }],
    [[{ id: 'A001' }, { id: '日本', weight: -0.4 }], { k: 9, offset: 1 }],
    [
      [
        { id: '..', weight: 0.2 },
        { image: photo('F001'), weight: 3 },
        { vector, weight: -1 },
      ],
      { k: 30 },
    ],
    [[{ id: 'A001', weight: 0.5 }], { k: 2 }],
  ] as const) {
    const hits = await search.query(query, options);
    assert.deepEqual(hits, await own.query(query, options), JSON.stringify(options));
    assert.equal(hits.exact, true);
  }
  const many = [vector, { id: 'B001' }, photo('F001')];
  assert.deepEqual(await search.queryMany(many, { k: 3 }), await own.queryMany(many, { k: 3 }));
  assert.deepEqual(await search.extract(photo('F001')), await own.extract(photo('F001')));
  const plain = (await own.entries()).map(({ hash, ...entry }) => entry);
  const told = (await search.entries()).map(({ hash, ...entry }) => entry);
  assert.deepEqual(told, plain);
  const page = (await search.entries({ offset: 5, limit: 6 })).map(({ id }) => id);
  assert.deepEqual(
    page,
    plain.slice(5, 11).map(({ id }) => id),
  );
  for (const id of [...ids, ...oddIds]) assert.equal(await search.has(id), true, id);
  for (const id of ['nobody', `${long[0]}x`]) assert.equal(await search.has(id), false);
  await assert.rejects(search.query({ id: 'nobody' }), is('not-found', /nobody/));
  await assert.rejects(search.query({ id: `${long[0]}x` }), is('not-found', /^.{0,100}"日{100}…" is/));
  const withNobody = [{ id: 'A001' }, { id: 'nobody', weight: -1 }];
  await assert.rejects(search.query(withNobody), is('not-found', /nobody/));
  const cancelled = [{ id: 'A001' }, { id: 'A001', weight: -1 }];
  await assert.rejects(search.query(cancelled), is('bad-argument', /cancel/));
  await assert.rejects(search.query(vector, { filter: () => true }), is('unsupported', /function/));
  await assert.rejects(search.query(join(folder, 'none.jpg')), is('not-found', /none\.jpg/));
  await assert.rejects(search.query(vector, { k: 100_000 }), is('bad-argument', /k/));
});

test('a query without k takes what the server gives, where that is less; a k of one’s own is refused', async () => {
  const few = await startApi(api.engine, { limits: { k: 5, depth: 40, page: 4 } });
  try {
    await using search = await open({ server: { url: few.url, token }, network: 'lazy' });
    const vector = unitVector(3);
    for (const query of [vector, { id: 'A001' }, [{ id: 'A001' }, { vector, weight: -0.3 }]]) {
      const hits = await search.query(query);
      assert.deepEqual(hits, await own.query(query, { k: 5 }));
      await assert.rejects(
        search.query(query, { k: 6 }),
        is('bad-argument', /k is 6; this server gives up to 5/),
      );
      // With a filter that is too long for an address, too.
      assert.equal((await search.query(query, { filter: [...ids, ...oddIds] })).length, 5);
    }
    assert.equal((await search.queryMany([vector, { id: 'A001' }])).flat().length, 10);
    // The last page that there may be is shorter.
    assert.equal((await search.query(vector, { offset: 12 })).length, own.size - 12);
    for (const offset of [36, 39]) assert.deepEqual([...(await search.query(vector, { offset }))], []);
    await assert.rejects(
      search.query(vector, { offset: 40 }),
      is('bad-argument', /k \+ offset is 41; .*up to 40/),
    );
    const told = await search.entries({ limit: 9 });
    assert.equal(told.length, 9);
  } finally {
    await few.server.close();
  }
});

test('in a page the server’s model is asked for where it is, unless it is the one of this package', async () => {
  const asked: string[] = [];
  for (const [fingerprint, url, inPage, wanted] of [
    ['vgg16@1:0123456789abcdef', '../models/vgg16/', true, ['/models/vgg16/', 'vgg16']],
    ['vgg16@1:0123456789abcdef', '../models/vgg16/', false, ['vgg16', '/models/vgg16/']],
    ['vgg16@1:0123456789abcdef', null, true, ['vgg16']],
    ['vgg16-compact@9:0123456789abcdef', '../models/x/', true, ['vgg16-compact', '/models/x/']],
  ] as const) {
    const engine = new Proxy(api.engine, {
      get: (target, name) => {
        if (name === 'fingerprint') return fingerprint;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const server = await startApi(engine, { model: { name: 'any', version: null, url } });
    try {
      const opened = openRemote(checkOpen({ server: server.url }), {
        base: inPage ? 'https://shop.example/' : undefined,
        hold: () => async () => undefined,
        openModel: async (model) => {
          asked.push(String(model).replace(/^http:\/\/[^/]*/, ''));
          throw new LikenessError('not-found', 'It is not here.');
        },
      });
      await assert.rejects(opened, is('not-found', /It is not here/));
      assert.deepEqual(asked.splice(0), wanted);
    } finally {
      await server.server.close();
    }
  }
});

test('pictures and vectors are added and removed with the token, and with no other', async () => {
  await using search = await open({ network: 'lazy' });
  const changes: number[] = [];
  search.onChange(({ size }) => changes.push(size));
  const before = search.size;
  const report = await search.add([
    { id: 'new', image: photo('G001'), meta: { title: 'neu' } },
    { id: 'none', image: join(folder, 'none.jpg') },
    { id: 'A001', image: photo('A001') },
  ]);
  assert.deepEqual(
    { ...report, failed: report.failed.map(({ id, error }) => [id, error.code]) },
    { added: 1, replaced: 1, unchanged: 0, extracted: 2, failed: [['none', 'not-found']] },
  );
  assert.equal(search.size, before + 1);
  const [hit] = await search.query(photo('G001'), { k: 1 });
  assert.deepEqual(hit, { id: 'new', distance: 0, meta: { title: 'neu' } });
  assert.equal(await search.remove(['new', 'nobody', '..']), 2);
  assert.equal(await search.has('..'), false);
  assert.equal(search.size, before - 1);
  assert.ok(changes.length > 0);

  for (const [server, code] of [
    [api.url, 'read-only'],
    [{ url: api.url, token: 'guessed' }, 'access-denied'],
  ] as const) {
    await using other = await open({ server, network: 'lazy' });
    await assert.rejects(other.add([{ id: 'x', vector: unitVector(1) }]), is(code, /token/));
    await assert.rejects(other.remove(['A001']), is(code, /token/));
    assert.equal(await other.has('A001'), true);
  }
});

test('many calls at once raise no warning of a leak', async () => {
  const warnings: string[] = [];
  const note = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', note);
  await using search = await open({ network: 'lazy' });
  const calls = Array.from({ length: 40 }, (_, n) => search.query(unitVector(n), { k: 1 }));
  for (const hits of await Promise.all(calls)) assert.equal(hits.length, 1);
  await new Promise((go) => setImmediate(go));
  process.off('warning', note);
  assert.deepEqual(warnings, []);
});

test('the report says what searches, and the model is that of the server', async () => {
  await using search = await open({ network: 'lazy' });
  const report = await search.report();
  assert.equal(report.model.fingerprint, (await own.report()).model.fingerprint);
  assert.deepEqual([report.knn.backend, report.extractor, report.store], ['server', null, null]);
  assert.deepEqual(report.server, {
    url: api.url,
    engine: 'likeness',
    exact: true,
    recall: null,
    staleMs: 0,
    writable: true,
  });
});

test('another model is refused before anything is extracted; vectors and ids are searched without one', async () => {
  const { engine } = api;
  // The engine with another name of its model.
  const foreign = new Proxy(engine, {
    get: (target, name) => {
      if (name === 'fingerprint') return 'other-model@3:0123456789abcdef';
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const other = await startApi(foreign);
  try {
    const named = { server: other.url, model: 'vgg16-compact' };
    await assert.rejects(open(named), is('model-mismatch', /other-model@3.*vgg16-compact@/));
    await assert.rejects(open({ ...named, network: 'lazy' }), is('model-mismatch', /other-model@3/));
    await assert.rejects(open({ server: other.url }), is('not-found', /other-model/));
    await using search = await open({ server: other.url, network: 'lazy' });
    const vector = unitVector(2);
    assert.deepEqual((await search.query(vector, { k: 3 })).length, 3);
    assert.equal((await search.query({ id: 'A001' }, { k: 2 })).length, 2);
    await assert.rejects(
      search.query(photo('F001')),
      is('not-found', /vectors of other-model@3.*is not here: .*other-model.*network: 'lazy'/),
    );
  } finally {
    await other.server.close();
  }
});

test('a server that has an index of another model by now takes no vectors of the one before', async () => {
  let fingerprint: string | undefined;
  const engine = new Proxy(api.engine, {
    get: (target, name) => {
      if (name === 'fingerprint' && fingerprint) return fingerprint;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const server = await startApi(engine);
  try {
    await using search = await open({ server: { url: server.url, token } });
    fingerprint = 'other-model@3:0123456789abcdef';
    for (const item of [
      { id: 'mixed', image: photo('G001') },
      { id: 'mixed', vector: unitVector(1) },
    ])
      await assert.rejects(search.add([item]), is('model-mismatch', /vgg16-compact@.*other-model@3/));
    await assert.rejects(search.query(photo('G001')), is('model-mismatch', /other-model@3/));
    assert.equal(await search.has('mixed'), false);
  } finally {
    await server.server.close();
  }
});

test('open says what is wrong with a server, and a closed search ends its calls', async () => {
  await assert.rejects(open({ server: '/api' }), is('bad-argument', /absolute/));
  await assert.rejects(open({ store: 'file:x' }), is('bad-argument', /store/));
  await assert.rejects(open({ server: `${api.url}/none` }), is('not-found', /nothing at/));
  await assert.rejects(open({ server: 'http://localhost:9/api' }), is('server-failed', /cannot be reached/));
  const reason = new Error('enough');
  const aborted = open({ server: 'http://localhost:9/api', signal: AbortSignal.abort(reason) });
  await assert.rejects(aborted, reason);
  const search = await open({ network: 'lazy' });
  const query = search.query(unitVector(1));
  const ended = assert.rejects(query, is('closed', /closed/));
  await search.close();
  await ended;
  await assert.rejects(search.entries(), is('closed', /closed/));
});
