// LanceIndex at length: the same 2,000 queries as our own index answers, readers beside writers, a writer that is killed.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { LanceIndex } from '../../src/lance/index.ts';
import { root } from '../support/cli.ts';
import { randomOf, tempFolder } from '../support/lance.ts';
import { assertAnswersAsOwn, metasOf } from '../support/lance-hostile.ts';
import { assertQueriesAsOwn, queryDims, rowsOf } from '../support/lance-queries.ts';
import { assertOnce, count, stored, twinRows, withTwins } from '../support/lance-twins.ts';

const dims = queryDims;

describe('LanceIndex', () => {
  test('answers as our own index does whatever ids, keys and values are', () =>
    assertAnswersAsOwn(metasOf('all')));

  test('2,000 queries are answered as by our own index, hit by hit', async () => {
    using folder = tempFolder();
    await assertQueriesAsOwn(await LanceIndex.open(folder.path, { dims, staleMs: 0 }), 3000, 2000);
  });

  test('a reader sees a removal of another process when its staleMs have passed, through a compaction', async () => {
    using folder = tempFolder();
    const rows = rowsOf(500, randomOf(2));
    const writer = await LanceIndex.open(folder.path, { dims });
    await writer.add(rows);
    const staleMs = 300;
    const reader = await LanceIndex.open(folder.path, { staleMs });
    const removed = new Map<string, number>();
    let answers = 0;
    let isOver = false;
    const reading = (async () => {
      while (!isOver) {
        const started = performance.now();
        const { hits } = await reader.query(rows[0]!.vector, { k: 500 });
        for (const { id } of hits) {
          assert.ok(!(started - (removed.get(id) ?? Infinity) > staleMs), `${id} is found too late`);
        }
        answers++;
      }
    })();
    for (let n = 0; n < 40; n++) {
      const { id } = rows[n]!;
      assert.equal(await writer.remove([id]), 1);
      removed.set(id, performance.now());
      if (n % 10 === 9) await writer.compact();
      await wait(40);
    }
    await wait(2 * staleMs);
    isOver = true;
    await reading;
    assert.ok(answers > 5);
    assert.equal(await reader.size(), 460);
    await reader.close();
    await writer.close();
  });

  test('what a process had acknowledged when it was killed is there, and no part by half; two add side by side', async () => {
    using folder = tempFolder();
    const index = await LanceIndex.open(folder.path, { dims });
    const script = join(folder.path, 'writer.mjs');
    writeFileSync(
      script,
      `import { LanceIndex } from ${JSON.stringify(pathToFileURL(join(root, 'dist/node/lance.js')).href)};
const [name] = process.argv.slice(2);
const index = await LanceIndex.open(${JSON.stringify(folder.path)});
for (let n = 0; ; n++) {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    id: name + ' ' + n + ' ' + i,
    vector: new Float32Array(${dims}).fill(n),
    meta: { n, [name]: true },
  }));
  // Of both processes, too.
  await index.add([...rows, { id: 'both', vector: new Float32Array(${dims}), meta: { name } }]);
  process.send(n);
}
`,
    );
    const acknowledged = new Map<string, number>();
    const writers = ['one', 'two'].map((name) => {
      const child = fork(script, [name]);
      child.on('message', (n) => acknowledged.set(name, n as number));
      return child;
    });
    while (['one', 'two'].some((name) => (acknowledged.get(name) ?? -1) < 5)) {
      await wait(50);
      for (const { exitCode } of writers) assert.equal(exitCode, null, 'a writer has failed');
    }
    for (const child of writers) child.kill('SIGKILL');
    await Promise.all(writers.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    await index.close();
    const after = await LanceIndex.open(folder.path);
    const { entries, total } = await after.entries();
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
    assert.ok(await after.has('both'));
    await after.close();
  });

  for (const repair of ['compact', 'add'] as const) {
    test(`ids that a killed process has left twice are there once after ${repair}()`, async () => {
      using folder = tempFolder();
      const index = await withTwins(folder.path);
      if (repair === 'compact') await index.compact();
      // The rows that are there twice.
      else await index.add(twinRows(3));
      await assertOnce(index);
      assert.equal(await stored(folder.path), 1.5 * count);
      await index.close();
    });
  }
});
