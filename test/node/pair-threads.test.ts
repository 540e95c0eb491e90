import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import type { DuplicatePair } from '../../src/engine/types.ts';
import { findNeighbours } from '../../src/static-index/neighbours.ts';
import { nearRows } from '../support/near-rows.ts';

const d = 512;
/** As many as threads are started for. */
const count = 4200;
const values = nearRows(count, d);
const items = Array.from({ length: count }, (_, n) => ({
  id: `p${n}`,
  vector: values.subarray(n * d, (n + 1) * d),
}));

let started = 0;
process.on('worker', () => started++);

/** What a search finds, and how many threads it has started. */
async function duplicates(threads: number, some = items) {
  await using search = await ImageSearch.open({ network: 'lazy', threads });
  await search.add(some);
  const before = started;
  const pairs: DuplicatePair[] = [];
  const groups = await search.duplicates({ onPairs: (found) => pairs.push(...found) });
  return { found: { pairs, groups }, started: started - before };
}

test('duplicates finds the same with threads, which are started where there is work for them', async () => {
  const one = await duplicates(1);
  const two = await duplicates(2);
  assert.ok(one.found.pairs.length > count / 10, `${one.found.pairs.length} pairs`);
  assert.deepEqual(two.found, one.found);
  assert.deepEqual([one.started, two.started], [0, 1]);
  const few = await duplicates(2, items.slice(0, 500));
  assert.equal(few.started, 0);
});

test('an abort and close end the threads', async () => {
  const search = await ImageSearch.open({ network: 'lazy', threads: 3 });
  await search.add(items);
  const control = new AbortController();
  const reason = new Error('enough');
  const before = started;
  const ended = search.duplicates({ signal: control.signal, onProgress: () => control.abort(reason) });
  await assert.rejects(ended, reason);
  assert.equal(started - before, 2);
  let tell = (): void => {};
  const begun = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const closing = search.duplicates({ onProgress: () => tell() });
  closing.catch(() => {});
  await begun;
  await search.close();
  await assert.rejects(closing);
  // Else this process would not end.
});

test('the neighbours of a site are the same with threads', async () => {
  const options = { signal: undefined, onProgress: () => {} };
  const before = started;
  const one = await findNeighbours(values, d, 9, { ...options, threads: 1 });
  assert.equal(started, before);
  assert.deepEqual(await findNeighbours(values, d, 9, { ...options, threads: 2 }), one);
  assert.equal(started, before + 1);
});
