// The command line over `db://…`, at a server of the test that speaks LanceDB's remote protocol over LanceDB itself.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { LanceIndex } from '../../src/lance/index.ts';
import { encodeNpy } from '../../src/python/npy.ts';
import { bearer, call, token } from '../support/api-server.ts';
import { likeness, root, samples, withFolder } from '../support/cli.ts';
import { type RemoteDatabase, startRemoteDatabase } from '../support/remote-database.ts';

const dims = 512;
const rows = Array.from({ length: 300 }, (_, n) => ({
  id: `p${n}`,
  vector: Float32Array.from({ length: dims }, (_, i) => Math.sin(n * (i + 1))),
}));

describe('the command line over db://…', () => {
  let database: RemoteDatabase;
  before(async () => {
    database = await startRemoteDatabase();
    process.env.LANCEDB_API_KEY = database.apiKey;
  });
  after(async () => {
    delete process.env.LANCEDB_API_KEY;
    await database.close();
  });
  beforeEach(() => {
    database.fault = () => undefined;
  });
  const to = (table: string): string[] => [
    ...['--to', `lancedb:${database.uri}`, '--table', table],
    ...['--endpoint', database.host],
  ];

  test('likeness import, a server over it that adds and removes, and another that sees it', () =>
    withFolder(async (folder) => {
      const [npy, ids] = [join(folder, 'v.npy'), join(folder, 'ids.txt')];
      const values = Float32Array.from(rows.flatMap(({ vector }) => [...vector]));
      await writeFile(npy, encodeNpy(values, [rows.length, dims]));
      await writeFile(ids, rows.map(({ id }) => `${id}\n`).join(''));
      const args = ['import', npy, '--ids', ids, ...to('cli')];
      delete process.env.LANCEDB_API_KEY;
      const denied = await likeness(...args);
      process.env.LANCEDB_API_KEY = database.apiKey;
      assert.notEqual(denied.code, 0);
      assert.match(denied.stderr, /LANCEDB_API_KEY/);
      const first = await likeness(...args);
      assert.equal(first.code, 0, first.stderr);
      assert.match(first.stdout, /300 pictures/);
      const again = await likeness(...args);
      assert.match(again.stdout, /300 were there/);

      const servers = await Promise.all([startServer(), startServer()]);
      try {
        const [one, two] = servers.map(({ url }) => url) as [string, string];
        const [query, vector] = [(url: string) => `${url}/query`, [...rows[7]!.vector]];
        const answer = await call(query(one), { json: { vector, k: 3 } });
        assert.equal(answer.status, 200);
        assert.deepEqual([answer.body.hits[0].id, answer.body.exact], ['p7', true]);
        const page = await call(`${one}/entries?offset=10&limit=2`);
        assert.deepEqual(
          page.body.entries.map(({ id }: { id: string }) => id),
          ['p10', 'p11'],
        );
        const added = await call(`${one}/add`, {
          headers: bearer,
          json: { entries: [{ id: 'new', vector }] },
        });
        assert.equal(added.status, 200, JSON.stringify(added.body));
        const removed = await call(`${one}/entries`, {
          method: 'DELETE',
          headers: bearer,
          json: { ids: ['p7'] },
        });
        assert.equal(removed.status, 200, JSON.stringify(removed.body));
        await new Promise((resolve) => setTimeout(resolve, 1200));
        for (const url of [one, two]) {
          const { body } = await call(query(url), { json: { vector, k: 3 } });
          assert.deepEqual(
            [body.hits[0].id, body.hits.some(({ id }: { id: string }) => id === 'p7')],
            ['new', false],
          );
        }
        database.fault = () => 403;
        const away = await call(query(two), { json: { vector, k: 4 } });
        assert.equal(away.status, 503, JSON.stringify(away.body));
        database.fault = () => undefined;
        assert.equal((await call(query(two), { json: { vector, k: 4 } })).status, 200);
      } finally {
        await Promise.all(servers.map(({ stop }) => stop()));
      }
    }));

  async function startServer(): Promise<{ url: string; stop(): Promise<unknown> }> {
    const args = ['serve', '--engine', ...to('cli').slice(1), '--stale', '1', '--port', '0'];
    const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LIKENESS_TOKEN: token },
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [''])]);
    const url = /http:\S+\//.exec(String(line))?.[0];
    assert.ok(url, stderr);
    return {
      url: `${url}api`,
      stop() {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        return ended;
      },
    };
  }

  test('likeness index --to makes the table equal to the index', () =>
    withFolder(async (folder) => {
      const photos = join(folder, 'photos');
      await mkdir(photos);
      const names = ['A001', 'B001', 'A002', 'B002'].map((name) => `${name}.jpeg`);
      for (const name of names) await copyFile(join(samples, name), join(photos, name));
      const args = ['index', photos, '-o', join(folder, 'index'), ...to('photos')];
      const made = await likeness(...args);
      assert.equal(made.code, 0, made.stderr);
      await rm(join(photos, 'B001.jpeg'));
      const again = await likeness(...args, '--prune');
      assert.equal(again.code, 0, again.stderr);
      const { uri, host: hostOverride } = database;
      const index = await LanceIndex.open(uri, { hostOverride, table: 'photos' });
      assert.deepEqual((await index.entries()).entries.map(({ id }) => id).sort(), [
        'A001.jpeg',
        'A002.jpeg',
        'B002.jpeg',
      ]);
      assert.match(index.fingerprint!, /@/);
      await index.close();
    }));
});
