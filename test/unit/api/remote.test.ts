import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '../../../src/api/remote/address.ts';
import { readHealth } from '../../../src/api/remote/answers.ts';
import { Extractor } from '../../../src/api/remote/extractor.ts';
import { Http, type ServerRequest } from '../../../src/api/remote/http.ts';
import { RemoteEngine } from '../../../src/api/remote/remote-engine.ts';
import { LikenessError } from '../../../src/base/errors.ts';
import { rocchio } from '../../../src/engine/rocchio.ts';

const api = 'https://pictures.test/shop/api';
const fast = { attempts: 4, pauseMs: 1, stallMs: 200 };

interface Came {
  method: string;
  url: URL;
  headers: Headers;
  body: ArrayBuffer;
}
type Answer = Response | Error | 'never';

/** Runs with a network that answers by `answer`; tells what was asked. */
async function answering<T>(
  answer: (request: Came, count: number) => Answer,
  run: (came: Came[]) => Promise<T>,
): Promise<T> {
  const { fetch: real } = globalThis;
  const came: Came[] = [];
  globalThis.fetch = async (input, init) => {
    const { signal } = init ?? {};
    signal?.throwIfAborted();
    const request = {
      method: init?.method ?? 'GET',
      url: new URL(String(input)),
      headers: new Headers(init?.headers),
      body: await new Response(init?.body ?? '').arrayBuffer(),
    };
    came.push(request);
    const made = answer(request, came.length);
    if (made instanceof Error) throw made;
    if (made !== 'never') return made;
    signal?.throwIfAborted();
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  };
  try {
    return await run(came);
  } finally {
    globalThis.fetch = real;
  }
}

const json = (value: unknown, status = 200, headers = {}): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
const failure = (status: number, code: string, message: string, headers = {}): Response =>
  json({ error: { code, message } }, status, headers);
const is = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof LikenessError && error.code === code && words.test(error.message)
    ? true
    : assert.fail(`${error}`);

const http = (server: unknown = api): Http => new Http(addressOf(server, undefined), fast);
const ask = (server?: unknown, more: Partial<ServerRequest> = {}): Promise<unknown> =>
  http(server).ask({ path: 'health', ...more });

test('a server is named by a URL of any form', () => {
  const base = 'https://site.test/deep/page.html?x=1';
  for (const [given, wanted] of [
    ['https://a.test/api', 'https://a.test/api/query?k=5'],
    ['https://a.test/api///', 'https://a.test/api/query?k=5'],
    ['https://a.test', 'https://a.test/query?k=5'],
    ['/api', 'https://site.test/api/query?k=5'],
    ['api/', 'https://site.test/deep/api/query?k=5'],
    ['../v1/api#top', 'https://site.test/v1/api/query?k=5'],
    ['https://a.test/api/?shop=7&k2=a%20b', 'https://a.test/api/query?shop=7&k2=a+b&k=5'],
    [new URL('http://[::1]:8080/api'), 'http://[::1]:8080/api/query?k=5'],
    [{ url: ' /api ', token: 'abc' }, 'https://site.test/api/query?k=5'],
  ] as const) {
    const { href } = addressOf(given, base);
    assert.equal(href('query', new URLSearchParams({ k: '5' })), wanted);
  }
  assert.equal(addressOf('https://a.test/api/?key=secret', base).name, 'https://a.test/api');
  for (const given of [
    '',
    'ftp://a.test/',
    'https://',
    42,
    null,
    {},
    [api],
    { url: 5 },
    'https://me:pw@a.test/api',
  ])
    assert.throws(() => addressOf(given, base), is('bad-argument', /^server/));
  assert.throws(() => addressOf('/api', undefined), is('bad-argument', /in Node it is absolute/));
  for (const token of ['', 'a b', 'ü', 5, null])
    assert.throws(() => addressOf({ url: api, token }, base), is('bad-argument', /^server\.token/));
  assert.throws(() => addressOf({ url: api, tokn: 'x' }, base), is('bad-argument', /tokn/));
});

test('a busy server and a broken connection are asked again, as late as the server says', async () => {
  const answers: Answer[] = [
    failure(429, 'busy', 'Too many.', { 'Retry-After': '0.05' }),
    new TypeError('fetch failed'),
    new Response('{"status":"o', { headers: { 'Content-Type': 'application/json' } }),
    json({ status: 'ok' }),
  ];
  const begun = performance.now();
  await answering(
    (_, count) => answers[count - 1]!,
    async (came) => {
      assert.deepEqual(await ask(), { status: 'ok' });
      assert.equal(came.length, 4);
    },
  );
  assert.ok(performance.now() - begun >= 49, 'Retry-After was not waited for');
});

test('each refusal has a code of its own and says what to do; only what may change is asked again', async () => {
  const said = 'Words of the server.';
  for (const [answer, code, words, times] of [
    [() => failure(503, 'busy', said), 'server-failed', /answered 503: Words of the server\. Try again/, 4],
    [
      () => new Response('Bad gateway', { status: 502 }),
      'server-failed',
      /answered 502\. Try again later/,
      4,
    ],
    [() => failure(429, 'busy', said, { 'Retry-After': '900' }), 'server-failed', /again in 900 s/, 1],
    [() => failure(500, 'failed', said), 'server-failed', /failed \(500\)\. Words/, 1],
    [() => failure(401, 'unauthorised', said), 'access-denied', /wants its token and got none.*Words/, 1],
    [() => failure(403, 'read-only', said), 'read-only', /Words/, 1],
    [() => failure(403, 'unknown-host', said), 'server-failed', /Words/, 1],
    [() => failure(409, 'wrong-model', said), 'model-mismatch', /Words/, 1],
    [() => failure(422, 'bad-argument', said), 'bad-argument', /Words/, 1],
    [() => failure(413, 'too-large', said), 'bad-argument', /Words/, 1],
    [() => new Response('<h1>413</h1>', { status: 413 }), 'bad-argument', /too large/, 1],
    [() => failure(404, 'not-found', said), 'not-found', /Words/, 1],
    [() => new Response('<h1>no</h1>', { status: 404 }), 'server-failed', /answered 404 .*likeness serve/, 1],
    [
      () => new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html; charset=utf-8' } }),
      'server-failed',
      /answered text\/html, no JSON; is it the API of "likeness serve"/,
      1,
    ],
    [() => new TypeError('fetch failed'), 'server-failed', /cannot be reached: .*network/, undefined],
    [(): Answer => 'never', 'server-failed', /does not answer: nothing came for 0\.2 s/, 1],
  ] as const)
    await answering(answer, async (came) => {
      await assert.rejects(ask(), is(code, words));
      if (times !== undefined) assert.equal(came.length, times, `${words}`);
      else assert.ok(came.length >= 4);
    });
});

test('a call ends with its signal, and all of them when the search is closed', async () => {
  await answering(
    () => 'never',
    async () => {
      const patient = new Http(addressOf(api, undefined));
      const control = new AbortController();
      const aborted = patient.ask({ path: 'health', signal: control.signal });
      const closed = patient.ask({ path: 'health' });
      control.abort(new Error('enough'));
      await assert.rejects(aborted, /enough/);
      patient.close(new LikenessError('closed', 'This was closed.'));
      await assert.rejects(closed, is('closed', /closed/));
      await assert.rejects(patient.ask({ path: 'health' }), is('closed', /closed/));
    },
  );
  await answering(
    () => failure(503, 'busy', 'Busy.', { 'Retry-After': '15' }),
    async () => {
      const waiting = ask(api, { signal: AbortSignal.timeout(20) });
      await assert.rejects(waiting, { name: 'TimeoutError' });
    },
  );
});

test('the token goes with changes only', async () => {
  await answering(
    () => json({}),
    async (came) => {
      await ask({ url: api, token: 's3cret' });
      await ask({ url: api, token: 's3cret' }, { isChange: true, method: 'DELETE' });
      assert.deepEqual(
        came.map(({ headers }) => headers.get('authorization')),
        [null, 'Bearer s3cret'],
      );
    },
  );
});

const healthy = {
  status: 'ok',
  engine: 'lancedb',
  size: 3,
  dims: 2,
  fingerprint: 'm@1:0123456789abcdef',
  model: null,
  exact: false,
  recall: { value: 0.97, k: 30, queries: 50 },
  staleMs: 5000,
  limits: { k: 1000, page: 2, bodyBytes: 200 },
  extract: false,
  writable: true,
};

/** An engine over a server with three pictures. */
async function remote(server: unknown = { url: api, token: 't' }): Promise<RemoteEngine<string, string>> {
  const asked = http(server);
  const why = new LikenessError('model-mismatch', 'No model here.');
  return new RemoteEngine(asked, await readHealth(asked), new Extractor<string>(undefined, null, why));
}

const ids = ['a', 'b', 'c'];
function shop({ method, url, body }: Came): Response {
  const path = url.pathname.slice('/shop/api/'.length);
  const text = new TextDecoder().decode(body);
  if (path === 'health') return json(healthy);
  if (path === 'query') {
    return json({
      hits: [{ id: 'b', distance: 0.5, meta: { n: 1 } }],
      exact: false,
      recall: healthy.recall,
      size: 3,
    });
  }
  if (path === 'entries' && method === 'GET') {
    const [offset, limit] = [Number(url.searchParams.get('offset')), Number(url.searchParams.get('limit'))];
    const filter: string[] | null = JSON.parse(url.searchParams.get('filter') ?? 'null');
    const list = filter ? filter.filter((id) => id === '..') : ids;
    return json({
      entries: list.slice(offset, offset + limit).map((id) => ({ id })),
      offset,
      total: list.length,
    });
  }
  if (path === 'entries') return json({ removed: 1, size: 2 });
  if (path === 'add') return json({ added: JSON.parse(text).entries.length, replaced: 0, size: 9 });
  if (path.startsWith('entries/')) {
    const id = decodeURIComponent(path.slice('entries/'.length));
    return id === 'a/b?c#d%' ? json({ id }) : failure(404, 'not-found', 'No such picture.');
  }
  return failure(404, 'not-found', 'No such route.');
}

const vector = Float32Array.of(0.1, -0.2);

test('a vector is sent as its bytes with the options in the URL, with long ones as JSON', async () => {
  await answering(shop, async (came) => {
    const engine = await remote();
    const filter = { meta: { 'a&b': ['ü', 1, null], year: { min: 2 } } };
    const exclude = ['x&y', 'z'];
    const [hits] = await engine.query([{ vector }], { k: 7, offset: 2, maxDistance: 0.5, exclude, filter });
    assert.deepEqual(hits, [{ id: 'b', distance: 0.5, meta: { n: 1 } }]);
    assert.deepEqual([hits!.exact, hits!.recall], [false, healthy.recall]);
    const { url, headers, body } = came[1]!;
    assert.equal(headers.get('content-type'), 'application/octet-stream');
    assert.deepEqual(new Float32Array(body), vector);
    const { searchParams } = url;
    assert.deepEqual(searchParams.getAll('exclude'), exclude);
    assert.deepEqual(JSON.parse(searchParams.get('filter')!), filter);
    assert.deepEqual(
      ['k', 'offset', 'maxDistance'].map((name) => searchParams.get(name)),
      ['7', '2', '0.5'],
    );

    const many = Array.from({ length: 2000 }, (_, n) => `picture-${n}`);
    for (const long of [{ exclude: many }, { filter: many }, { exclude: ['\ud800'] }]) {
      await engine.query([{ vector }], { k: 1, maxDistance: Infinity, ...long });
      const { url: plain, headers: own, body: text } = came.at(-1)!;
      assert.deepEqual([plain.search, own.get('content-type')], ['', 'application/json']);
      const sent = JSON.parse(new TextDecoder().decode(text));
      assert.deepEqual(sent, { vector: Array.from(vector), k: 1, ...long });
      assert.deepEqual(Float32Array.from(sent.vector), vector);
    }
  });
});

test('several vectors become one by Rocchio’s formula, ids are sent as ids, and the server puts together what needs its vectors', async () => {
  await answering(shop, async (came) => {
    const engine = await remote();
    const other = Float32Array.of(1, 1);
    await engine.query([{ vector }, { vector: other }], { k: 1, weights: [[1, -0.5]] });
    assert.deepEqual(new Float32Array(came.at(-1)!.body), rocchio([vector, other], [1, -0.5]));
    const both = [{ id: 'a' }, { id: 'b' }];
    await engine.query(both, { k: 1, weights: [[2, 2]] });
    assert.deepEqual(JSON.parse(new TextDecoder().decode(came.at(-1)!.body)), { ids: ['a', 'b'], k: 1 });
    const mixed = [{ id: 'a' }, { vector }, { id: '\ud800' }];
    await engine.query(mixed, { k: 2, weights: [[1, -0.5, 2]], filter: { meta: { colour: 'red' } } });
    assert.deepEqual(JSON.parse(new TextDecoder().decode(came.at(-1)!.body)), {
      pictures: [
        { id: 'a', weight: 1 },
        { vector: Array.from(vector), weight: -0.5 },
        { id: '\ud800', weight: 2 },
      ],
      k: 2,
      filter: { meta: { colour: 'red' } },
    });
    const before = came.length;
    await assert.rejects(
      engine.query([{ vector: Float32Array.of(1) }], { k: 1 }),
      is('bad-argument', /1 values.* 2/),
    );
    const two = engine.query([{ vector }, { vector: Float32Array.of(1, NaN) }], { k: 1 });
    await assert.rejects(two, is('bad-argument', /^Query 1: .*NaN/));
    await assert.rejects(
      engine.query([{ source: 'a.jpg' }], { k: 1 }),
      is('model-mismatch', /No model here/),
    );
    assert.equal(came.length, before, 'a refused query was sent');
    assert.equal((await engine.query([{ vector }, { vector: other }, { id: 'a' }], { k: 1 })).length, 3);
  });
});

test('entries come page by page, an id of any spelling is asked for', async () => {
  await answering(shop, async (came) => {
    const engine = await remote();
    assert.deepEqual(await engine.entries(), { entries: ids.map((id) => ({ id })), size: 3 });
    assert.equal(came.length, 3);
    assert.deepEqual((await engine.entries({ offset: 1, limit: 1 })).entries, [{ id: 'b' }]);
    assert.deepEqual((await engine.entries({ offset: 3 })).entries, []);
    assert.equal(await engine.has('a/b?c#d%'), true);
    assert.equal(await engine.has('b'), false);
    assert.equal(await engine.has('..'), true);
    assert.equal(await engine.has('.'), false);
    assert.equal(await engine.has('\udfff'), false);
  });
});

test('rows are added in bodies that the server takes; wrong and oversized ones are reported, the rest is added', async () => {
  await answering(shop, async (came) => {
    const engine = await remote();
    const told: number[] = [];
    const control = new AbortController();
    void engine.watch({ signal: control.signal, onChange: (size) => told.push(size) });
    const outcome = await engine.add([
      { id: 'd', vector },
      { id: 'short', vector: Float32Array.of(1) },
      { id: 'e', vector, meta: { n: 'ü'.repeat(20) } },
      { id: 'large', vector, meta: 'ü'.repeat(100) },
      { id: 'f', vector },
    ]);
    assert.deepEqual(
      { ...outcome, failed: outcome.failed.map(({ at }) => at) },
      {
        added: 3,
        replaced: 0,
        unchanged: 0,
        extracted: 0,
        size: 9,
        failed: [1, 3],
      },
    );
    const sent = came.slice(1);
    assert.ok(sent.length > 1 && sent.every(({ body }) => body.byteLength <= healthy.limits.bodyBytes));
    const rows = sent.flatMap(({ body }) => JSON.parse(new TextDecoder().decode(body)).entries);
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['d', 'e', 'f'],
    );
    assert.deepEqual(Float32Array.from(rows[0].vector), vector);
    assert.equal(await engine.remove(['a', 'a']), 1);
    assert.deepEqual(told, [9, 2]);
    const many = Array.from({ length: 12 }, (_, n) => `ü${n}`.repeat(10));
    const before = came.length;
    assert.ok((await engine.remove(many)) > 1);
    const removed = came.slice(before);
    assert.ok(removed.every(({ body }) => body.byteLength <= healthy.limits.bodyBytes));
    assert.deepEqual(
      removed.flatMap(({ body }) => JSON.parse(new TextDecoder().decode(body)).ids),
      many,
    );
    control.abort();

    const reader = await remote(api);
    await assert.rejects(reader.add([{ id: 'g', vector }]), is('read-only', /without a token/));
    await assert.rejects(reader.remove(['a']), is('read-only', /token/));
  });
});

test('what needs vectors of the server is refused in words', async () => {
  await answering(shop, async () => {
    const engine = await remote();
    for (const call of [
      'distances',
      'duplicates',
      'map',
      'vector',
      'features',
      'save',
      'export',
      'import',
      'compact',
      'reorder',
    ] as const)
      await assert.rejects(engine[call](), is('unsupported', new RegExp(`no ${call}`)));
    assert.throws(() => engine.refusePredicate(), is('unsupported', /function.*meta/));
    const explained = engine.explain({ source: 'a' }, [{ id: 'b' }]);
    await assert.rejects(explained, is('unsupported', /explain/));
    const { knn, server, store, size } = await engine.report();
    assert.match(knn.reason, /approximately among 3 × 2/);
    assert.deepEqual(
      [knn.backend, store, size, server?.exact, server?.staleMs],
      ['server', null, 3, false, 5000],
    );
  });
});

test('answers that are none are told from answers', async () => {
  for (const wrong of [
    [],
    null,
    {},
    { hits: 5 },
    { hits: [{ id: 1, distance: 0 }], exact: true },
    { hits: [] },
  ])
    await answering(
      (request) => (request.url.pathname.endsWith('/query') ? json(wrong) : shop(request)),
      async () => {
        const engine = await remote();
        await assert.rejects(engine.query([{ vector }], { k: 1 }), is('server-failed', /answered/));
      },
    );
  for (const wrong of [{ ...healthy, dims: 0 }, { ...healthy, size: 'x' }, {}, [], { status: 'failing' }])
    await answering(
      () => json(wrong),
      async () => {
        await assert.rejects(remote(), is('server-failed', /health/));
      },
    );
});
