import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '../../scripts/chromium.mjs';
import { serveTree } from '../../scripts/serve-tree.mjs';
import type { FlatIndex as FlatIndexClass } from '../../src/knn/flat-index.ts';
import { root } from '../support/cli.ts';
import { kinds, oracle } from '../support/knn-kinds.ts';
import { seeded } from '../support/random.ts';

const built: Promise<{ FlatIndex: typeof FlatIndexClass }> = import(
  pathToFileURL(join(root, 'dist/knn.js')).href
);

for (const threads of [2, 3]) {
  test(`${threads} threads answer as the reference does, whatever the data, while rows come and go`, async () => {
    const { FlatIndex } = await built;
    const d = 96;
    for (const kind of ['ReLU-sparse', 'random', 'ties at rank k', 'NaN and ±Inf', 'huge among usual']) {
      const random = seeded(threads);
      const values = kinds[kind]!(2000, d, random);
      const index = await FlatIndex.create({ dimension: d, threads });
      assert.equal(index.threads, threads);
      assert.match(index.reason, new RegExp(`${threads} threads`));
      const queries = kinds[kind]!(65, d, random);
      const check = async (held: Float32Array, count: number, k: number): Promise<void> => {
        const found = await index.search(queries.subarray(0, count * d), k);
        for (let q = 0; q < count; q++) {
          const wanted = oracle(held, queries.subarray(q * d, (q + 1) * d), k);
          const part = found.rows.subarray(q * found.k, (q + 1) * found.k);
          assert.deepEqual(Array.from(part), wanted.rows, `${kind}, query ${q}`);
        }
      };
      index.add(values.subarray(0, 900 * d)); // no codes yet
      await check(values.subarray(0, 900 * d), 64, 30);
      const pending = index.search(queries, 5);
      index.add(values.subarray(900 * d));
      const during = await pending;
      assert.deepEqual(
        Array.from(during.rows.subarray(0, 5)),
        oracle(values, queries.subarray(0, d), 5).rows,
      );
      for (const count of [0, 1, 63, 65]) await check(values, count, 30);
      await check(values, 2, 2000);
      index.remove(Array.from({ length: 1200 }, (_, row) => row));
      await check(values.subarray(1200 * d), 64, 10);
      const last = index.search(queries, 5);
      index.close();
      await assert.rejects(last, { name: 'LikenessError', code: 'closed' });
    }
  });
}

test('threads: a wrong number is refused', async () => {
  const { FlatIndex } = await built;
  for (const threads of [0, 1.5, 65]) {
    await assert.rejects(FlatIndex.create({ dimension: 4, threads }), { code: 'bad-argument' });
  }
});

test('threads in a page: several where it is isolated, one where it is not, the same answer', async () => {
  assert.ok((await readFile(join(root, 'dist/knn-worker.js'))).length > 0);
  const browser = await launchChromium();
  try {
    const answers = [];
    for (const isolated of [true, false]) {
      const server = await serveTree(root, { isolated });
      const page = await browser.newPage();
      await page.goto(`${server.origin}/package.json`);
      answers.push(
        await page.evaluate(async () => {
          const url = '/dist/knn.js';
          const { FlatIndex } = (await import(url)) as { FlatIndex: typeof FlatIndexClass };
          const d = 128;
          const value = (i: number): number => Math.max(0, Math.sin(i * i) - 0.5);
          const index = await FlatIndex.create({ dimension: d, threads: 2 });
          index.add(Float32Array.from({ length: 3000 * d }, (_, i) => value(i)));
          const { rows } = await index.search(
            Float32Array.from({ length: 64 * d }, (_, i) => value(i + 5)),
            30,
          );
          const { threads, reason } = index;
          index.close();
          return { threads, reason, rows: Array.from(rows) };
        }),
      );
      await page.close();
      await server.close();
    }
    const [several, one] = answers;
    assert.equal(several!.threads, 2);
    assert.equal(one!.threads, 1);
    assert.match(one!.reason, /cannot be shared/);
    assert.deepEqual(several!.rows, one!.rows);
  } finally {
    await browser.close();
  }
});
