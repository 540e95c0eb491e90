// Memory that a server takes for exact queries of a table of LanceDB.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { LanceIndex } from '../../src/lance/index.ts';
import { call } from '../support/api-server.ts';
import { root } from '../support/cli.ts';
import { randomOf, tempFolder } from '../support/lance.ts';

const [dims, rows] = [512, 200_000];

/** The processes below one, and itself. */
async function familyOf(id: number): Promise<number[]> {
  const text = await readFile(`/proc/${id}/task/${id}/children`, 'utf8').catch(() => '');
  const below = text.split(' ').filter((part) => part !== '');
  return [id, ...(await Promise.all(below.map((child) => familyOf(Number(child))))).flat()];
}

/** The most memory that each has had, in MB. */
const mostOf = (ids: readonly number[]): Promise<number[]> =>
  Promise.all(
    ids.map(async (id) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
    }),
  );

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

const isThere = (id: number): boolean => {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
};

test(`likeness serve --engine: exact queries of ${rows} × ${dims} take less than 400 MB, and a process that is ended leaves none behind`, {
  skip: process.platform !== 'linux',
}, async (t) => {
  using folder = tempFolder();
  const random = randomOf(5);
  const vector = (): Float32Array => Float32Array.from({ length: dims }, random);
  const index = await LanceIndex.open(join(folder.path, 'a.lance'), { dims, maintain: false });
  await index.add(
    (function* () {
      for (let n = 0; n < rows; n++) yield { id: `p${n}`, vector: vector() };
    })(),
  );
  await index.close();
  const start = async (): Promise<{ child: ChildProcess; url: string }> => {
    const args = ['serve', '--engine', `lancedb:${join(folder.path, 'a.lance')}`, '--port', '0'];
    const { MALLOC_ARENA_MAX: _, ...env } = process.env;
    const child = spawn(process.execPath, [join(root, 'dist/node/cli.js'), ...args, '--log', 'off'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    const [line] = await once(child.stdout!, 'data');
    return { child, url: `http://localhost:${/:(\d+)\//.exec(String(line))![1]}/api` };
  };
  const { child, url } = await start();
  const family = await familyOf(child.pid!);
  for (let round = 0; round < 4; round++) {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        call(`${url}/query`, {
          method: 'POST',
          body: vector() as Float32Array<ArrayBuffer>,
          headers: { 'Content-Type': 'application/octet-stream' },
        }),
      ),
    );
    for (const { status, body } of answers) {
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual([body.exact, body.hits.length], [true, 30]);
    }
  }
  const most = await mostOf(family);
  t.diagnostic(`processes took at most ${most.map((size) => size.toFixed(0)).join(' and ')} MB`);
  assert.ok(most.reduce((sum, size) => sum + size, 0) < 400, `${most} MB`);
  child.kill('SIGTERM');
  assert.equal(await ended(child), 0);
  assert.deepEqual(family.filter(isThere), []);

  // One that is killed takes the other one along.
  const second = await start();
  const others = await familyOf(second.child.pid!);
  second.child.kill('SIGKILL');
  for (let n = 0; n < 100 && others.some(isThere); n++) await setTimeout(50);
  assert.deepEqual(others.filter(isThere), []);
});
