// Rows and queries of many kinds, for comparing answers id by id.
import assert from 'node:assert/strict';
import type { VectorQueryOptions, VectorRow } from '../../src/engine/vector-engine.ts';
import type { LanceIndex } from '../../src/lance/index.ts';
import { OwnRows, randomOf } from './lance.ts';

export const queryDims = 64;

/** A third of the values is one of three, so that many distances are equal. */
export function rowsOf(count: number, random: () => number): VectorRow[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `row '${n}'`,
    vector: Float32Array.from({ length: queryDims }, (_, i) =>
      i < 3 ? Math.floor(random() * 3) : n % 3 ? 0.5 : random(),
    ),
    meta: { colour: ['red', 'green', 'blue'][n % 3]!, year: 1990 + (n % 30), tags: n % 2 ? ['a', 'b'] : 'a' },
  }));
}

/** @param count of rows that there are */
export function optionsOf(n: number, count: number, random: () => number): VectorQueryOptions {
  const year = 1990 + Math.floor(random() * 30);
  const filters: VectorQueryOptions['filter'][] = [
    undefined,
    { meta: { colour: 'red' } },
    { meta: { colour: ['red', 'blue'], year: { min: year } } },
    { meta: { tags: 'b', year: { max: year } } },
    (id) => id.includes('7'),
    Array.from({ length: 40 }, () => `row '${Math.floor(random() * count)}'`),
  ];
  return {
    k: 1 + Math.floor(random() * 60),
    offset: n % 5 === 0 ? Math.floor(random() * 40) : 0,
    filter: filters[n % filters.length],
    exclude: n % 3 === 0 ? Array.from({ length: 10 }, (_, i) => `row '${n + i}'`) : [],
    ...(n % 4 === 0 ? { maxDistance: 1 + 2 * random() } : {}),
  };
}

/** Adds rows to an empty index of {@link queryDims}, asks, compares each hit with our own index, and closes it. */
export async function assertQueriesAsOwn(
  index: LanceIndex,
  rowCount: number,
  queryCount: number,
): Promise<void> {
  const random = randomOf(11);
  const rows = rowsOf(rowCount, random);
  const own = await OwnRows.create(queryDims);
  await index.add(rows);
  own.add(rows);
  for (let n = 0; n < queryCount; n++) {
    const { vector } = rows[Math.floor(random() * rows.length)]!;
    const options = optionsOf(n, rows.length, random);
    const { hits, exact } = await index.query(vector, options);
    assert.deepEqual(hits, await own.query(vector, options), `query ${n}: ${JSON.stringify(options)}`);
    assert.equal(exact, true);
  }
  own.close();
  await index.close();
}
