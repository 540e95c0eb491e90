import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { StaticIndex, type StaticIndexOptions } from '../../../src/static-index/search.ts';
import type { StaticSearch } from '../../../src/static-index/types.ts';
import { seeded } from '../../support/random.ts';
import { decode, encodeAll, madePictures } from '../../support/static-decode.ts';
import {
  folder,
  MemoryCaches,
  type ServerOptions,
  type StaticServer,
  serve,
} from '../../support/static-server.ts';

const d = 32;
const site = { base: '/blog/', root: '../', smallSize: 240, k: 12 };
const search = {
  fingerprint: 'f'.repeat(64),
  model: { folder: 'model-0123456789ab/', bytes: 5 },
  lib: 'lib-0123456789ab/',
};
const policy = { attempts: 3, pauseMs: 1, stallMs: 2000 };
const noCaches = {
  open: (): never => {
    throw new DOMException('no', 'SecurityError');
  },
};
/** Rows are in the order of ids: these are. */
const id = (row: number): string => `photos/${String(row).padStart(6, '0')}.jpg`;

interface Made {
  files: Map<string, Uint8Array>;
  vectors: Float32Array;
}

const made = new Map<string, Promise<Made>>();

/** A site, made once. */
function make(n: number, seed = n): Promise<Made> {
  const key = `${n} ${seed}`;
  const there = made.get(key) ?? makeAnew(n, seed);
  made.set(key, there);
  return there;
}

async function makeAnew(n: number, seed: number): Promise<Made> {
  const pictures = madePictures(n, d, { seed, id });
  return { files: await encodeAll({ ...pictures, ...site, search }), vectors: pictures.vectors };
}

const open = (server: StaticServer, options: Partial<StaticIndexOptions> = {}): Promise<StaticIndex> =>
  StaticIndex.open({ folder, FlatIndex, fetch: server.fetch, policy, caches: noCaches, ...options });

/** Queries of another picture each. */
const queryOf = (seed: number): Float32Array => {
  const random = seeded(1000 + seed);
  const values = Float32Array.from({ length: d }, () => Math.max(0, random() - 0.3));
  const length = Math.hypot(...values);
  return values.map((x) => x / length);
};

/** What an index with all rows in memory answers. */
async function wanted(
  { vectors }: Made,
  query: Float32Array,
  k: number,
): Promise<{ row: number; distance: number }[]> {
  const index = await FlatIndex.create({ dimension: d });
  index.add(vectors);
  const { rows, distances } = await index.search(query, k);
  index.close();
  return Array.from(rows, (row, at) => ({ row, distance: distances[at]! }));
}

const rowRequests = ({ asked }: StaticServer): string[] =>
  asked.filter(({ name }) => name.startsWith('rows-')).map(({ name, range }) => `${name} ${range}`);

async function checkAnswers(index: StaticIndex, made: Made, queries = 4): Promise<void> {
  for (let seed = 0; seed < queries; seed++) {
    for (const k of [1, 12, 40]) {
      assert.deepEqual(await index.query(queryOf(seed), { k }), await wanted(made, queryOf(seed), k));
    }
  }
}

for (const n of [0, 1, 2, 127, 128, 129, 700, 4230]) {
  test(`${n} pictures: the answers of an exact search, with ranges and without`, async () => {
    const made = await make(n);
    for (const ranges of [true, false]) {
      const server = serve(made.files, { ranges });
      const index = await open(server);
      await checkAnswers(index, made);
      assert.equal(index.search.count, n);
      index.close();
      const files = rowRequests(server).map((request) => request.split(' ')[0]);
      if (!ranges) assert.equal(new Set(files).size, files.length, 'a whole file is fetched once');
    }
  });
}

test('near rows come by one request, a few at a time, and each row once', async () => {
  const made = await make(700);
  let now = 0;
  let most = 0;
  const server = serve(made.files);
  const counted: typeof fetch = async (...args) => {
    most = Math.max(most, ++now);
    return server.fetch(...args).finally(() => now--);
  };
  const index = await open(server, { fetch: counted });
  await index.query(queryOf(1), { k: 200 });
  assert.ok(most <= 6, `${most} at once`);
  const requests = rowRequests(server);
  assert.ok(requests.length <= 6 * 4, `${requests.length} requests for 200 of 700 rows`);
  assert.ok(requests.every((request) => / bytes=\d+-\d+$/.test(request)));
  server.asked.length = 0;
  await index.query(queryOf(1), { k: 200 });
  assert.deepEqual(server.asked, [], 'all of it is here');
  index.close();
});

test('progress: bytes of the codes, of their total; the library may come with them', async () => {
  const made = await make(4230);
  const told: [number, number][] = [];
  let isAsked = false;
  const index = await open(serve(made.files), {
    FlatIndex: async () => {
      isAsked = true;
      return FlatIndex;
    },
    onProgress: ({ done, total }) => told.push([done, total]),
  });
  const total = index.search.codes.reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(isAsked && told.every(([done, all], at) => all === total && done >= (told[at - 1]?.[0] ?? 0)));
  assert.deepEqual(told.at(-1), [total, total]);
  index.close();
});

test('records of some rows, in their order', async () => {
  const made = await make(300);
  const index = await open(serve(made.files));
  const { records } = decode(made.files);
  const rows = [299, 0, 64, 63, 64];
  assert.deepEqual(
    await index.records(rows),
    rows.map((row) => records[row]),
  );
  index.close();
});

/** With a real Cache Storage in pages, too. */
const storages = [
  { name: 'a cache in memory', caches: () => new MemoryCaches() as StaticIndexOptions['caches'] },
];
if (globalThis.caches) storages.push({ name: 'Cache Storage', caches: () => globalThis.caches });

for (const { name, caches } of storages) {
  for (const ranges of [true, false]) {
    test(`${name}, ${ranges ? 'ranges' : 'whole files'}: a second visit needs no network, a new build drops what was of the old`, async () => {
      await globalThis.caches?.delete(`likeness-site ${folder}`);
      const kept = caches();
      const made = await make(500);
      const first = await open(serve(made.files, { ranges }), { caches: kept });
      await checkAnswers(first, made, 2);
      await first.records([0, 499]);
      await first.settled();
      first.close();

      const offline = serve(made.files, { instead: () => new TypeError('Failed to fetch') });
      const again = await open(offline, { caches: kept });
      await checkAnswers(again, made, 2);
      assert.equal((await again.records([499]))[0]!.id, id(499));
      assert.deepEqual(
        offline.asked.map(({ name }) => name),
        ['index.json'],
      );
      // What was not asked for before needs the network.
      if (ranges) {
        await assert.rejects(again.query(queryOf(9), { k: 400 }), {
          code: 'not-found',
          message: /cannot be fetched/,
        });
      }
      again.close();

      const other = await make(500, 77);
      const server = serve(other.files, { ranges });
      const renewed = await open(server, { caches: kept });
      await checkAnswers(renewed, other, 1);
      await renewed.settled();
      renewed.close();
      const cache = await kept!.open(`likeness-site ${folder}`);
      for (const { url } of await cache.keys()) {
        assert.ok(
          other.files.has(url.slice(folder.length).replace(/\?.*/, '')),
          `${url} is of the new build`,
        );
      }
      await globalThis.caches?.delete(`likeness-site ${folder}`);
    });
  }
}

test('what is damaged where it is kept is fetched again', async () => {
  const made = await make(300);
  const caches = new MemoryCaches();
  const first = await open(serve(made.files), { caches });
  await checkAnswers(first, made, 1);
  await first.settled();
  first.close();
  for (const [url, bytes] of caches.files) if (!url.endsWith('index.json')) bytes[bytes.length - 1]! ^= 1;
  const server = serve(made.files);
  const again = await open(server, { caches });
  await checkAnswers(again, made, 1);
  await again.settled();
  again.close();
  assert.ok(server.asked.some(({ name }) => name.startsWith('codes-')));
  assert.ok(rowRequests(server).length > 0);
  const offline = serve(made.files, { instead: () => new TypeError('Failed to fetch') });
  const last = await open(offline, { caches });
  await checkAnswers(last, made, 1);
  last.close();
});

test('no room to keep anything, or storage that is refused, hinders nothing', async () => {
  const made = await make(200);
  const full = new MemoryCaches();
  full.isFull = true;
  for (const caches of [full, noCaches, { open: () => Promise.reject(new Error('no')) }]) {
    const index = await open(serve(made.files), { caches });
    await checkAnswers(index, made, 1);
    await index.settled();
    index.close();
  }
});

/** Flips a bit of what is sent. */
async function damaged(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  bytes[Math.floor(bytes.length / 2)]! ^= 4;
  return new Response(bytes, { status: response.status, headers: response.headers });
}

for (const [what, instead] of Object.entries<NonNullable<ServerOptions['instead']>>({
  'a damaged copy in the browser’s cache': ({ name, cache }, plain) =>
    name !== 'index.json' && cache === 'default' ? damaged(plain) : undefined,
  'a page of HTML in the browser’s cache': ({ name, cache }) =>
    name !== 'index.json' && cache === 'default'
      ? new Response('<!doctype html><title>Log in</title>')
      : undefined,
  'a range of another place': ({ range, cache }, plain) =>
    range && cache === 'default'
      ? new Response(plain.body, { status: 206, headers: { 'content-range': 'bytes 1-2/3' } })
      : undefined,
  'no word of which range it is': ({ range }, plain) =>
    range ? new Response(plain.body, { status: 206 }) : undefined,
  'a range that is too long': ({ range, cache }, plain) =>
    range && cache === 'default'
      ? plain.arrayBuffer().then((bytes) => new Response(new Blob([bytes, 'more']), { status: 206 }))
      : undefined,
})) {
  test(`the answer stays exact: ${what}`, async () => {
    const made = await make(300);
    const server = serve(made.files, { instead });
    const opening = open(server, { policy: { ...policy, attempts: 2 } });
    if (what === 'a range of another place') {
      const index = await opening;
      await assert.rejects(index.query(queryOf(0), { k: 3 }), {
        name: 'LikenessError',
        code: 'not-found',
        message: /the server sent bytes 1-2\/3, not from byte \d+ on/,
      });
      index.close();
      return;
    }
    const index = await opening;
    await checkAnswers(index, made, 2);
    index.close();
  });
}

test('networks that break, stall and are busy', async () => {
  const made = await make(300);
  const tries = new Map<string, number>();
  const server = serve(made.files, {
    instead: ({ name, range }, plain) => {
      const key = `${name} ${range}`;
      const nth = tries.get(key) ?? 0;
      tries.set(key, nth + 1);
      if (nth === 0) return new TypeError('Failed to fetch');
      if (nth === 1) return new Response('busy', { status: 503 });
      return plain;
    },
  });
  const index = await open(server);
  await checkAnswers(index, made, 2);
  index.close();

  // Half of each body, then an error: it goes on from there.
  const half = serve(made.files, {
    instead: async (_, plain) => {
      const bytes = new Uint8Array(await plain.arrayBuffer());
      if (bytes.length < 2) return new Response(bytes, { status: plain.status, headers: plain.headers });
      let isSent = false;
      // An error would else take what waits to be read along.
      const body = new ReadableStream<Uint8Array>(
        {
          pull(control) {
            if (isSent) control.error(new TypeError('network error'));
            else control.enqueue(bytes.slice(0, Math.ceil(bytes.length / 2)));
            isSent = true;
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(body, { status: plain.status, headers: plain.headers });
    },
  });
  const slow = await open(half, { policy: { ...policy, attempts: 2 } });
  await checkAnswers(slow, made, 1);
  slow.close();

  const hanging = serve(made.files, {
    instead: ({ name }) => (name.startsWith('codes-') ? new Response(new ReadableStream()) : undefined),
  });
  await assert.rejects(
    open({ ...hanging, fetch: stallable(hanging) }, { policy: { attempts: 2, pauseMs: 1, stallMs: 60 } }),
    {
      code: 'not-found',
      message: /nothing came for 0.06 s/,
    },
  );
});

/** As `fetch` does, a body ends with its signal. */
const stallable =
  (server: StaticServer): typeof fetch =>
  async (input, init) => {
    const name = String(input);
    if (!name.includes('/codes-')) return server.fetch(input, init);
    return new Response(
      new ReadableStream({
        start(control) {
          init!.signal!.addEventListener('abort', () => control.error(init!.signal!.reason));
        },
      }),
    );
  };

for (const [what, kind, message] of [
  ['codes', 'codes-', /codes-[0-9a-f]{12}\.bin is damaged/],
  ['rows', 'rows-', /Rows \d+ to \d+ of .*rows-[0-9a-f]{12}\.bin are damaged/],
  ['the list of files', 'search-', /search-[0-9a-f]{12}\.json is damaged/],
] as const) {
  test(`${what} that are damaged on the server are a clear error`, async () => {
    const made = await make(300);
    for (const ranges of [true, false]) {
      const server = serve(made.files, {
        ranges,
        instead: ({ name }, plain) => (name.startsWith(kind) ? damagedEverywhere(plain) : undefined),
      });
      const answer = open(server).then((index) => index.query(queryOf(0), { k: 9 }));
      await assert.rejects(answer, { name: 'LikenessError', code: 'bad-file', message });
      assert.ok(server.asked.some(({ name, cache }) => name.startsWith(kind) && cache === 'reload'));
    }
    const gone = serve(new Map([...made.files].filter(([name]) => !name.startsWith(kind))));
    const answer = open(gone).then((index) => index.query(queryOf(0), { k: 9 }));
    await assert.rejects(answer, { code: 'not-found', message: /answered 404/ });
  });
}

async function damagedEverywhere(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer()).map((byte) => byte ^ 1);
  return new Response(bytes, { status: response.status, headers: response.headers });
}

test('an entry that is none, a newer one, one without a search', async () => {
  const made = await make(20);
  const changed = (change: (entry: Record<string, unknown>) => unknown): Map<string, Uint8Array> => {
    const entry = JSON.parse(new TextDecoder().decode(made.files.get('index.json')));
    return new Map([...made.files, ['index.json', new TextEncoder().encode(JSON.stringify(change(entry)))]]);
  };
  for (const [files, code, message] of [
    [changed((entry) => ({ ...entry, version: 2 })), 'newer-format', /version 2/],
    [changed(() => ({})), 'bad-file', /no entry/],
    [changed(() => null), 'bad-file', /no entry/],
    [changed(({ search: _, ...entry }) => entry), 'not-found', /built without/],
    [new Map([['index.json', new TextEncoder().encode('<!doctype html>')]]), 'bad-file', /no entry/],
    [new Map<string, Uint8Array>(), 'not-found', /index\.json answered 404/],
  ] as const) {
    await assert.rejects(open(serve(files)), { name: 'LikenessError', code, message });
  }
});

test('a signal ends opening and searching; close ends the rest', async () => {
  const made = await make(300);
  const hanging = (kind: string): typeof fetch => {
    const { fetch } = serve(made.files);
    return (input, init) =>
      String(input).includes(`/${kind}`)
        ? new Promise((_, reject) =>
            init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)),
          )
        : fetch(input, init);
  };
  for (const kind of ['index', 'search-', 'codes-']) {
    const control = new AbortController();
    const opening = open(serve(made.files), { fetch: hanging(kind), signal: control.signal });
    setTimeout(() => control.abort(new Error('enough')), 20);
    await assert.rejects(opening, { message: 'enough' });
  }
  const index = await open(serve(made.files), { fetch: hanging('rows-') });
  const control = new AbortController();
  const asking = index.query(queryOf(0), { k: 3, signal: control.signal });
  setTimeout(() => control.abort(new Error('enough')), 20);
  await assert.rejects(asking, { message: 'enough' });
  await assert.rejects(index.query(queryOf(0), { k: 3, signal: AbortSignal.abort(new Error('before')) }), {
    message: 'before',
  });
  const closed = index.query(queryOf(0), { k: 3 });
  setTimeout(() => index.close(), 20);
  await assert.rejects(closed, { code: 'closed' });
  await assert.rejects(index.query(queryOf(0), { k: 3 }), { code: 'closed' });
});

test('wrong queries are refused', async () => {
  const made = await make(30);
  const index = await open(serve(made.files));
  await assert.rejects(index.query(queryOf(0).subarray(1), { k: 3 }), { code: 'bad-argument' });
  await assert.rejects(index.query(queryOf(0), { k: 0 }), { code: 'bad-argument' });
  await assert.rejects(index.query(queryOf(0).fill(Number.NaN), { k: 3 }), { code: 'bad-argument' });
  index.close();
});

test('where there is no SHA-256 the other checksum decides', async () => {
  const { subtle } = globalThis.crypto;
  const made = await make(130);
  Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined, configurable: true });
  try {
    const index = await open(serve(made.files));
    await checkAnswers(index, made, 1);
    index.close();
    const wrong = serve(made.files, {
      instead: ({ name }, plain) => (name.startsWith('codes-') ? damaged(plain) : undefined),
    });
    await assert.rejects(open(wrong), { code: 'bad-file', message: /codes-/ });
    const page = (kind: string): StaticServer =>
      serve(made.files, {
        instead: ({ name }) => (name.startsWith(kind) ? new Response('<!doctype html>') : undefined),
      });
    await assert.rejects(open(page('search-')), {
      code: 'bad-file',
      message: /search-[0-9a-f]{12}\.json is damaged/,
    });
    const recordless = await open(page('records-'));
    await assert.rejects(recordless.records([7]), {
      code: 'bad-file',
      message: /records-[0-9a-f]{12}\.bin is damaged/,
    });
    recordless.close();
  } finally {
    Object.defineProperty(globalThis.crypto, 'subtle', { value: subtle, configurable: true });
  }
  const { search: list } = decode(made.files);
  assert.ok((list as StaticSearch).codes.every(({ crc32 }) => crc32 > 0));
});
