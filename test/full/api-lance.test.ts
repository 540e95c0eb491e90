import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { LanceIndex } from '../../src/lance/index.ts';
import { bearer, call, token } from '../support/api-server.ts';
import { root } from '../support/cli.ts';
import { randomOf, tempFolder } from '../support/lance.ts';

const dims = 64;
const staleMs = 1000;

/** The n-th vector: nothing else is as near to it as itself. */
function vectorOf(n: number): Float32Array {
  const random = randomOf(n + 1);
  return Float32Array.from({ length: dims }, () => random() - 0.5);
}
const row = (n: number): { id: string; vector: Float32Array; meta: { n: number } } => ({
  id: `p${n}`,
  vector: vectorOf(n),
  meta: { n },
});

async function startServer(uri: string): Promise<{ child: ChildProcess; url: string; stderr(): string }> {
  const args = ['serve', '--engine', `lancedb:${uri}`, '--stale', String(staleMs / 1000), '--port', '0'];
  const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args, '--log', 'failures'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LIKENESS_TOKEN: token },
  });
  let stderr = '';
  child.stderr!.on('data', (text) => {
    stderr += text;
  });
  const [line] = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit').then(() => [''])]);
  const url = /http:\S+\//.exec(String(line))?.[0];
  assert.ok(url, stderr);
  return { child, url: `${url}api`, stderr: () => stderr };
}

/** A process of its own that works on the table until it is told to stop; resolves to its exit code. */
function startScript(source: string): { stop(): Promise<number> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  return {
    async stop() {
      child.kill('SIGTERM');
      return (await ended)[0] as number;
    },
  };
}

const untilTold = `let on = true; process.on('SIGTERM', () => { on = false; });`;

describe('servers over one table of LanceDB', () => {
  test('no request fails, and no answer has a picture that was removed longer ago than the servers may be stale', async () => {
    using folder = tempFolder();
    const uri = join(folder.path, 't');
    const index = await LanceIndex.open(uri, { dims });
    await index.add(Array.from({ length: 600 }, (_, n) => row(n)));
    await index.close();
    const servers = await Promise.all([startServer(uri), startServer(uri)]);
    const adder = startScript(`${untilTold}
      const { LanceIndex } = await import(${JSON.stringify(join(root, 'dist/node/lance.js'))});
      const index = await LanceIndex.open(${JSON.stringify(uri)});
      for (let n = 0; on; n++) {
        await index.add([{ id: 'x' + n, vector: Float32Array.from({ length: ${dims} }, () => 9 + Math.random()), meta: { n } }]);
      }
      await index.close();`);
    const compacter = startScript(`${untilTold}
      const { connect } = await import('@lancedb/lancedb');
      const table = await (await connect(${JSON.stringify(uri)})).openTable('pictures');
      // Nobody has to repeat it: the next one comes.
      const isConflict = ({ message }) => /conflict|preempted/i.test(message);
      while (on) { await table.optimize().catch((error) => { if (!isConflict(error)) throw error; }); await new Promise((go) => setTimeout(go, 300)); }`);
    try {
      /** When the removal was acknowledged. */
      const removed = new Map<string, number>();
      let done = false;
      let answers = 0;
      const random = randomOf(1);
      const ask = async ({ url }: { url: string }): Promise<void> => {
        while (!done) {
          const began = performance.now();
          const n = Math.floor(random() * 600);
          const json = { vector: [...vectorOf(n)], k: 20, filter: { meta: { n: { min: 0 } } } };
          const { status, body } = await call(`${url}/query`, { json });
          assert.equal(status, 200, JSON.stringify(body));
          assert.equal(body.hits.length, 20);
          for (const { id } of body.hits) {
            const at = removed.get(id);
            assert.ok(at === undefined || began < at + staleMs, `${id}: removed ${began - at!} ms before`);
          }
          const page = await call(`${url}/entries?limit=100`);
          assert.equal(page.status, 200, JSON.stringify(page.body));
          answers++;
        }
      };
      const asking = servers.flatMap((server) => [ask(server), ask(server)]);
      const removing = (async () => {
        for (let n = 0; n < 60; n++) {
          const { status, body } = await call(`${servers[n % 2]!.url}/entries/p${n}`, {
            method: 'DELETE',
            headers: bearer,
          });
          assert.deepEqual([status, body.removed], [200, 1], JSON.stringify(body));
          removed.set(`p${n}`, performance.now());
          await setTimeout(100);
        }
      })();
      await removing.finally(() =>
        setTimeout(staleMs + 500).then(() => {
          done = true;
        }),
      );
      await setTimeout(staleMs + 600);
      await Promise.all(asking);
      console.log(`${answers} queries and pages beside 60 removals`);
      assert.ok(answers > 40, String(answers));
      // Both see the same, and what the third process added.
      assert.deepEqual([await adder.stop(), await compacter.stop()], [0, 0]);
      await setTimeout(staleMs);
      const [one, other] = await Promise.all(
        servers.map(({ url }) => call(`${url}/entries?offset=500&limit=100`)),
      );
      assert.deepEqual(one!.body, other!.body);
      assert.equal(one!.headers.get('etag'), other!.headers.get('etag'));
      assert.ok(one!.body.total > 540);
      for (const { stderr } of servers) assert.equal(stderr(), '', 'no request failed');
    } finally {
      for (const { child } of servers) child.kill('SIGTERM');
      await Promise.all(servers.map(({ child }) => child.exitCode ?? once(child, 'exit')));
    }
  });

  test('a server that is killed while it adds has what it acknowledged', async () => {
    using folder = tempFolder();
    const uri = join(folder.path, 't');
    await (await LanceIndex.open(uri, { dims })).close();
    const acknowledged = new Set<number>();
    let next = 0;
    for (let round = 0; round < 4; round++) {
      const { child, url } = await startServer(uri);
      const kill = setTimeout(400 + 300 * round).then(() => child.kill('SIGKILL'));
      const writers = [0, 1].map(async () => {
        for (;;) {
          const some = Array.from({ length: 20 }, () => next++);
          const entries = some.map((n) => ({ ...row(n), vector: [...vectorOf(n)] }));
          const answer = await call(`${url}/add`, { json: { entries }, headers: bearer }).catch(
            () => undefined,
          );
          if (answer?.status !== 200) return;
          for (const n of some) acknowledged.add(n);
        }
      });
      await Promise.all([kill, ...writers]);
    }
    assert.ok(acknowledged.size > 0);
    console.log(`${acknowledged.size} of ${next} rows were acknowledged before four kills`);
    const { child, url } = await startServer(uri);
    try {
      const there = new Map<string, number>();
      for (let offset = 0; ; offset += 1000) {
        const { body } = await call(`${url}/entries?limit=1000&offset=${offset}`);
        for (const { id, meta } of body.entries) {
          assert.ok(!there.has(id), `${id} is there twice`);
          there.set(id, meta.n);
        }
        if (body.entries.length < 1000) break;
      }
      for (const n of acknowledged) assert.equal(there.get(`p${n}`), n);
      for (const n of [...acknowledged].slice(-5)) {
        const { body } = await call(`${url}/query`, { json: { vector: [...vectorOf(n)], k: 1 } });
        assert.deepEqual([body.hits[0].id, body.hits[0].distance], [`p${n}`, 0]);
      }
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
});
