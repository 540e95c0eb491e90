// LanceIndex, imports and servers over an object store that speaks S3: s3rver, installed from npm, behind a front of ours.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { VectorQueryOptions, VectorRow } from '../../src/engine/vector-engine.ts';
import { LanceIndex } from '../../src/lance/index.ts';
import { encodeNpy } from '../../src/python/npy.ts';
import { bearer, call, token } from '../support/api-server.ts';
import { likeness, root, withFolder } from '../support/cli.ts';
import { ClusteredRows } from '../support/clustered-rows.ts';
import { OwnRows, randomOf } from '../support/lance.ts';
import { type Fault, type ObjectStore, startObjectStore, storeKeys } from '../support/object-store.ts';

const dims = 32;
let store: ObjectStore;

before(async () => {
  store = await startObjectStore();
  // As a shell gives them; without the last one, credentials are looked for at an address outside.
  Object.assign(process.env, storeKeys, {
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    LANCEDB_LOG: 'error',
  });
});
after(() => store?.close());
beforeEach(() => {
  store.fault = () => undefined;
});

const address = (name: string): string => `s3://${store.bucket}/${name}`;
const openIndex = (name: string, options: object = {}): Promise<LanceIndex> =>
  LanceIndex.open(address(name), { endpoint: store.endpoint, dims, ...options });

/** Nothing else is as near to the n-th vector as itself. */
function vectorOf(n: number): Float32Array {
  const random = randomOf(n + 1);
  return Float32Array.from({ length: dims }, () => random() - 0.5);
}
const row = (n: number): VectorRow => ({
  id: `p '${n}'/ü.jpg`,
  vector: vectorOf(n),
  meta: { n, colour: ['red', 'green', 'blue'][n % 3]!, tags: n % 2 ? ['a', 'b'] : 'a' },
});
const rowsOf = (count: number): VectorRow[] => Array.from({ length: count }, (_, n) => row(n));

describe('LanceIndex on an object store', () => {
  test('400 queries are answered as by our own index, hit by hit, before and after rows are replaced, removed and compacted', async () => {
    const index = await openIndex('same', { staleMs: 0 });
    const own = await OwnRows.create(dims);
    const rows = rowsOf(1500);
    const both = async (some: readonly VectorRow[]): Promise<void> => {
      await index.add(some);
      own.add(some);
    };
    const random = randomOf(3);
    const compare = async (): Promise<void> => {
      for (let n = 0; n < 100; n++) {
        const from = Math.floor(random() * 1500);
        const filters: VectorQueryOptions['filter'][] = [
          undefined,
          { meta: { colour: ['red', 'blue'], n: { min: from } } },
          { meta: { tags: 'b' } },
          (id) => id.includes('7'),
          rows.slice(from, from + 40).map(({ id }) => id),
        ];
        const options: VectorQueryOptions = {
          k: 1 + Math.floor(random() * 40),
          offset: n % 4 === 0 ? 7 : 0,
          filter: filters[n % 5],
          exclude: n % 3 === 0 ? rows.slice(from, from + 5).map(({ id }) => id) : [],
          ...(n % 6 === 0 ? { maxDistance: 1.2 } : {}),
        };
        const vector = vectorOf(from);
        const { hits, exact } = await index.query(vector, options);
        assert.deepEqual(hits, await own.query(vector, options), JSON.stringify(options));
        assert.equal(exact, true);
      }
    };
    await both(rows);
    await compare();
    const changed = rows
      .slice(100, 160)
      .map((one, n) => ({ ...one, vector: vectorOf(9000 + n), meta: { n } }));
    assert.deepEqual(await index.add(changed), { added: 0, replaced: 60 });
    own.add(changed);
    await compare();
    const gone = rows.slice(200, 300).map(({ id }) => id);
    assert.equal(await index.remove(gone), 100);
    own.remove(gone);
    await compare();
    await index.compact({ keepMs: 0 });
    await compare();
    const { entries, total } = await index.entries({ offset: 95, limit: 200 });
    assert.equal(total, 1400);
    assert.deepEqual(
      entries.map(({ id }) => id),
      own.ids.slice(95, 295),
    );
    assert.deepEqual(await index.vectorsOf([rows[120]!.id, gone[0]!]), [vectorOf(9020), undefined]);
    const other = await openIndex('same');
    assert.equal(await other.size(), 1400);
    await other.close();
    await index.close();
    own.close();
  });

  test('above exactRows its index answers, with the recall that was measured, also to a filter', async () => {
    const rows = new ClusteredRows(6000, 64);
    const list = Array.from({ length: 6000 }, (_, n) => ({ id: `p${n}`, vector: rows.row(n), meta: { n } }));
    const index = await openIndex('approximate', {
      dims: 64,
      exactRows: 1000,
      maintain: false,
      minRecall: 0.5,
    });
    await index.add(list);
    const report = await index.compact({ recallQueries: 16 });
    assert.equal(report.exact, false);
    const { hits, exact, recall } = await index.query(rows.row(4), { k: 10 });
    assert.deepEqual(
      [exact, recall, hits[0]],
      [false, report.recall, { id: 'p4', distance: 0, meta: { n: 4 } }],
    );
    const some = await index.query(rows.row(4), { k: 10, filter: { meta: { n: { max: 4999 } } } });
    assert.ok(!some.exact && some.hits.every(({ meta }) => (meta as { n: number }).n < 5000));
    const few = await index.query(rows.row(4), { k: 10, filter: { meta: { n: { max: 99 } } } });
    assert.equal(few.exact, true);
    await index.close();
  });

  test('what was acknowledged to a writer that is killed is there, and no part by half; two write side by side', async () => {
    await (await openIndex('killed')).close();
    const source = `import { LanceIndex } from ${JSON.stringify(join(root, 'dist/node/lance.js'))};
      const [uri, endpoint, name] = process.argv.slice(1);
      const index = await LanceIndex.open(uri, { endpoint });
      for (let n = 0; ; n++) {
        const rows = Array.from({ length: 20 }, (_, i) => ({ id: name + ' ' + n + ' ' + i, vector: new Float32Array(${dims}).fill(n), meta: { n, [name]: true } }));
        await index.add([...rows, { id: 'both', vector: new Float32Array(${dims}), meta: { name } }]);
        console.log(n);
      }`;
    const acknowledged = new Map<string, number>();
    const writers = ['one', 'two'].map((name) => {
      const args = ['--input-type=module', '-e', source, address('killed'), store.endpoint, name];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      createInterface({ input: child.stdout }).on('line', (line) => acknowledged.set(name, Number(line)));
      return child;
    });
    while (['one', 'two'].some((name) => (acknowledged.get(name) ?? -1) < 4)) {
      await wait(50);
      for (const { exitCode } of writers) assert.equal(exitCode, null, 'a writer has failed');
    }
    for (const child of writers) child.kill('SIGKILL');
    await Promise.all(writers.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    const index = await openIndex('killed');
    const { entries, total } = await index.entries();
    assert.equal(new Set(entries.map(({ id }) => id)).size, total, 'an id is there twice');
    const counts = new Map<string, number>();
    for (const { id } of entries) {
      const part = id.replace(/ \d+$/, '');
      counts.set(part, (counts.get(part) ?? 0) + 1);
    }
    counts.delete('both');
    for (const [name, last] of acknowledged) {
      for (let n = 0; n <= last; n++) assert.equal(counts.get(`${name} ${n}`), 20);
    }
    assert.ok([...counts.values()].every((count) => count === 20));
    assert.ok(await index.has('both'));
    await index.close();
  });

  test('says what is wrong with keys, bucket, endpoint and address, and what to do', async () => {
    const refused = async (work: () => Promise<unknown>, code: string, message: RegExp): Promise<void> => {
      const began = performance.now();
      await assert.rejects(work, (error: Error & { code?: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\.rs\b|Some\(|backtrace|\n/, 'a sentence');
        assert.ok(error.message.length < 400, error.message);
        return true;
      });
      assert.ok(performance.now() - began < 30_000, `${performance.now() - began} ms`);
    };
    const index = await openIndex('errors');
    await index.add(rowsOf(3));
    const secret = { aws_secret_access_key: 'wrong' };
    const tell = /refuses \(403, SignatureDoesNotMatch\).*AWS_ACCESS_KEY_ID/;
    await refused(() => openIndex('errors', { storageOptions: secret }), 'storage-denied', tell);
    const key = { aws_access_key_id: 'nobody' };
    await refused(() => openIndex('errors', { storageOptions: key }), 'storage-denied', /InvalidAccessKeyId/);
    const bucket = () => LanceIndex.open('s3://nobody/x', { endpoint: store.endpoint, dims });
    await refused(bucket, 'not-found', /no bucket "nobody"/);
    const table = () => openIndex('none', { dims: undefined });
    await refused(table, 'not-found', /no table "pictures" in s3:\/\/shop\/none.*dims/);
    for (const endpoint of ['http://127.0.0.1:1', 'http://nobody.invalid:9000']) {
      const away = () => openIndex('errors', { endpoint });
      await refused(away, 'storage-failed', /does not answer.*endpoint/);
    }
    for (const endpoint of [store.endpoint.slice(7), 'ftp://127.0.0.1', '']) {
      await refused(() => openIndex('errors', { endpoint }), 'bad-argument', /endpoint is .*https:/);
    }
    for (const uri of ['s3:/shop/x', 's3://', 's3:shop']) {
      await refused(() => LanceIndex.open(uri, { dims }), 'bad-argument', /s3:\/\/bucket/);
    }
    await refused(() => LanceIndex.open('here', { dims, endpoint: store.endpoint }), 'bad-argument', /s3:/);
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...rest } = process.env;
    const args = [
      'serve',
      '--engine',
      `lancedb:${address('errors')}`,
      '--endpoint',
      store.endpoint,
      '--port',
      '0',
    ];
    const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args], { env: rest });
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    assert.deepEqual(await once(child, 'exit'), [1, null]);
    assert.match(said, /^.*no credentials.*AWS_ACCESS_KEY_ID.*\n$/);

    // Keys that may read only: nothing changes.
    store.fault = ({ method }) => (method === 'PUT' ? 403 : undefined);
    await refused(() => index.add([row(9)]), 'storage-denied', /AccessDenied.*write/);
    await refused(() => index.remove([row(1).id]), 'storage-denied', /AccessDenied/);
    assert.equal((await index.query(vectorOf(1), { k: 3 })).hits.length, 3);
    store.fault = () => undefined;
    assert.deepEqual(await index.add([row(9)]), { added: 1, replaced: 0 });
    await index.close();
  });

  test('a store that stops, refuses or breaks off is told in bounded time; what was acknowledged is there when it is back', async () => {
    const index = await openIndex('stops', { staleMs: 0 });
    await index.add(rowsOf(200));
    const faults: [Fault | 'away', RegExp][] = [
      [503, /answered 503, SlowDown.*again later/],
      [500, /answered 500, InternalError/],
      ['drop', /does not answer/],
      ['away', /does not answer/],
    ];
    for (const [n, [what, message]] of faults.entries()) {
      if (what === 'away') await store.die();
      else store.fault = () => what;
      const began = performance.now();
      const calls = [
        () => index.query(vectorOf(1), { k: 1 }),
        () => index.add([row(1000 + n)]),
        () => index.remove([row(n).id]),
        () => index.entries({ limit: 1 }),
      ];
      for (const one of calls) {
        await assert.rejects(one, { code: 'storage-failed', message }, String(what));
      }
      assert.ok(performance.now() - began < 60_000, `${what}: ${performance.now() - began} ms`);
      store.fault = () => undefined;
      if (what === 'away') await store.revive();
      assert.equal((await index.query(vectorOf(1), { k: 1 })).hits[0]!.id, row(1).id, String(what));
      assert.equal(await index.size(), 200, 'nothing of what failed has happened');
    }
    // Some of the requests fail: they are sent again, and nobody notices.
    let asked = 0;
    store.fault = () => (++asked % 4 === 0 ? 503 : undefined);
    assert.deepEqual(await index.add(rowsOf(210)), { added: 10, replaced: 200 });
    assert.equal((await index.query(vectorOf(205), { k: 1 })).hits[0]!.distance, 0);
    store.fault = () => undefined;
    assert.equal((await index.entries()).total, 210);
    await index.close();
  });
});

interface Started {
  child: ChildProcess;
  port: number;
  url: string;
  stderr(): string;
}

async function startServer(name: string, ...more: string[]): Promise<Started> {
  const args = ['serve', '--engine', `lancedb:${address(name)}`, '--endpoint', store.endpoint, '--port', '0'];
  const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LIKENESS_TOKEN: token },
  });
  let stderr = '';
  child.stderr!.on('data', (text) => {
    stderr += text;
  });
  const [line] = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit').then(() => [''])]);
  const port = Number(/http:\/\/localhost:(\d+)\//.exec(String(line))?.[1]);
  assert.ok(port, stderr);
  return { child, port, url: `http://localhost:${port}/api`, stderr: () => stderr };
}

async function stop(...servers: readonly Started[]): Promise<void> {
  for (const { child } of servers) child.kill('SIGTERM');
  await Promise.all(servers.map(({ child }) => child.exitCode ?? once(child, 'exit')));
}

/** A load balancer: each request to the next server. */
async function startBalancer(ports: readonly number[]): Promise<{ url: string; close(): void }> {
  let turn = 0;
  const server = createServer((request, response) => {
    const port = ports[turn++ % ports.length];
    const { method, url: path, headers } = request;
    const asked = send({ host: 'localhost', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    asked.once('error', () => response.destroy());
    request.pipe(asked);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A process of its own that works on the table until it is told to stop; resolves to its exit code. */
function startScript(name: string, work: string): { stop(): Promise<unknown> } {
  const source = `let on = true; process.on('SIGTERM', () => { on = false; });
    const { LanceIndex } = await import(${JSON.stringify(join(root, 'dist/node/lance.js'))});
    const index = await LanceIndex.open(${JSON.stringify(address(name))}, { endpoint: ${JSON.stringify(store.endpoint)} });
    for (let n = 0; on; n++) { ${work} }
    await index.close();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  return {
    async stop() {
      child.kill('SIGTERM');
      return (await ended)[0];
    },
  };
}

describe('servers over an object store', () => {
  test('no request fails while others add, compact and remove, and nothing is found that was removed longer ago than servers may be stale', async () => {
    const staleMs = 1000;
    const index = await openIndex('shared');
    await index.add(rowsOf(600));
    await index.close();
    const options = ['--stale', String(staleMs / 1000), '--log', 'failures'];
    const servers = await Promise.all([startServer('shared', ...options), startServer('shared', ...options)]);
    const balancer = await startBalancer(servers.map(({ port }) => port));
    const adder = startScript(
      'shared',
      `await index.add([{ id: 'x' + n, vector: Float32Array.from({ length: ${dims} }, () => 9 + Math.random()), meta: { n } }]); await new Promise((go) => setTimeout(go, 50));`,
    );
    const compacter = startScript(
      'shared',
      `await index.compact({ keepMs: 60_000 }); await new Promise((go) => setTimeout(go, 500));`,
    );
    try {
      const removed = new Map<string, number>();
      let [isOver, answers] = [false, 0];
      const random = randomOf(1);
      const ask = async (): Promise<void> => {
        while (!isOver) {
          const began = performance.now();
          const vector = [...vectorOf(Math.floor(random() * 600))];
          const json = { vector, k: 20, filter: { meta: { n: { min: 0 } } } };
          const { status, body } = await call(`${balancer.url}/query`, { json });
          assert.equal(status, 200, JSON.stringify(body));
          assert.equal(body.hits.length, 20);
          for (const { id } of body.hits) {
            const at = removed.get(id);
            assert.ok(at === undefined || began < at + staleMs, `${id}: removed ${began - at!} ms before`);
          }
          const page = await call(`${balancer.url}/entries?limit=100`);
          assert.equal(page.status, 200, JSON.stringify(page.body));
          answers++;
        }
      };
      const asking = [ask(), ask(), ask()];
      const removing = (async () => {
        for (let n = 0; n < 40; n++) {
          const { id } = row(n);
          const url = `${balancer.url}/entries/${encodeURIComponent(id)}`;
          const { status, body } = await call(url, { method: 'DELETE', headers: bearer });
          assert.deepEqual([status, body.removed], [200, 1], JSON.stringify(body));
          removed.set(id, performance.now());
          await wait(100);
        }
      })();
      const ends = removing.finally(async () => {
        await wait(staleMs + 500);
        isOver = true;
      });
      await Promise.all([ends, ...asking]);
      console.log(`${answers} queries and pages beside 40 removals`);
      assert.ok(answers > 20, String(answers));
      assert.deepEqual(await Promise.all([adder.stop(), compacter.stop()]), [0, 0]);
      await wait(staleMs);
      const [one, other] = await Promise.all(servers.map(({ url }) => call(`${url}/entries?offset=500`)));
      assert.deepEqual(one!.body, other!.body);
      assert.equal(one!.headers.get('etag'), other!.headers.get('etag'));
      assert.ok(one!.body.total > 560);
      for (const { stderr } of servers) assert.equal(stderr(), '', 'no request failed');
    } finally {
      await Promise.all([adder.stop(), compacter.stop()]);
      balancer.close();
      await stop(...servers);
    }
  });

  test('while the store is away they answer 503 and say nothing of it but in the log; then they go on', async () => {
    const index = await openIndex('away');
    await index.add(rowsOf(300));
    const server = await startServer('away', '--stale', '0', '--log', 'faults');
    const query = () => call(`${server.url}/query`, { json: { vector: [...vectorOf(7)], k: 1 } });
    try {
      assert.equal((await query()).body.hits[0].id, row(7).id);
      // In the middle of a query: some requests of it are answered.
      let asked = 0;
      store.fault = () => (++asked > 2 ? 503 : undefined);
      const broken = await query();
      assert.deepEqual([broken.status, broken.body.error.code], [503, 'storage-failed']);
      assert.ok(Number(broken.headers.get('retry-after')) > 0);
      assert.doesNotMatch(JSON.stringify(broken.body), /127\.0\.0\.1|shop/);
      asked = 0;
      const json = { entries: [{ id: 'new', vector: [...vectorOf(5000)] }] };
      const added = await call(`${server.url}/add`, { json, headers: bearer });
      assert.deepEqual([added.status, added.body.error.code], [503, 'storage-failed']);
      store.fault = () => undefined;
      await store.die();
      assert.equal((await query()).status, 503);
      assert.equal((await call(`${server.url}/health`)).status, 503);
      await store.revive();
      assert.equal((await query()).body.hits[0].id, row(7).id);
      assert.deepEqual((await call(`${server.url}/health`)).body.size, 300);
      assert.deepEqual((await call(`${server.url}/add`, { json, headers: bearer })).body, {
        added: 1,
        replaced: 0,
        size: 301,
      });
      const lines = server
        .stderr()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.ok(lines.length >= 4);
      assert.match(lines[0].error, /the object store at http:\/\/127\.0\.0\.1:\d+ answered 503, SlowDown/);
      // A slow one only takes its time.
      store.fault = () => ({ waitMs: 150 });
      assert.equal((await query()).body.hits[0].id, row(7).id);
    } finally {
      store.fault = () => undefined;
      await stop(server);
      await index.close();
    }
  });
});

test('imports into an object store, and goes on after it was killed', () =>
  withFolder(async (folder) => {
    const [n, d] = [12_000, 512];
    const rows = new ClusteredRows(n, d);
    const [npy, ids] = [join(folder, 'rows.npy'), join(folder, 'rows.txt')];
    await writeFile(npy, encodeNpy(rows.block(0, n), [n, d]));
    await writeFile(ids, Array.from({ length: n }, (_, at) => `p/${at}.jpg\n`).join(''));
    const args = [
      'import',
      npy,
      '--ids',
      ids,
      '--to',
      `lancedb:${address('imported')}`,
      '--endpoint',
      store.endpoint,
    ];
    const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'exit');
    let told = 0;
    for await (const line of createInterface({ input: child.stderr })) {
      const [, done] = /^Importing (\d+)\//.exec(line) ?? [];
      if (!(Number(done) > 0)) continue;
      told = Number(done);
      child.kill('SIGKILL');
      break;
    }
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    const again = await likeness(...args);
    assert.equal(again.code, 0, again.stderr);
    const [, added, replaced, same] = /12000 pictures, .*\((\d+) added, (\d+) replaced, (\d+) were there/
      .exec(again.stdout)!
      .map(Number);
    assert.ok(same! >= told && replaced === 0 && added! + same! === n, again.stdout);
    const index = await openIndex('imported', { dims: d, exactRows: 1000, minRecall: 0 });
    assert.equal(await index.size(), n);
    assert.deepEqual(await index.vectorsOf(['p/777.jpg']), [rows.row(777)]);
    await index.close();
  }));
