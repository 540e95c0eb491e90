import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ask, ofHit, routeOf, similarOn } from '../../src/elements/server.ts';

const page = { baseURI: 'https://shop.example/pictures/all.html' };

/** Asks a server that answers so, one answer after another, the last for ever. */
async function asking<T>(answers: RequestListener[], body: (url: string) => Promise<T>) {
  let requests = 0;
  const server = createServer((request, response) =>
    answers[Math.min(requests++, answers.length - 1)]!(request, response),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const answer = await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`);
    return { answer, requests };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const says =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
const refusal = (message: string) => ({ error: { code: 'any', message } });
const failure = (answers: RequestListener[]) =>
  asking(answers, (url) =>
    similarOn(url, 'a', { k: 3, isGiven: true }, '').then(
      () => ({ code: 'none', message: '' }),
      ({ code, message }: { code: string; message: string }) => ({ code, message }),
    ),
  );

describe('elements ask a server', () => {
  const browser = { document: page, navigator: { onLine: true } };
  before(() => {
    for (const [name, value] of Object.entries(browser))
      Object.defineProperty(globalThis, name, { value, configurable: true });
  });
  after(() => {
    for (const name of Object.keys(browser)) Reflect.deleteProperty(globalThis, name);
  });

  test('the server’s words come with a code, and a busy server is asked again as it says', async () => {
    const missing = await failure([says(404, refusal('no picture "a" is here'))]);
    assert.equal(missing.answer.code, 'not-found');
    assert.match(missing.answer.message, /\/api\/query answered 404: no picture "a" is here$/);
    assert.equal((await failure([says(422, refusal('k is 5000'))])).answer.code, 'bad-argument');
    assert.match((await failure([says(403, refusal('--allow-host'))])).answer.message, /403: --allow-host/);

    const busy = says(503, refusal('busy'), { 'Retry-After': '0' });
    const later = await asking([busy, busy, says(200, { hits: [{ id: 'b', distance: 0.5 }] })], (url) =>
      similarOn(url, 'a', { k: 3, isGiven: true }, ''),
    );
    assert.equal(later.requests, 3);
    assert.equal(later.answer[0]!.url, 'https://shop.example/pictures/b');

    const long = await failure([says(503, refusal('stopping'), { 'Retry-After': '3600' })]);
    assert.deepEqual([long.requests, long.answer.code], [1, 'server-failed']);
    assert.match(long.answer.message, /answered 503: stopping/);
  });

  test('what is no API, and what does not answer', async () => {
    for (const answer of [says(200, '<!doctype html>'), says(404, '<!doctype html>'), says(200, '[]')]) {
      const { answer: error } = await failure([answer]);
      assert.equal(error.code, 'server-failed');
      assert.match(error.message, /is it the API of `likeness serve`\?$/);
    }
    assert.match((await failure([says(200, {})])).answer.message, /answered no hits/);
    for (const broken of [
      says(200, '{"hits":['),
      ((request) => request.socket.destroy()) as RequestListener,
    ]) {
      const { answer: error } = await failure([broken]);
      assert.equal(error.code, 'server-failed');
      assert.match(error.message, /cannot be reached: the server does not answer, or CORS /);
    }
    const reason = new Error('enough');
    await asking([() => {}], (url) =>
      assert.rejects(ask(url, 'health', undefined, AbortSignal.abort(reason)), reason),
    );
  });

  test('a k that the page does not name is left to the server, which may give fewer; what is chosen is sent', async () => {
    const bodies: unknown[] = [];
    const hits = ['a', 'b', 'c', 'd'].map((id, n) => ({ id, distance: n }));
    const server: RequestListener = async (request, response) => {
      let text = '';
      for await (const part of request) text += part;
      bodies.push(JSON.parse(text));
      response.end(JSON.stringify({ hits }));
    };
    await asking([server], async (url) => {
      assert.equal((await similarOn(url, 'x', { k: 6, isGiven: false }, '')).length, 4);
      const choice = { filter: { meta: { price: { max: 5 } } }, exclude: ['b'] };
      assert.equal((await similarOn(url, 'x', { k: 3, isGiven: false }, '', choice)).length, 3);
      await similarOn(url, 'x', { k: 6, isGiven: true }, '', { filter: ['a'] });
    });
    assert.deepEqual(bodies, [
      { ids: ['x'] },
      { ids: ['x'], filter: { meta: { price: { max: 5 } } }, exclude: ['b'] },
      { ids: ['x'], k: 6, filter: ['a'] },
    ]);
  });

  test('addresses of servers', () => {
    assert.equal(routeOf('/api', 'query'), 'https://shop.example/api/query');
    assert.equal(
      routeOf('https://a.example/x/api/?key=1#y', 'health'),
      'https://a.example/x/api/health?key=1',
    );
    for (const wrong of [
      'ftp://a.example/api',
      'javascript:alert(1)',
      'https://me:secret@a.example/',
      'http://',
    ])
      assert.throws(() => routeOf(wrong, 'query'), { code: 'bad-argument' }, wrong);
  });

  test('addresses in metadata are http or https; an id is a path below `base`, whatever it holds', () => {
    const urlOf = (id: string, meta?: unknown, base = '/p/') => ofHit({ id, distance: 0, meta }, base).url;
    assert.equal(urlOf('été 100% #3?.jpg'), 'https://shop.example/p/%C3%A9t%C3%A9%20100%25%20%233%3F.jpg');
    assert.equal(urlOf('/a/b.jpg'), 'https://shop.example/a/b.jpg');
    assert.equal(urlOf('//evil.example/b.jpg'), 'https://shop.example/evil.example/b.jpg');
    assert.equal(urlOf('https://cdn.example/a.jpg?w=9'), 'https://cdn.example/a.jpg?w=9');
    assert.equal(urlOf('javascript:alert(1)'), 'https://shop.example/p/javascript%3Aalert(1)');
    assert.equal(urlOf('\ud800'), 'https://shop.example/p/%EF%BF%BD');
    assert.equal(
      urlOf('a', { url: 'b.jpg?v=2' }, 'https://cdn.example/x/'),
      'https://cdn.example/x/b.jpg?v=2',
    );
    for (const url of [
      'javascript:alert(1)',
      ' JavaScript:alert(1)',
      'data:text/html,x',
      'blob:x',
      'http://',
    ])
      assert.equal(urlOf('a', { url }), '', url);
    for (const url of [7, null, ['b.jpg'], '']) assert.equal(urlOf('a', { url }), 'https://shop.example/p/a');
    for (const meta of [null, 'text', 7, []]) assert.equal(ofHit({ id: 'a', distance: 0, meta }, '').alt, '');
    const { width, height } = ofHit({ id: 'a', distance: 0, meta: { width: -3, height: '7' } }, '');
    assert.deepEqual([width, height], [0, 0]);
  });
});
