import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import { LikenessError } from '../../src/base/errors.ts';
import { apiTimeouts, startServer } from '../../src/cli/serve/server.ts';
import { emptySite, type Site } from '../../src/cli/serve/site.ts';
import type { VectorEngine } from '../../src/engine/vector-engine.ts';
import { apiListener } from '../../src/server/listener.ts';
import { type ApiAnswer, bearer, call, type StartedApi, startApi, token } from '../support/api-server.ts';
import { dimension, makeIndex, unitVector } from '../support/index-folder.ts';
import { ask, openSocket, parseAnswer, sendRaw } from '../support/raw-http.ts';

/** What a path gives a meaning to, and what is written in two ways. */
const oddIds = [
  'a/b/c.jpg',
  '..',
  '.',
  '%',
  '%2F',
  'ä ö',
  '日本 🖼️',
  'a?b#c',
  '\u0000',
  'e\u0301',
  '//',
  'a+b&c=',
];
const ids = [...Array.from({ length: 40 }, (_, n) => `p${n}.jpg`), ...oddIds];

let folder: string;
let api: StartedApi;
let reference: ImageSearch;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-api-'));
  await makeIndex(join(folder, 'index'), ids);
  await makeIndex(join(folder, 'same'), ids);
  api = await startApi(join(folder, 'index'), {
    origins: ['https://shop.example'],
    limits: { k: 50, page: 30, bodyBytes: 100_000, bodyMs: 400, ids: 5 },
  });
  reference = await ImageSearch.open({ store: `file:${join(folder, 'same')}`, network: 'lazy' });
});
after(async () => {
  await api?.close();
  await reference?.close();
  await rm(folder, { recursive: true, force: true });
});

const post = (body: BodyInit, type = 'application/octet-stream', query = '', headers = {}) =>
  call(`${api.url}/query${query}`, { method: 'POST', body, headers: { 'Content-Type': type, ...headers } });

describe('the search API', () => {
  test('answers queries as ImageSearch does, by bytes, by numbers and by ids', async () => {
    const vector = unitVector(1000);
    const wanted = await reference.query(vector, {
      k: 7,
      offset: 2,
      exclude: ['p3.jpg', '..'],
      maxDistance: 1.5,
    });
    const bytes = await post(vector, undefined, '?k=7&offset=2&exclude=p3.jpg&exclude=..&maxDistance=1.5');
    assert.deepEqual(bytes, { ...bytes, status: 200 });
    assert.deepEqual(bytes.body, { hits: wanted, exact: true, recall: null, size: ids.length });
    const asked = { k: 7, offset: 2, exclude: ['p3.jpg', '..'], maxDistance: 1.5 };
    const numbers = await call(`${api.url}/query`, { json: { vector: [...vector], ...asked } });
    assert.deepEqual(numbers.body.hits, wanted);
    for (const some of [['p5.jpg'], ['p5.jpg', '日本 🖼️', '..']]) {
      const { body } = await call(`${api.url}/query`, { json: { ids: some, k: 9, filter: ids.slice(3) } });
      const parts = some.map((id) => ({ id }));
      assert.deepEqual(body.hits, await reference.query(parts, { k: 9, filter: ids.slice(3) }));
    }
    assert.equal((await post(vector)).body.hits.length, 30);
  });

  test('refuses what is wrong with the right status, and says what was wanted', async () => {
    const vector = unitVector(1);
    const bad = Float32Array.from(vector, (value, j) => (j === 7 ? Number.NaN : value));
    const cases: [
      string,
      number,
      Promise<{ status: number; body: { error: { code: string; message: string } } }>,
    ][] = [
      ['short', 422, post(vector.subarray(1))],
      ['long', 422, post(new Float32Array(dimension + 1))],
      ['empty', 422, post('')],
      ['NaN', 422, post(bad)],
      ['infinite', 422, post(vector.map((value, j) => (j === 511 ? -Infinity : value)))],
      ['no type', 415, call(`${api.url}/query`, { method: 'POST', body: new Uint8Array(4) })],
      ['text', 415, post('x', 'text/plain')],
      ['picture', 415, post('x', 'image/jpeg')],
      ['half JSON', 400, post('{"vector":[1,', 'application/json')],
      ['a list', 400, post('[]', 'application/json')],
      ['no UTF-8', 400, post(Uint8Array.of(0x22, 0xff, 0x22), 'application/json')],
      ['deep JSON', 400, post('['.repeat(90_000), 'application/json')],
      [
        'deep filter',
        422,
        post(
          `{"ids":["p1.jpg"],"filter":{"meta":{"a":${'['.repeat(999)}${']'.repeat(999)}}}}`,
          'application/json',
        ),
      ],
      ['neither', 422, call(`${api.url}/query`, { json: {} })],
      ['both', 422, call(`${api.url}/query`, { json: { ids: ['p1.jpg'], vector: [...vector] } })],
      ['misspelt', 422, call(`${api.url}/query`, { json: { ids: ['p1.jpg'], K: 4 } })],
      ['text in a vector', 422, call(`${api.url}/query`, { json: { vector: [...vector].map(String) } })],
      ['null in a vector', 422, call(`${api.url}/query`, { json: { vector: [...bad] } })],
      ['beyond float32', 422, call(`${api.url}/query`, { json: { vector: [...vector].fill(1e39) } })],
      ['unknown id', 404, call(`${api.url}/query`, { json: { ids: ['nobody'] } })],
      ...(
        [
          ['no list', 'p1.jpg'],
          ['empty', []],
          ['text', ['p1.jpg']],
          ['nothing', [null]],
          ['too many', ids.slice(0, 6).map((id) => ({ id }))],
          ['neither', [{ weight: 1 }]],
          ['both', [{ id: 'p1.jpg', vector: [...vector] }]],
          ['short', [{ vector: [1, 2] }]],
          ['misspelt', [{ id: 'p1.jpg', wieght: 2 }]],
          ['id is a number', [{ id: 7 }]],
          ['weight 0', [{ id: 'p1.jpg', weight: 0 }, { id: 'p2.jpg' }]],
          ['weight is text', [{ id: 'p1.jpg', weight: '1' }]],
          ['none is wanted', [{ id: 'p1.jpg', weight: -1 }]],
          ['they cancel', [{ id: 'p1.jpg' }, { id: 'p1.jpg', weight: -1 }]],
        ] as const
      ).map(
        ([what, pictures]) =>
          [
            `pictures: ${what}`,
            422,
            call(`${api.url}/query`, { json: { pictures } }),
          ] as (typeof cases)[number],
      ),
      ['pictures: nobody', 404, call(`${api.url}/query`, { json: { pictures: [{ id: 'nobody' }] } })],
      ['no ids', 422, call(`${api.url}/query`, { json: { ids: [] } })],
      ['many ids', 422, call(`${api.url}/query`, { json: { ids: ids.slice(0, 6) } })],
      ['k 0', 422, post(vector, undefined, '?k=0')],
      ['k 1.5', 422, post(vector, undefined, '?k=1.5')],
      ['k text', 422, post(vector, undefined, '?k=many')],
      ['k above', 422, post(vector, undefined, '?k=51')],
      ['k twice', 400, post(vector, undefined, '?k=1&k=2')],
      ['deep', 422, post(vector, undefined, '?offset=9999&k=2')],
      ['too deep for any', 422, post(vector, undefined, '?offset=10000')],
      ['unknown option', 400, post(vector, undefined, '?K=5')],
      ['distance', 422, post(vector, undefined, '?maxDistance=-1')],
      ['filter no JSON', 400, post(vector, undefined, '?filter=red')],
      ['filter wrong', 422, post(vector, undefined, '?filter={"colour":"red"}')],
      ['other model', 409, post(vector, undefined, '', { 'Likeness-Fingerprint': 'vgg16@1:00' })],
      ['large', 413, post(new Uint8Array(100_001))],
      ['page', 422, call(`${api.url}/entries?limit=31`)],
      ['bad id', 400, call(`${api.url}/entries/%ff`)],
      ['no such id', 404, call(`${api.url}/entries/nobody`)],
      ['no such path', 404, call(`${api.url}/nothing`)],
      ['root', 404, call(api.url)],
      ['wrong method', 405, call(`${api.url}/query`)],
      ['wrong method', 405, call(`${api.url}/entries`, { method: 'PUT', body: 'x' })],
    ];
    for (const [what, status, answer] of cases) {
      const { status: got, body } = await answer;
      assert.equal(got, status, `${what}: ${JSON.stringify(body)}`);
      assert.match(body.error.message, /^\S.{10,}[.]$/, what);
      assert.match(body.error.code, /^[a-z-]+$/, what);
    }
    assert.equal((await call(`${api.url}/query`)).headers.get('allow'), 'POST, OPTIONS');
    assert.equal((await post(vector)).status, 200, 'and goes on');
  });

  test('lists entries by page, with ETags that change with every write', async () => {
    const first = await call(`${api.url}/entries?offset=25&limit=30`);
    assert.deepEqual(first.body, {
      entries: ids.slice(25, 55).map((id) => ({ id })),
      offset: 25,
      total: ids.length,
    });
    const tag = first.headers.get('etag')!;
    assert.match(tag, /^"[\w-]+"$/);
    const known = { headers: { 'If-None-Match': `"other", W/${tag}` } };
    const again = await call(`${api.url}/entries?offset=25&limit=30`, known);
    assert.deepEqual([again.status, again.body, again.headers.get('etag')], [304, '', tag]);
    for (const id of oddIds.filter((one) => one !== '.' && one !== '..')) {
      const answer = await call(`${api.url}/entries/${encodeURIComponent(id)}`);
      assert.deepEqual(answer.body, { id }, JSON.stringify(id));
    }
    // Parsers of addresses take these for parts of a path: they are asked for by a filter.
    const dots = await call(`${api.url}/entries?filter=${encodeURIComponent('["..","."]')}`);
    assert.deepEqual(dots.body.entries, [{ id: '..' }, { id: '.' }]);

    const entry = { id: 'new/ü.jpg', vector: [...unitVector(500)], meta: { colour: 'red', year: 2024 } };
    const added = await call(`${api.url}/add`, { json: { entries: [entry] }, headers: bearer });
    assert.deepEqual(added.body, { added: 1, replaced: 0, size: ids.length + 1 });
    const changed = await call(`${api.url}/entries?offset=25&limit=30`, known);
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), tag);
    const filter = encodeURIComponent(JSON.stringify({ meta: { colour: ['red'], year: { min: 2020 } } }));
    const red = await call(`${api.url}/entries?filter=${filter}`);
    assert.deepEqual(red.body, { entries: [{ id: entry.id, meta: entry.meta }], offset: 0, total: 1 });
    const found = await post(unitVector(500), undefined, `?filter=${filter}`);
    assert.deepEqual(found.body.hits, [{ id: entry.id, distance: 0, meta: entry.meta }]);
    const replaced = await call(`${api.url}/add`, { json: { entries: [entry] }, headers: bearer });
    assert.deepEqual(replaced.body, { added: 0, replaced: 1, size: ids.length + 1 });
    const url = `${api.url}/entries/${encodeURIComponent(entry.id)}`;
    const removed = await call(url, { method: 'DELETE', headers: bearer });
    assert.deepEqual(removed.body, { removed: 1, size: ids.length });
    assert.equal((await call(url)).status, 404);
    const more = await call(`${api.url}/entries`, {
      method: 'DELETE',
      json: { ids: ['nobody'] },
      headers: bearer,
    });
    assert.deepEqual(more.body, { removed: 0, size: ids.length });
  });

  test('takes changes from those who have the token only, all of a request or none', async () => {
    const good = { id: 'good', vector: [...unitVector(9)] };
    const headers = (authorization: string) => ({ headers: { Authorization: authorization } });
    const json = { entries: [good] };
    const wrong = [{}, ...['Bearer', `Basic ${token}`, `Bearer ${token}x`, `Bearer ${token} x`].map(headers)];
    for (const init of wrong) {
      for (const [url, more] of [
        ['add', { json }],
        ['entries', { method: 'DELETE', json: { ids } }],
        ['entries/p1.jpg', { method: 'DELETE' }],
      ] as const) {
        const { status, headers: got } = await call(`${api.url}/${url}`, { ...more, ...init });
        assert.deepEqual([status, got.get('www-authenticate')], [401, 'Bearer realm="likeness"']);
      }
    }
    const bad: [unknown, RegExp][] = [
      [{ entries: {} }, /list/],
      [{ entries: [good], more: 1 }, /"more"/],
      [{ entries: [good, { ...good, id: '' }] }, /entries\[1\]\.id/],
      [{ entries: [good, { ...good, id: 5 }] }, /entries\[1\]\.id/],
      [{ entries: [good, { ...good, vector: [1, 2] }] }, /entries\[1\]\.vector has 2/],
      [{ entries: [good, { ...good, vector: good.vector.map(() => 1e300) }] }, /entries\[1\]\.vector\[0\]/],
      [{ entries: [good, { ...good, metadata: 1 }] }, /"metadata"/],
      [{ entries: [good, null] }, /entries\[1\]/],
    ];
    for (const [body, message] of bad) {
      const answer = await call(`${api.url}/add`, { json: body, headers: bearer });
      assert.equal(answer.status, 422, JSON.stringify(answer.body));
      assert.match(answer.body.error.message, message);
    }
    const text = await call(`${api.url}/add`, {
      method: 'POST',
      body: JSON.stringify(json),
      headers: bearer,
    });
    assert.equal(text.status, 415);
    const { size } = (await call(`${api.url}/health`)).body;
    assert.equal(size, ids.length, 'nothing was added');
    const readOnly = await startApi(api.engine, { token: undefined });
    assert.equal((await call(`${readOnly.url}/add`, { json, headers: bearer })).status, 403);
    await readOnly.server.close();
  });

  test('tells what it is, HEAD, OPTIONS, CORS and foreign names', async () => {
    const { body: health } = await call(`${api.url}/health`);
    const limits = { k: 50, depth: 10_000, page: 30, bodyBytes: 100_000, ids: 5 };
    assert.deepEqual(health, {
      ...health,
      status: 'ok',
      engine: 'likeness',
      size: ids.length,
      dims: 512,
      limits,
    });
    assert.deepEqual([health.exact, health.recall, health.staleMs, health.extract], [true, null, 0, false]);
    assert.match(health.fingerprint, /^vgg16-compact@/);
    const head = await call(`${api.url}/entries`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.body], [200, '']);
    assert.ok(head.headers.get('etag'));
    const options = await call(`${api.url}/entries/x`, { method: 'OPTIONS' });
    assert.deepEqual([options.status, options.body], [204, '']);
    const lines = ['Origin: https://shop.example', 'Access-Control-Request-Method: DELETE'];
    const preflight = await ask(api.port, '/api/entries/a%2Fb', { method: 'OPTIONS', lines });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://shop.example');
    assert.match(preflight.headers.get('access-control-allow-methods')!, /DELETE/);
    for (const name of ['Content-Type', 'Authorization', 'Likeness-Fingerprint', 'If-None-Match'])
      assert.ok(preflight.headers.get('access-control-allow-headers')!.includes(name), name);
    const fault = await call(`${api.url}/nothing`, { headers: { Origin: 'https://shop.example' } });
    assert.equal(
      fault.headers.get('access-control-allow-origin'),
      'https://shop.example',
      'errors can be read, too',
    );
    const foreign = await call(`${api.url}/health`, { headers: { Origin: 'https://other.example' } });
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);
    const unknown = await ask(api.port, '/api/health', { host: 'evil.example' });
    assert.equal(unknown.status, 403);
    const { error } = JSON.parse(unknown.body.toString());
    assert.deepEqual([error.code, /--allow-host/.test(error.message)], ['unknown-host', true]);
  });

  test('the models beside it can be loaded by the pages that may ask, and nothing else by anybody', async () => {
    const site: Site = {
      answer: async (path, _, response) => {
        response.end(path.join('/'));
        return true;
      },
      pagePolicy: "default-src 'none'",
    };
    const options = { port: 0, host: 'localhost', isolation: true };
    for (const [cors, allowed, other] of [
      [['https://shop.example'], 'https://shop.example', null],
      [['*'], '*', '*'],
      [[], null, null],
    ] as const) {
      const server = await startServer(site, { ...options, cors });
      try {
        const port = Number(new URL(server.url).port);
        const from = async (path: string, origin: string, method = 'GET') => {
          const { status, headers } = await ask(port, path, { method, lines: [`Origin: ${origin}`] });
          const names = ['access-control-allow-origin', 'cross-origin-resource-policy'];
          return [status, ...names.map((name) => headers.get(name) ?? null)];
        };
        const shared = allowed === null ? 'same-origin' : 'cross-origin';
        assert.deepEqual(await from('/models/a/manifest.json', 'https://shop.example'), [
          200,
          allowed,
          shared,
        ]);
        const preflight = await from('/models/a/graph-1.bin', 'https://shop.example', 'OPTIONS');
        assert.deepEqual(preflight, [allowed === null ? 405 : 204, allowed, shared]);
        const foreign = other === null ? 'same-origin' : 'cross-origin';
        assert.deepEqual(await from('/models/a/manifest.json', 'https://x.example'), [200, other, foreign]);
        for (const path of ['/pictures/a.jpg', '/index/features.npy', '/models', '/'])
          assert.deepEqual(await from(path, 'https://shop.example'), [200, null, 'same-origin'], path);
      } finally {
        await server.close();
      }
    }
  });

  test('answers the health checks of load balancers, which may send HTTP/1.0 without a Host', async () => {
    const opened = { host: '0.0.0.0', port: 0, isolation: false };
    const listener = apiListener({ engine: api.engine, kind: 'likeness', model: null, log: () => {} });
    const server = await startServer(emptySite, opened, listener, apiTimeouts);
    const port = Number(new URL(server.url).port);
    const old = String((await sendRaw(port, 'GET /api/health HTTP/1.0\r\n\r\n')).status);
    const address = await ask(port, '/api/health', { host: '10.0.0.7:80' });
    const foreign = await ask(port, '/api/health', { host: 'evil.example' });
    assert.deepEqual([old, address.status, foreign.status], ['200', 200, 403]);
    await server.close();
    assert.equal((await sendRaw(api.port, 'GET /api/health HTTP/1.0\r\n\r\n')).status, 403);
  });

  test('refuses what is compressed, odd requests and what looks like a lie, and goes on', async () => {
    const json = '{"ids":["p1.jpg"]}';
    const bodies: [string, string | Uint8Array<ArrayBuffer>][] = [
      ['application/json', new Uint8Array(gzipSync(json))],
      ['application/octet-stream', new Uint8Array(unitVector(1).buffer as ArrayBuffer)],
    ];
    for (const [type, body] of bodies) {
      const answer = await post(body, type, '', { 'Content-Encoding': 'gzip' });
      assert.deepEqual([answer.status, answer.headers.get('accept-encoding')], [415, 'identity']);
      assert.match(answer.body.error.message, /"gzip"/);
    }
    assert.equal((await post(json, 'application/json', '', { 'Content-Encoding': 'identity' })).status, 200);
    const head = (...lines: string[]): string =>
      ['POST /api/query HTTP/1.1', `Host: localhost:${api.port}`, 'Content-Type: application/json', ...lines]
        .concat('', '')
        .join('\r\n');
    const length = `Content-Length: ${json.length}`;
    for (const [lines, status] of [
      [[length, 'Connection: close', 'Expect: 100-continue'], 100],
      [[length, 'Connection: close', 'Expect: cookies'], 417],
      [[length, 'Transfer-Encoding: chunked'], 400],
      [['Connection: close', 'Content-Length: 0'], 400],
      [['Connection: close', `X: ${'x'.repeat(20_000)}`], 431],
    ] as const) {
      const answer = await sendRaw(api.port, `${head(...lines)}${json}`);
      assert.equal(answer.status, status, lines.join());
      if (status === 100) assert.match(String(answer.body), /^HTTP\/1\.1 200 /);
    }
    const row = `"vector":${JSON.stringify([...unitVector(3)])}`;
    const own = '{"__proto__":{"x":1},"constructor":"c"}';
    const added = await call(`${api.url}/add`, {
      method: 'POST',
      body: `{"entries":[{"id":"own",${row},"meta":${own}}]}`,
      headers: { ...bearer, 'Content-Type': 'application/json' },
    });
    assert.equal(added.status, 200);
    const filtered = async (meta: string) =>
      (await post(`{"ids":["p1.jpg"],"filter":{"meta":${meta}}}`, 'application/json')).body.hits.length;
    assert.equal(await filtered('{"__proto__.x":1}'), 1);
    assert.equal(await filtered('{"constructor":"c"}'), 1);
    assert.equal(await filtered('{"toString":null}'), 0);
    assert.equal(({} as { x?: number }).x, undefined);
    for (const body of [
      `{"ids":["p1.jpg"],"filter":${'{"meta":{"a":'.repeat(2000)}1${'}}'.repeat(2000)}}`,
      `{"ids":["p1.jpg"],"__proto__":{"k":3}}`,
      `{"ids":["p1.jpg"],"k":1e9}`,
      `{"vector":[${'1e400,'.repeat(511)}1]}`,
    ]) {
      assert.equal((await post(body, 'application/json')).status, 422, body.slice(0, 60));
    }
    assert.equal(
      (await call(`${api.url}/entries/own`, { method: 'DELETE', headers: bearer })).body.removed,
      1,
    );
    for (let n = 0; n < 20; n++) await call(`${api.url}/odd${n}/x`);
    const { body } = await call(`${api.url.slice(0, -4)}/metrics`);
    assert.doesNotMatch(body, /odd\d/, 'a path is no label');
  });

  test('counts and logs requests, without what is asked', async () => {
    api.log.length = 0;
    await call(`${api.url}/entries?filter=${encodeURIComponent('["secret"]')}`);
    await call(`${api.url}/entries/a%0Ab`);
    await call(`${api.url}/add`, {
      json: { entries: [] },
      headers: { Authorization: 'Bearer hidden-thing' },
    });
    const lines = JSON.stringify(api.log);
    assert.doesNotMatch(lines, /secret|hidden-thing/);
    assert.deepEqual(
      api.log.map(({ level, route, status }) => [level, route, status]),
      [
        ['info', 'entries', 200],
        ['warn', 'entry', 404],
        ['warn', 'add', 401],
      ],
    );
    const { body, headers } = await call(`${api.url.slice(0, -4)}/metrics`);
    assert.match(headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
    assert.match(body, /likeness_http_requests_total\{route="query",method="POST",status="409"\} 1\n/);
    assert.match(body, /likeness_http_request_duration_seconds_bucket\{le="0\.1",route="query"\} \d+\n/);
    assert.match(body, new RegExp(`likeness_index_pictures ${ids.length}\n`));
    assert.match(body, /likeness_recall 1\n/);
    assert.match(body, /likeness_held_bytes 0\n/);
    assert.match(body, /likeness_requests_running 0\n/);
  });

  test('ends bodies that are too slow or too long, told or not', async () => {
    const headOf = (...lines: string[]) =>
      [
        'POST /api/query HTTP/1.1',
        `Host: localhost:${api.port}`,
        'Content-Type: application/json',
        ...lines,
        '',
        '',
      ].join('\r\n');
    const slow = await sendRaw(api.port, `${headOf('Content-Length: 100')}{"ids"`);
    assert.equal(slow.status, 408);
    const chunked = await openSocket(api.port);
    const parts: Buffer[] = [];
    chunked.on('data', (bytes: Buffer) => parts.push(bytes));
    chunked.write(headOf('Transfer-Encoding: chunked'));
    const chunk = `8000\r\n${' '.repeat(0x8000)}\r\n`;
    let sent = 0;
    const closed = new Promise((done) => chunked.once('close', done));
    while (!chunked.destroyed && parts.length === 0 && sent < 2000) {
      if (!chunked.write(chunk))
        await Promise.race([new Promise((go) => chunked.once('drain', go)), closed, setTimeout(500)]);
      sent++;
    }
    await Promise.race([closed, setTimeout(2000)]);
    assert.equal(parseAnswer(Buffer.concat(parts)).status, 413);
    assert.ok(chunked.destroyed, 'the connection is closed');
    assert.equal((await call(`${api.url}/health`)).status, 200);
  });
});

describe('under load the search API', () => {
  /** Queries wait until they are let go, or aborted. */
  function slowEngine(): VectorEngine & { started: number; aborted: number; letGo(): void } {
    let go = (): void => {};
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    const counts = { started: 0, aborted: 0, letGo: () => go() };
    const methods: Partial<VectorEngine> = {
      async query(_, { signal } = {}) {
        counts.started++;
        await Promise.race([
          gone,
          new Promise((_, failed) =>
            signal?.addEventListener('abort', () => {
              counts.aborted++;
              failed(signal.reason);
            }),
          ),
        ]);
        return { hits: [], exact: true, recall: null };
      },
    };
    return new Proxy(api.engine, {
      get(engine, name) {
        if (name in counts) return counts[name as keyof typeof counts];
        if (name in methods) return methods[name as keyof VectorEngine];
        const value = engine[name as keyof VectorEngine];
        return typeof value === 'function' ? value.bind(engine) : value;
      },
    }) as ReturnType<typeof slowEngine>;
  }
  const query = {
    method: 'POST',
    body: unitVector(0),
    headers: { 'Content-Type': 'application/octet-stream' },
  };

  test('refuses too many at once, forgets those that went, and stops gracefully', async () => {
    const engine = slowEngine();
    const slow = await startApi(engine, { limits: { running: 2, waiting: 2 } });
    const leave = new AbortController();
    const send = (n: number) =>
      call(`${slow.url}/query`, { ...query, ...(n % 2 === 1 && { signal: leave.signal }) });
    // Requests of several connections come in any order: the two that run are there before the two that wait.
    const asked = [0, 1].map(send);
    while (engine.started < 2) await setTimeout(5);
    asked.push(send(2), send(3));
    const gone = [asked[1], asked[3]].map((one) => one!.catch((error: Error) => error.name));
    await setTimeout(50);
    const refused = await call(`${slow.url}/query`, query);
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
    leave.abort();
    assert.deepEqual(await Promise.all(gone), ['AbortError', 'AbortError']);
    // The one that ran made room for the one that waits; the one that waited has left the queue.
    while (engine.started < 3) await setTimeout(5);
    assert.equal(engine.aborted, 1);
    assert.equal(engine.started, 3);
    const closing = slow.server.close();
    const late = await call(`${slow.url}/query`, query).catch(() => ({ status: 503 }));
    assert.equal(late.status, 503, 'nothing new is begun');
    assert.equal(engine.started, 3);
    engine.letGo();
    for (const answer of [asked[0]!, asked[2]!]) assert.equal((await answer).status, 200);
    const began = Date.now();
    await closing;
    assert.ok(Date.now() - began < 1000, 'kept connections do not hold it up');
    assert.deepEqual(slow.log.map(({ status }) => status).sort(), [200, 200, 499, 499, 503]);
  });

  test('says what is measured where answers are not exact, whatever a filter makes of it', async () => {
    const measured = { value: 0.97, k: 30, queries: 200 };
    const engine = new Proxy(api.engine, {
      get(target, name) {
        const value = target[name as keyof VectorEngine];
        if (name !== 'query') return typeof value === 'function' ? value.bind(target) : value;
        return async (_: Float32Array, { filter }: { filter?: unknown } = {}) => ({
          hits: [],
          exact: filter !== undefined,
          recall: filter === undefined ? measured : null,
        });
      },
    });
    const approximate = await startApi(engine);
    const narrow = await call(`${approximate.url}/query`, { json: { ids: ['p1.jpg'], filter: ['p2.jpg'] } });
    assert.deepEqual([narrow.body.exact, narrow.body.recall], [true, null]);
    const { body } = await call(`${approximate.url}/health`);
    assert.deepEqual([body.exact, body.recall], [false, measured]);
    const all = await call(`${approximate.url}/query`, { json: { ids: ['p1.jpg'] } });
    assert.deepEqual([all.body.exact, all.body.recall], [false, measured]);
    const { body: metrics } = await call(`${approximate.url.slice(0, -4)}/metrics`);
    assert.match(metrics, /likeness_recall 0\.97\n/);
    await approximate.server.close();
  });

  test('a store that hangs keeps no place: who went or waited too long makes room, at too many left nothing is begun, and when it is back all counts are zero', async () => {
    let isHung = true;
    const held = new Set<() => void>();
    const asked: string[] = [];
    const comesBack = (): void => {
      isHung = false;
      for (const go of held) go();
    };
    const hang = async (name: string): Promise<void> => {
      asked.push(name);
      if (isHung) await new Promise<void>((go) => held.add(go));
    };
    const hits = Array.from({ length: 500 }, (_, n) => ({ id: `p${n}`, distance: 1 }));
    const engine = new Proxy(api.engine, {
      get(target, name) {
        const value = target[name as keyof VectorEngine];
        if (typeof value !== 'function') return value;
        if (!['query', 'entry', 'entries', 'add', 'remove', 'size'].includes(name as string))
          return value.bind(target);
        return async (...args: unknown[]) => {
          await hang(name as string);
          if (name === 'query') return { hits, exact: true, recall: null };
          return (value as (...some: unknown[]) => unknown).apply(target, args);
        };
      },
    });
    const limits = { queryMs: 300, bodyMs: 300, running: 2, waiting: 4, left: 3, leftMs: 300, probeMs: 100 };
    const slow = await startApi(engine, { limits });
    const figures = async () => {
      const { body } = await call(`${slow.url.slice(0, -4)}/metrics`);
      return ['running', 'left'].map((name) =>
        Number(new RegExp(`likeness_requests_${name} (\\d+)`).exec(body)![1]),
      );
    };
    const codeOf = ({ status, body }: ApiAnswer) => [status, body.error?.code];

    // A client that goes, and one that waits too long.
    const leave = new AbortController();
    const left = call(`${slow.url}/query`, { ...query, signal: leave.signal }).catch(
      (error: Error) => error.name,
    );
    const late = await call(`${slow.url}/query`, query);
    assert.deepEqual(codeOf(late), [503, 'too-slow']);
    assert.equal(asked.filter((name) => name === 'query').length, 2);
    leave.abort();
    await left;
    await setTimeout(50);
    assert.deepEqual(await figures(), [0, 2]);

    // Both places are free. Three that may be left are left then; others keep their places.
    const more = [`${slow.url}/entries/p1.jpg`, `${slow.url}/entries`, `${slow.url}/entries/p2.jpg`];
    const began = performance.now();
    const answers = await Promise.all(more.map((url) => call(url)));
    for (const answer of answers) assert.deepEqual(codeOf(answer), [503, 'too-slow']);
    assert.ok(performance.now() - began < 2000);
    const [running, gone] = await figures();
    assert.ok(running! >= 1 && running! <= 2 && gone === 3, `${running} ${gone}`);
    await setTimeout(350);

    // Now all are told at once, without another call of the store; so is the load balancer.
    const before = asked.length;
    for (const answer of [
      await call(`${slow.url}/query`, query),
      await call(`${slow.url}/entries/p1.jpg`),
      await call(`${slow.url}/add`, { json: { entries: [] }, headers: bearer }),
      await call(`${slow.url}/entries/p1.jpg`, { method: 'DELETE', headers: bearer }),
    ]) {
      assert.deepEqual(codeOf(answer), [503, 'store-slow']);
      assert.equal(answer.headers.get('retry-after'), '5');
    }
    assert.equal(asked.length, before);
    const sick = await call(`${slow.url}/health`);
    assert.deepEqual([sick.status, sick.body.status], [503, 'failing']);
    // Figures are read in bounded time, with few calls of the store under way.
    await Promise.all(Array.from({ length: 20 }, figures));
    assert.ok(asked.length <= before + 8, `${asked.length - before} calls`);
    const faults = slow.log.filter(({ level, status }) => level === 'error' && status === 503);
    assert.ok(faults.some(({ error }) => /has not answered 3 requests/.test(String(error))));

    comesBack();
    await setTimeout(50);
    assert.deepEqual(await figures(), [0, 0]);
    const { body } = await call(`${slow.url.slice(0, -4)}/metrics`);
    assert.match(body, /likeness_held_bytes 0\n/);
    for (let n = 0; n < 5; n++) assert.equal((await call(`${slow.url}/query`, query)).status, 200);
    assert.equal((await call(`${slow.url}/entries/p1.jpg`)).status, 200);
    assert.equal((await call(`${slow.url}/health`)).status, 200);
    await slow.server.close();
  });

  test('a store that fails is a 503 for clients, without where it is, and a fault for the log', async () => {
    const message = 'Reading failed: the object store at http://10.1.2.3:9000 answered 503, SlowDown.';
    for (const code of ['storage-failed', 'storage-denied', 'storage-full'] as const) {
      const fail = async (): Promise<never> => {
        throw new LikenessError(code, message);
      };
      const engine = new Proxy(api.engine, {
        get: (target, name) => {
          if (['query', 'size', 'version', 'add', 'entries'].includes(name as string)) return fail;
          const value = target[name as keyof VectorEngine];
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const failing = await startApi(engine);
      for (const answer of [
        await call(`${failing.url}/query`, query),
        await call(`${failing.url}/entries`),
        await call(`${failing.url}/add`, { json: { entries: [] }, headers: bearer }),
      ]) {
        assert.deepEqual([answer.status, answer.body.error.code], [503, code]);
        assert.ok(Number(answer.headers.get('retry-after')) > 0);
        assert.doesNotMatch(answer.body.error.message, /10\.1\.2\.3/);
      }
      assert.equal((await call(`${failing.url}/health`)).status, 503);
      assert.deepEqual(
        failing.log.slice(0, 3).map(({ level, error }) => [level, error]),
        new Array(3).fill(['error', message]),
      );
      await failing.server.close();
    }
  });

  test('gives a query its time and no more', async () => {
    const engine = slowEngine();
    const slow = await startApi(engine, { limits: { queryMs: 60, bodyMs: 60 } });
    const answer = await call(`${slow.url}/query`, query);
    assert.deepEqual([answer.status, answer.body.error.code], [503, 'too-slow']);
    assert.equal(engine.aborted, 1);
    await slow.server.close();
  });
});
