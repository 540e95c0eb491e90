import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { serveTree } from '../../../scripts/serve-tree.mjs';
import type { FlatIndex as FlatIndexClass } from '../../../src/knn/flat-index.ts';
import { root } from '../../support/cli.ts';
import { asQueries, kinds, oracle } from '../../support/knn-kinds.ts';
import { runSideBySide } from '../../support/knn-side-by-side.ts';
import { seeded } from '../../support/random.ts';
import { createThreaded } from '../../support/threaded-index.ts';

const built: Promise<{ FlatIndex: typeof FlatIndexClass }> = import(
  pathToFileURL(join(root, 'dist/node/knn.js')).href
);

for (const [threads, isShared] of [
  [2, true],
  [3, true],
  [2, false],
  [3, false],
] as const) {
  const how = `${threads} threads, ${isShared ? 'shared memory' : 'rows of their own'}`;
  test(`${how}: the reference's answer, whatever the data, while rows come and go`, async () => {
    const d = 96;
    for (const kind of Object.keys(kinds)) {
      const random = seeded(threads);
      const values = kinds[kind]!(2000, d, random);
      const index = await createThreaded(d, threads, isShared);
      assert.equal(index.threads, threads);
      assert.match(index.reason, isShared ? new RegExp(`${threads} threads$`) : /rows of its own/);
      const queries = asQueries(kinds[kind]!(65, d, random));
      const check = async (held: Float32Array, count: number, k: number): Promise<void> => {
        const found = await index.search(queries.subarray(0, count * d), k);
        assert.equal(found.counts.length, count);
        for (let q = 0; q < count; q++) {
          const wanted = oracle(held, queries.subarray(q * d, (q + 1) * d), k);
          const part = [q * found.k, (q + 1) * found.k];
          assert.deepEqual(Array.from(found.rows.subarray(...part)), wanted.rows, `${kind}, query ${q}`);
          assert.deepEqual(Array.from(found.distances.subarray(...part)), wanted.distances, kind);
        }
      };
      await check(new Float32Array(0), 2, 5);
      index.add(values.subarray(0, 900 * d)); // no codes yet
      await check(values.subarray(0, 900 * d), 64, 30);
      const pending = index.search(queries, 5);
      index.add(values.subarray(900 * d));
      const during = await pending;
      assert.deepEqual(
        Array.from(during.rows.subarray(0, 5)),
        oracle(values, queries.subarray(0, d), 5).rows,
      );
      for (const count of [0, 1, 3, 63, 65]) await check(values, count, 30);
      await check(values, 1, 1);
      await check(values, 2, 2000);
      // One query over part of the rows: these are divided.
      const filter = Uint8Array.from({ length: 2000 }, (_, row) => Number(row % 3 === 0));
      const among = await index.search(queries.subarray(0, d), 40, { filter });
      const third = values.filter((_, i) => Math.floor(i / d) % 3 === 0);
      assert.deepEqual(
        Array.from(among.rows),
        oracle(third, queries.subarray(0, d), 40).rows.map((row) => 3 * row),
        kind,
      );
      // Changes in the middle, then more rows.
      const changed = values.slice();
      const replaced = queries.subarray(7 * d, 8 * d);
      for (const row of [0, 1023, 1999]) {
        index.set(row, replaced);
        changed.set(replaced, row * d);
      }
      await check(changed, 1, 10);
      index.remove(Array.from({ length: 1200 }, (_, row) => row));
      const left = changed.subarray(1200 * d);
      await check(left, 64, 10);
      await check(left, 1, 10);
      for (let row = 0; row < 20; row++) index.add(values.subarray(row * d, (row + 1) * d));
      const held = new Float32Array(820 * d);
      held.set(left);
      held.set(values.subarray(0, 20 * d), 800 * d);
      await check(held, 1, 30);
      assert.deepEqual(await index.read([819, 0, 410]), pick(held, d, [819, 0, 410]), kind);
      if (isShared) assert.deepEqual(index.get(819), pick(held, d, [819]));
      else assert.throws(() => index.get(819), { code: 'bad-argument', message: /read/ });
      const last = index.search(queries, 5);
      index.close();
      await assert.rejects(last, { name: 'LikenessError', code: 'closed' });
    }
  });
}

test('real sizes: searches side by side, each with its own answer', async () => {
  const { FlatIndex } = await built;
  const [n, d, k] = [36_000, 512, 10];
  const random = seeded(7);
  const sparse = (count: number): Float32Array =>
    Float32Array.from({ length: count * d }, () => Math.max(0, random() - 0.7));
  const values = sparse(n);
  const index = await FlatIndex.create({ dimension: d, backend: 'wasm', threads: 2 });
  index.add(values);
  // Each of them more than a hundred million terms, which are divided: by rows, by queries, by rows.
  const asked = [sparse(8), sparse(16), sparse(8)].map((queries, i) =>
    queries.subarray(0, [8, 16, 8][i]! * d),
  );
  const wanted = [];
  for (const queries of asked) wanted.push(await index.search(queries, k));
  for (let round = 0; round < 6; round++) {
    const found = await Promise.all(asked.map((queries) => index.search(queries, k)));
    for (const [i, { rows, distances }] of found.entries()) {
      assert.deepEqual(rows, wanted[i]!.rows, `round ${round}, search ${i}`);
      assert.deepEqual(distances, wanted[i]!.distances);
    }
  }
  assert.deepEqual(
    Array.from(wanted[0]!.rows.subarray(0, k)),
    oracle(values, asked[0]!.subarray(0, d), k).rows,
  );
  index.close();
});

/** Has every job of shared threads, and every search of shards, tell which of the other threads did some of it. */
function watchThreads(): { divided: () => number; restore: () => void } {
  const { emit } = Worker.prototype;
  let divided = 0;
  Worker.prototype.emit = function (this: Worker, event: string, ...told: unknown[]) {
    const { answer } = (event === 'message' ? told[0] : {}) as { answer?: unknown };
    if (Array.isArray(answer)) divided += Number(answer.length > 0);
    else if (typeof answer === 'object' && answer !== null && 'counts' in answer) divided++;
    return (emit as (...args: unknown[]) => boolean).call(this, event, ...told);
  } as typeof emit;
  return {
    divided: () => divided,
    restore: () => {
      Worker.prototype.emit = emit;
    },
  };
}

for (const [threads, isShared] of [
  [2, true],
  [3, true],
  [2, false],
] as const) {
  const how = `${threads} threads, ${isShared ? 'shared memory' : 'rows of their own'}`;
  test(`${how}: searches, reads, changes and aborts side by side`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const watch = watchThreads();
    try {
      const create = async () => ({ index: await createThreaded(64, threads, isShared) });
      const answered = await runSideBySide({ d: 64, rows: 2400, rounds: 60, create }, seed);
      assert.ok(answered > 50, `${answered} answers, seed ${seed}`);
      assert.ok(watch.divided() > 25, `${watch.divided()} of ${answered} divided, seed ${seed}`);
    } finally {
      watch.restore();
    }
  });
}

function pick(values: Float32Array, d: number, rows: number[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...values.subarray(row * d, (row + 1) * d)]));
}

test('threads: a wrong number is refused', async () => {
  const { FlatIndex } = await built;
  for (const threads of [0, 1.5, 65]) {
    await assert.rejects(FlatIndex.create({ dimension: 4, threads }), { code: 'bad-argument' });
  }
});

test('threads in a page: isolated or not, the same answer', async () => {
  const browser = await launchChromium();
  try {
    const answers = [];
    for (const isolated of [true, false]) {
      const server = await serveTree(root, { isolated });
      const page = await browser.newPage();
      await page.goto(`${server.origin}/package.json`);
      answers.push(
        await page.evaluate(async () => {
          const url = '/dist/web/likeness-knn.js';
          const { FlatIndex } = (await import(url)) as { FlatIndex: typeof FlatIndexClass };
          const d = 128;
          const value = (i: number): number => Math.max(0, Math.sin(i * i) - 0.5);
          const index = await FlatIndex.create({ dimension: d, threads: 2 });
          // From 2²⁷ terms on a search is divided: 64 queries of 17,000 × 128 are more.
          index.add(Float32Array.from({ length: 17_000 * d }, (_, i) => value(i)));
          const asked = [5, 7, 11].map((shift) =>
            Float32Array.from({ length: 64 * d }, (_, i) => value(i + shift)),
          );
          const alone = [];
          for (const queries of asked) alone.push(await index.search(queries, 30));
          const together = await Promise.all(asked.map((queries) => index.search(queries, 30)));
          const { threads, reason } = index;
          index.close();
          const rows = [alone, together].map((found) => found.map((one) => Array.from(one.rows)));
          return { threads, reason, rows };
        }),
      );
      await page.close();
      await server.close();
    }
    const [shared, divided] = answers;
    assert.equal(shared!.threads, 2);
    assert.equal(divided!.threads, 2);
    assert.match(divided!.reason, /cannot be shared/);
    assert.deepEqual(shared!.rows, divided!.rows);
    assert.deepEqual(shared!.rows[0], shared!.rows[1], 'one after another and side by side');
  } finally {
    await browser.close();
  }
});
