import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchBytes } from '../../../src/web/fetch-bytes.ts';

const url = 'https://site.example/file.bin';
const policy = { attempts: 3, pauseMs: 1, stallMs: 1000 };
const file = Uint8Array.from({ length: 1000 }, (_, i) => (7 * i) % 251);

interface Asked {
  range: string | null;
  nth: number;
}

/** A server whose answers are made one by one. */
function answering(answer: (asked: Asked) => Response | Error): { fetch: typeof fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    fetch: async (_, init) => {
      const request = { range: new Headers(init?.headers).get('range'), nth: asked.length };
      asked.push(request);
      const response = answer(request);
      if (response instanceof Error) throw response;
      return response;
    },
  };
}

/** The bytes asked for, of which `most` come before the connection breaks. */
function part(
  range: string | null,
  { most = Number.POSITIVE_INFINITY, version = 'one', bytes = file } = {},
): Response {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const end = to === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1);
  const chunk = bytes.slice(Number(from), end);
  let isSent = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(control) {
        if (!isSent) control.enqueue(chunk.slice(0, Math.min(most, chunk.length)));
        else if (most < chunk.length) control.error(new TypeError('network error'));
        else control.close();
        isSent = true;
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    status: range === null ? 200 : 206,
    headers: {
      etag: version,
      ...(range !== null && { 'content-range': `bytes ${from}-${end - 1}/${bytes.length}` }),
    },
  });
}

test('a whole file goes on where it ended', async () => {
  const told: number[] = [];
  const server = answering(({ range, nth }) => part(range, { most: nth < 5 ? 100 : 1000 }));
  const { bytes, isWhole } = await fetchBytes(url, { ...server, policy, onBytes: (done) => told.push(done) });
  assert.deepEqual(bytes, file);
  assert.ok(isWhole);
  assert.deepEqual(
    server.asked.map(({ range }) => range),
    [null, ...[1, 2, 3, 4, 5].map((n) => `bytes=${n * 100}-`)],
  );
  assert.deepEqual(told, [100, 200, 300, 400, 500, 1000]);
});

test('a range goes on where it ended', async () => {
  const server = answering(({ range, nth }) => part(range, { most: nth < 2 ? 10 : 1000 }));
  const { bytes, isWhole, total, version } = await fetchBytes(url, {
    ...server,
    policy,
    range: { from: 50, to: 90 },
  });
  assert.deepEqual([bytes, isWhole, total, version], [file.slice(50, 90), false, 1000, 'one']);
  assert.deepEqual(
    server.asked.map(({ range }) => range),
    ['bytes=50-89', 'bytes=60-89', 'bytes=70-89'],
  );
});

test('a file that is another one by then begins anew: contents are not mixed', async () => {
  const other = file.map((byte) => byte ^ 255);
  for (const range of [undefined, { from: 50, to: 90 }]) {
    const server = answering((asked) =>
      asked.nth === 0 ? part(asked.range, { most: 20 }) : part(asked.range, { version: 'two', bytes: other }),
    );
    const { bytes, version } = await fetchBytes(url, { ...server, policy, range });
    assert.deepEqual([bytes, version], [range ? other.slice(50, 90) : other, 'two']);
  }
});

test('a server without ranges sends the whole file, also when it is asked again', async () => {
  const server = answering(({ nth }) => part(null, { most: nth === 0 ? 300 : 1000 }));
  const { bytes, isWhole } = await fetchBytes(url, { ...server, policy, range: { from: 50, to: 90 } });
  assert.deepEqual([bytes, isWhole], [file, true]);
});

test('a part that is too short is asked for again', async () => {
  const server = answering(({ range, nth }) => {
    const [, from, to] = /(\d+)-(\d+)/.exec(range!)!.map(Number);
    const headers = { 'content-range': `bytes ${from}-${to}/1000` };
    return new Response(file.slice(from, nth === 0 ? from! + 5 : to! + 1), { status: 206, headers });
  });
  const { bytes } = await fetchBytes(url, { ...server, policy, range: { from: 50, to: 90 } });
  assert.deepEqual(bytes, file.slice(50, 90));
});

test('a server of another origin may not say how long the file is', async () => {
  const server = answering(() => new Response(file.slice(900), { status: 206 }));
  const { bytes, isWhole, total } = await fetchBytes(url, {
    ...server,
    policy,
    range: { from: 900, to: 2000 },
  });
  assert.deepEqual([bytes, isWhole, total], [file.slice(900), false, undefined]);
});

test('what is final is not asked for again; what may pass is, a few times', async () => {
  for (const [answer, requests, code, message] of [
    [() => new Response('', { status: 404 }), 1, 'not-found', /file\.bin answered 404\.$/],
    [() => new Response('', { status: 403 }), 1, 'not-found', /answered 403/],
    [() => new Response('', { status: 416 }), 1, 'bad-file', /is empty/],
    [() => new Response('', { status: 503 }), 3, 'not-found', /file\.bin answered 503\.$/],
    [() => new Response('', { status: 429 }), 3, 'not-found', /answered 429/],
    [
      () => new TypeError('Failed to fetch'),
      3,
      'not-found',
      /cannot be fetched: Failed to fetch; is the network there\?/,
    ],
  ] as const) {
    const server = answering(answer);
    await assert.rejects(fetchBytes(url, { ...server, policy, range: { from: 0, to: 9 } }), {
      name: 'LikenessError',
      code,
      message,
    });
    assert.equal(server.asked.length, requests, String(message));
  }
  const server = answering(() => new TypeError('x'));
  const whyNot = async (): Promise<{ reason: string; isFinal: boolean }> => ({
    reason: 'the wall',
    isFinal: true,
  });
  await assert.rejects(fetchBytes(url, { ...server, policy, whyNot }), {
    message: `${url} cannot be fetched: the wall.`,
  });
});

test('a signal ends the wait for the next attempt', async () => {
  const control = new AbortController();
  const server = answering(() => new TypeError('x'));
  const asking = fetchBytes(url, {
    ...server,
    policy: { ...policy, pauseMs: 60_000 },
    signal: control.signal,
  });
  setTimeout(() => control.abort(new Error('enough')), 10);
  await assert.rejects(asking, { message: 'enough' });
});
