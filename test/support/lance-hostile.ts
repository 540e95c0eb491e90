import assert from 'node:assert/strict';
import type { MetaFilter } from '../../src/base/meta-filter.ts';
import type { VectorQueryOptions, VectorRow } from '../../src/engine/vector-engine.ts';
import { LanceIndex, type LanceOptions } from '../../src/lance/index.ts';
import { OwnRows, randomOf, tempFolder } from './lance.ts';

const hostileDims = 24;

/** What SQL has a meaning for, and what text in UTF-8 is strange in. */
const hostile: readonly string[] = [
  "it's",
  "''",
  '"',
  '\\',
  "\\'",
  'nul\0here',
  "'; DROP TABLE pictures; --",
  "' OR '1'='1",
  '%',
  '_',
  '`',
  'line\nfeed',
  'ä😀\ufb01\uffff',
  'NULL',
  'select',
  '${',
  '$1',
  '?',
  '/* x */',
  '\ufeffmark',
  '\ufeff',
  ' ',
];

/** Small whole numbers, so that many rows have one distance. */
function hostileRows(count: number, random: () => number): VectorRow[] {
  return Array.from({ length: count }, (_, n) => ({
    id: n < hostile.length ? hostile[n]! : `row ${n}`,
    vector: Float32Array.from({ length: hostileDims }, () => Math.floor(random() * 2)),
    ...(n % 7 === 0
      ? {}
      : {
          meta: {
            colour: n % 11 === 0 ? ['red', 'blue'] : ['red', 'green', 'blue'][n % 3]!,
            year: n % 13 === 0 ? 'unknown' : 1990 + (n % 30),
            sale: n % 2 === 0,
            text: hostile[n % hostile.length]!,
            camera: { make: n % 5 === 0 ? null : 'Canon', 'f.stop': n / 8 },
            [hostile[n % hostile.length]!]: -0,
          },
        }),
  }));
}

const usualMetas: readonly MetaFilter[] = [
  { colour: 'red' },
  { colour: ['red', 'green'], sale: true },
  { year: { min: 2000, max: 2010 } },
  { year: 'unknown' },
  { year: { min: 'a' } },
  { 'camera.make': null },
  { 'camera.make': ['Canon', null] },
  { 'camera.f.stop': { max: 12.125 } },
  { nothing: 1 },
  { colour: [] },
  { text: { min: '`', max: 'ä😀' } },
];

/** Each of the strange texts as a value, as a key and as a bound. */
const hostileMetas: readonly MetaFilter[] = hostile.flatMap((text): MetaFilter[] => [
  { text },
  { [text]: 0 },
  { text: { min: text } },
]);

/** Filters: each text once, as one of the three, or as all of them. */
export const metasOf = (which: 'some' | 'all'): MetaFilter[] => [
  ...usualMetas,
  ...hostileMetas.filter((_, n) => which === 'all' || n % 3 === Math.floor(n / 3) % 3),
];

/**
 * Compares queries and pages over changing rows with those of our own index, hit by hit.
 *
 * @param open a new table; by default in a folder
 */
export async function assertAnswersAsOwn(
  filters: readonly MetaFilter[],
  open?: (options: LanceOptions) => Promise<LanceIndex>,
): Promise<void> {
  using folder = tempFolder();
  const random = randomOf(7);
  const index = await (open ?? ((options) => LanceIndex.open(folder.path, options)))({
    dims: hostileDims,
    fingerprint: 'm',
  });
  const own = await OwnRows.create(hostileDims);
  const rows = hostileRows(400, random);
  assert.deepEqual(await index.add(rows), { added: 400, replaced: 0 });
  own.add(rows);
  const again = rows.slice(10, 60).map((row) => ({ ...row, vector: row.vector.map((x) => 1 - x) }));
  assert.deepEqual(await index.add([...again, ...again]), { added: 0, replaced: 100 });
  own.add(again);
  const gone = [...hostile.slice(0, 5), 'row 100', 'nobody'];
  assert.equal(await index.remove(gone), 6);
  own.remove(gone);
  assert.equal(await index.size(), 394);

  const queries: VectorQueryOptions[] = [
    {},
    { k: 3, offset: 5 },
    { k: 1000 },
    { maxDistance: 3 },
    { exclude: hostile },
    { filter: [...hostile, 'row 50', 'nobody'], k: 9 },
    { filter: (id, meta) => id.endsWith('1') || meta === undefined },
    ...filters.map((meta): VectorQueryOptions => ({ filter: { meta }, k: 12, exclude: ['row 51'] })),
  ];
  for (const options of queries) {
    const vector = Float32Array.from({ length: hostileDims }, () => Math.floor(random() * 2));
    const answer = await index.query(vector, options);
    assert.deepEqual(answer.hits, await own.query(vector, options), JSON.stringify(options));
    assert.deepEqual([answer.exact, answer.recall], [true, null]);
  }
  assert.deepEqual(
    (await index.entries()).entries.map(({ id }) => id),
    own.ids,
  );
  for (const meta of filters) {
    const all = own.matching({ meta }).map(({ id }) => id);
    const { entries, total } = await index.entries({ filter: { meta }, offset: 2, limit: 5 });
    assert.deepEqual(
      [entries.map(({ id }) => id), total],
      [all.slice(2, 7), all.length],
      JSON.stringify(meta),
    );
  }
  assert.equal(await index.has(gone[0]!), false);
  const [vector, none] = await index.vectorsOf(['row 300', "it's"]);
  assert.deepEqual([vector, none], [rows[300]!.vector, undefined]);
  own.close();
  await index.close();
}
