// LanceIndex over `db://…` at length, at a server of the test that speaks LanceDB's remote protocol over LanceDB itself.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { VectorRow } from '../../src/engine/vector-engine.ts';
import { LanceIndex, type LanceOptions } from '../../src/lance/index.ts';
import { loadEngine } from '../../src/lance/load.ts';
import { ClusteredRows } from '../support/clustered-rows.ts';
import { assertAnswersAsOwn, metasOf } from '../support/lance-hostile.ts';
import { assertQueriesAsOwn, queryDims } from '../support/lance-queries.ts';
import { type RemoteDatabase, type RemoteFault, startRemoteDatabase } from '../support/remote-database.ts';

const dims = 16;
const rowOf = (n: number): VectorRow => ({
  id: `p${n}`,
  vector: Float32Array.from({ length: dims }, (_, i) => Math.sin(n * (i + 1))),
  meta: { n },
});
const some = (count: number, from = 0): VectorRow[] =>
  Array.from({ length: count }, (_, n) => rowOf(from + n));

describe('LanceIndex over db://…', () => {
  let database: RemoteDatabase;
  before(async () => {
    database = await startRemoteDatabase();
  });
  after(() => database.close());
  beforeEach(() => {
    database.fault = () => undefined;
    database.keepsOrder = true;
    database.keepsBypass = true;
    database.mostRows = Number.POSITIVE_INFINITY;
    database.indexMs = 0;
  });
  const open = (table: string, options: LanceOptions = {}): Promise<LanceIndex> => {
    const { uri, apiKey, host } = database;
    return LanceIndex.open(uri, { apiKey, hostOverride: host, table, ...options });
  };

  test('answers as our own index does, whatever ids, keys and values are', () =>
    assertAnswersAsOwn(metasOf('all'), (options) => open('hostile', options)));

  test('600 queries are answered as by our own index, hit by hit', async () => {
    await assertQueriesAsOwn(await open('queries', { dims: queryDims }), 2000, 600);
  });

  test('above exactRows the index of the service is asked; answers say so, and what recall was measured', async () => {
    database.indexMs = 1500;
    const rows = new ClusteredRows(5000, queryDims);
    const index = await open('approximate', {
      dims: queryDims,
      exactRows: 1000,
      maintain: false,
      minRecall: 0.5,
    });
    await index.add(
      Array.from({ length: 5000 }, (_, n) => ({ id: `p${n}`, vector: rows.row(n), meta: { n } })),
    );
    assert.deepEqual(
      await index.query(rows.row(4), { k: 1 }).then(({ exact, recall }) => [exact, recall]),
      [true, null],
      'no index yet',
    );
    const asked = database.asked.length;
    const report = await index.compact({ recallQueries: 12 });
    const calls = database.asked.slice(asked).map((one) => one.call);
    assert.ok(!calls.some((one) => /optimize|compact|restore|version/.test(one)), String(calls));
    assert.deepEqual([report.rows, report.exact, report.bytesRemoved], [5000, false, 0]);
    assert.ok(report.recall!.value >= 0.5 && report.recall!.queries === 12, JSON.stringify(report));
    const { hits, exact, recall } = await index.query(rows.row(4), { k: 10 });
    assert.deepEqual(
      [exact, recall, hits[0]],
      [false, report.recall, { id: 'p4', distance: 0, meta: { n: 4 } }],
    );
    const few = await index.query(rows.row(4), { k: 10, filter: { meta: { n: { max: 99 } } } });
    assert.equal(few.exact, true, 'as many rows take part as are compared');
    assert.equal(await index.remove(['p4']), 1);
    assert.ok((await index.query(rows.row(4), { k: 10 })).hits.every(({ id }) => id !== 'p4'));
    await index.add([{ id: 'new', vector: rows.row(4) }]);
    assert.equal((await index.query(rows.row(4), { k: 1 })).hits[0]!.id, 'new');
    // Another process takes what was noted, and one that wants more than was found compares all rows.
    const other = await open('approximate', { exactRows: 1000 });
    assert.deepEqual((await other.query(rows.row(9))).recall, report.recall);
    await other.close();
    if (report.recall!.value < 1) {
      const strict = await open('approximate', { exactRows: 1000, minRecall: 1, maintain: false });
      assert.equal((await strict.query(rows.row(9))).exact, true);
      await strict.close();
    }
    await index.close();
  });

  test('where a service asks its index in place of all rows, nothing is called exact', async () => {
    const index = await open('bypass', { dims, maintain: false });
    await index.add(some(400));
    const { Index } = loadEngine().lancedb;
    const table = await database.table('bypass');
    await table.createIndex('vector', { config: Index.hnswSq({ distanceType: 'l2' }) });
    await index.close();
    database.keepsBypass = false;
    const again = await open('bypass');
    await assert.rejects(again.query(rowOf(1).vector), {
      code: 'unsupported',
      message: /bypass_vector_index/,
    });
    // These compare the rows that they name here.
    assert.equal((await again.query(rowOf(1).vector, { filter: ['p1'] })).exact, true);
    database.keepsBypass = true;
    assert.equal((await again.query(rowOf(1).vector)).exact, true);
    // One that gives no plan is believed.
    database.fault = ({ call: named }) => (named === 'explain_plan' ? 404 : undefined);
    const believing = await open('bypass');
    assert.equal((await believing.query(rowOf(1).vector)).exact, true);
    await believing.close();
    await again.close();
  });

  test('a service that returns no more than so many rows loses none: pages go on, and what is not whole is refused', async () => {
    const index = await open('limited', { dims });
    await index.add(some(400));
    database.mostRows = 150;
    const { entries } = await index.entries();
    assert.deepEqual(
      entries.map(({ id }) => id),
      some(400).map(({ id }) => id),
    );
    assert.equal((await index.query(rowOf(1).vector, { k: 100 })).hits.length, 100);
    await assert.rejects(index.query(rowOf(1).vector, { k: 200 }), {
      code: 'unsupported',
      message: /150 rows where 250 were asked for and 400 are there/,
    });
    assert.equal(
      (await index.query(rowOf(1).vector, { k: 20, filter: { meta: { n: { max: 9 } } } })).hits.length,
      10,
    );
    await index.close();
  });

  test('an index for other distances is not asked', async () => {
    const index = await open('cosine', { dims, exactRows: 100, maintain: false });
    await index.add(some(400));
    const { Index } = loadEngine().lancedb;
    const table = await database.table('cosine');
    await table.createIndex('vector', { config: Index.hnswSq({ distanceType: 'cosine' }) });
    const { exact, recall } = await index.compact();
    assert.deepEqual([exact, recall], [true, null]);
    assert.equal((await index.query(rowOf(1).vector)).exact, true);
    await index.close();
  });

  test('20,000 rows are read page by page: for a filter that is a function, and for all entries in order', async () => {
    const count = 20_000;
    const index = await open('pages', { dims: 4 });
    await index.add(
      Array.from({ length: count }, (_, n) => ({ id: `p${n}`, vector: Float32Array.of(n, 0, 0, 1) })),
    );
    // Replaced rows keep their place.
    await index.add([{ id: 'p7', vector: Float32Array.of(7, 1, 0, 1), meta: { again: true } }]);
    const { hits, exact } = await index.query(Float32Array.of(0, 0, 0, 1), {
      k: 5,
      filter: (id) => Number(id.slice(1)) >= count - 2,
    });
    assert.deepEqual([hits.map(({ id }) => id), exact], [[`p${count - 2}`, `p${count - 1}`], true]);
    const asked = database.asked.length;
    const { entries, total } = await index.entries();
    assert.ok(database.asked.slice(asked).filter((one) => one.call === 'query').length >= 3);
    assert.deepEqual(
      entries.map(({ id }) => id),
      Array.from({ length: count }, (_, n) => `p${n}`),
    );
    assert.equal(total, count);
    const odd = await index.entries({ filter: (id) => /[13579]$/.test(id), offset: 9000, limit: 2 });
    assert.deepEqual([odd.entries.map(({ id }) => id), odd.total], [['p18001', 'p18003'], count / 2]);
    database.keepsOrder = false;
    await index.close();
    const unordered = await open('pages');
    await assert.rejects(unordered.entries(), { code: 'unsupported', message: /order_by/ });
    await unordered.close();
  });

  test('two processes that add the same ids at once leave one row of each; what is there twice is mended by adding', async () => {
    const one = await open('twins', { dims, staleMs: 0 });
    const two = await open('twins', { dims, staleMs: 0 });
    for (let round = 0; round < 5; round++) {
      const rows = some(50, 50 * round);
      await Promise.all([one.add(rows), two.add(rows)]);
    }
    const { entries, total } = await one.entries();
    assert.deepEqual([total, new Set(entries.map(({ id }) => id)).size], [250, 250]);
    // As a process leaves it that is killed before it looks.
    const table = await database.table('twins');
    const [row] = await table.query().where("id = 'p3'").limit(1).toArray();
    await table.add([{ ...row.toJSON(), added: (row.added as number) + 1, vector: [...row.vector] }]);
    assert.equal(await one.size(), 251);
    const { hits } = await two.query(rowOf(3).vector, { k: 300 });
    assert.equal(hits.filter(({ id }) => id === 'p3').length, 1);
    await two.add([rowOf(3)]);
    assert.equal(await one.size(), 250);
    await one.close();
    await two.close();
  });

  test('what another process changes is seen when staleMs have passed, one’s own changes at once', async () => {
    const writer = await open('stale', { dims });
    await writer.add(some(20));
    const reader = await open('stale', { staleMs: 200 });
    const seen = async (): Promise<boolean> =>
      (await reader.query(rowOf(1).vector, { filter: { meta: { late: true } } })).hits.length === 1;
    assert.equal(await seen(), false);
    await writer.add([{ ...rowOf(1), meta: { late: true } }]);
    assert.equal((await writer.query(rowOf(1).vector, { filter: { meta: { late: true } } })).hits.length, 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(await seen(), true);
    const before = await reader.version();
    await writer.remove(['p1']);
    assert.notEqual(await reader.version(), before);
    await writer.close();
    await reader.close();
  });

  test('a table that is none of ours is refused; one that was made and not noted is taken where it is empty', async () => {
    const made = await open('half', { dims, fingerprint: 'one' });
    await made.close();
    const notes = await database.table('half_likeness');
    await notes.delete('true');
    await assert.rejects(open('half'), { code: 'bad-file', message: /not made by Likeness/ });
    const taken = await open('half', { dims, fingerprint: 'two' });
    assert.equal(taken.fingerprint, 'two');
    await taken.add(some(3));
    await taken.close();
    await notes.delete('true');
    await assert.rejects(open('half', { dims, fingerprint: 'two' }), { code: 'bad-file' });
    await assert.rejects(open('half', { dims: 3 }), { code: 'bad-file' });
    await assert.rejects(open('queries', { dims: 3 }), { code: 'model-mismatch' });
  });

  test('each fault of a service is one sentence, and nothing is lost', async () => {
    const refused = async (work: () => Promise<unknown>, code: string, message: RegExp): Promise<void> => {
      const began = performance.now();
      await assert.rejects(work, (error: Error & { code?: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /request_id|Caused by|\n/, 'a sentence');
        assert.ok(error.message.length < 400, error.message);
        return true;
      });
      assert.ok(performance.now() - began < 20_000, `${performance.now() - began} ms`);
    };
    const index = await open('faults', { dims, staleMs: 0 });
    await index.add(some(30));
    const work: [string, () => Promise<unknown>][] = [
      ['query', () => index.query(rowOf(1).vector)],
      ['count_rows', () => index.remove(['p1'])],
      ['merge_insert', () => index.add([rowOf(99)])],
      ['query', () => index.entries({ limit: 5 })],
      ['describe', () => index.version()],
    ];
    const faults: [RemoteFault, string, RegExp][] = [
      [401, 'storage-denied', /refuses \(401\).*LANCEDB_API_KEY/],
      [403, 'storage-denied', /refuses \(403\)/],
      [404, 'not-found', /no such table/],
      [400, 'storage-failed', /answered 400: the test says 400\./],
      ['drop', 'storage-failed', /does not answer|ended its answer/],
      ['cut', 'storage-failed', /ended its answer|does not answer/],
    ];
    for (const [fault, code, message] of faults) {
      for (const [named, call] of work) {
        database.fault = (request) =>
          request.call === named && request.table === 'faults' ? fault : undefined;
        await refused(call, code, message);
      }
    }
    // Those are asked again: it takes seconds.
    for (const fault of [429, 500, 503]) {
      database.fault = (request) => (request.call === 'query' ? fault : undefined);
      const message = new RegExp(`answered ${fault}, also when it was asked again`);
      await refused(() => index.query(rowOf(1).vector), 'storage-failed', message);
    }
    let times = 0;
    database.fault = (request) => (request.call === 'merge_insert' && times++ < 2 ? 503 : undefined);
    await index.add([rowOf(200)]);
    assert.ok(times >= 3, 'asked again until it was taken');
    database.fault = () => undefined;
    // Cut after the work was done: rows that a caller adds again are there once.
    assert.equal((await index.entries({ filter: ['p99', 'p200'] })).total, 2);
    assert.deepEqual(await index.add([rowOf(99)]), { added: 0, replaced: 1 });
    assert.equal(await index.size(), (await index.entries()).entries.length);
    await index.close();

    await refused(
      () => open('faults', { hostOverride: 'http://127.0.0.1:1' }),
      'storage-failed',
      /127\.0\.0\.1:1 does not answer.*hostOverride/,
    );
    process.env.LANCE_CLIENT_READ_TIMEOUT = '1';
    try {
      const slow = await open('faults');
      database.fault = () => ({ waitMs: 3000 });
      await refused(() => slow.query(rowOf(1).vector), 'storage-failed', /does not answer/);
      database.fault = () => undefined;
      assert.equal((await slow.query(rowOf(2).vector, { k: 1 })).hits[0]!.id, 'p2');
      await slow.close();
    } finally {
      delete process.env.LANCE_CLIENT_READ_TIMEOUT;
    }
  });
});
