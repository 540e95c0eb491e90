import assert from 'node:assert/strict';
import { webKnn } from '../support/dist.ts';
import { type Flow, flow, withPage } from '../support/driven.ts';

interface Found {
  threads: number;
  rows: number[];
  distances: number[];
  reason: string;
}

/** Runs in the page: searches among rows that are the same everywhere, with one thread and more. */
async function search(knn: string): Promise<Found[]> {
  const { FlatIndex } = (await import(knn)) as typeof import('../../src/knn/index.ts');
  const [n, dimension, queries, k] = [20_000, 128, 32, 30];
  let state = 1;
  const values = Float32Array.from({ length: (n + queries) * dimension }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.max(0, state / 2 ** 31 - 1);
  });
  const found: Found[] = [];
  for (const threads of [1, 2, 4]) {
    const index = await FlatIndex.create({ dimension, threads });
    index.add(values.subarray(0, n * dimension));
    const { rows, distances } = await index.search(values.subarray(n * dimension), k);
    found.push({
      threads,
      rows: Array.from(rows),
      distances: Array.from(distances),
      reason: index.reason,
    });
    index.close();
  }
  return found;
}

function knn(isolated: boolean): Flow {
  return flow<Omit<Found, 'threads' | 'reason'>>({
    name: `likeness-search/knn in ${isolated ? 'an isolated page' : 'a page'}: 1, 2 and 4 threads give the same rows and the same float64 distances`,
    answer: (browser) =>
      withPage(browser, { isolated }, async (page) => {
        const [one, ...more] = await page.evaluate(search, webKnn);
        const { rows, distances } = one!;
        for (const { threads, reason, ...other } of more) {
          assert.deepEqual(other, { rows, distances }, `${threads} threads`);
          assert.match(reason, new RegExp(`; ${threads} threads`));
        }
        return { rows, distances };
      }),
    same: (actual, chromium) => assert.deepEqual(actual, chromium),
  });
}

export const flows = [knn(true), knn(false)];
