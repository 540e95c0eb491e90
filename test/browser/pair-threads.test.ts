import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DuplicatePair } from '../../src/engine/types.ts';
import type { ImageSearch as ImageSearchClass } from '../../src/index.ts';
import { nearRows } from '../support/near-rows.ts';

/** The library as a page loads it: the built files, with their worker. */
const libraryUrl = '/dist/web/likeness.js';
const { ImageSearch } = (await import(libraryUrl)) as { ImageSearch: typeof ImageSearchClass };

const d = 512;
/** As many as threads are started for, where memory can be shared. */
const count = 4200;

test('duplicates finds the same whatever the number of threads', async () => {
  const values = nearRows(count, d);
  const items = Array.from({ length: count }, (_, n) => ({
    id: `p${n}`,
    vector: values.subarray(n * d, (n + 1) * d),
  }));
  const found = [];
  for (const threads of [1, 3]) {
    const search = await ImageSearch.open({ network: 'lazy', threads });
    try {
      await search.add(items);
      const pairs: DuplicatePair[] = [];
      const groups = await search.duplicates({ onPairs: (some) => pairs.push(...some) });
      found.push({ pairs, groups });
    } finally {
      await search.close();
    }
  }
  const [one, three] = found;
  assert.ok(one!.pairs.length > count / 10, `${one!.pairs.length} pairs`);
  assert.deepEqual(three, one);
});
