import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import { asQueries, kinds } from '../../support/knn-kinds.ts';
import { compare, storeOf } from '../../support/knn-ways.ts';
import { seeded } from '../../support/random.ts';

const panelBytes = (d: number): number => 64 * d + 2560;
const make = (values: Float32Array, d: number): Promise<FlatIndex> =>
  FlatIndex.create({ dimension: d, rows: storeOf(values, d) });

/** Codes of rows as another program would have written them. */
async function codesOf(values: Float32Array, d: number): Promise<Uint8Array> {
  const index = await make(values, d);
  index.add(values);
  const codes = index.quantised();
  index.close();
  return codes;
}

async function same(one: FlatIndex, other: FlatIndex, queries: Float32Array, k: number): Promise<void> {
  assert.deepEqual(await one.search(queries, k), await other.search(queries, k));
}

for (const [n, d] of [
  [0, 4],
  [1, 1],
  [1, 512],
  [127, 3],
  [128, 5],
  [129, 33],
  [700, 130],
  [4097, 17],
] as const) {
  test(`codes of ${n} rows of ${d} values give the same answers and the same codes again`, async () => {
    for (const kind of [
      'ReLU-sparse',
      'random',
      'NaN and ±Inf',
      'huge among usual',
      'denormal',
      'constant',
    ]) {
      const values = kinds[kind]!(n, d, seeded(n + d));
      const from = await make(values, d);
      from.add(values);
      const codes = from.quantised();
      assert.equal(codes.length, Math.ceil(n / 128) * panelBytes(d));
      const to = await make(values, d);
      // Not where a number may lie.
      const shifted = new Uint8Array(codes.length + 1).subarray(1);
      shifted.set(codes);
      assert.equal(to.addQuantised(shifted, n), 0);
      assert.equal(to.size, n);
      assert.deepEqual(to.quantised(), codes, kind);
      const queries = asQueries(kinds[kind]!(3, d, seeded(5)));
      for (const k of [1, 30]) await same(from, to, queries, k);
      await compare(to, values, queries, 7, `${kind}, ${n} × ${d}`);
      from.close();
      to.close();
    }
  });
}

test('codes come in parts, rows follow them, and rows change as others do', async () => {
  const d = 24;
  const values = kinds['huge among usual']!(1000, d, seeded(8));
  const queries = asQueries(kinds.clustered!(2, d, seeded(9)));
  const part = (from: number, to: number): Float32Array => values.slice(from * d, to * d);
  const index = await make(values, d);
  assert.equal(index.addQuantised(await codesOf(part(0, 256), d), 256), 0);
  assert.equal(index.addQuantised(await codesOf(part(256, 600), d), 344), 256);
  // In a panel that is begun there is no room for panels.
  assert.throws(() => index.addQuantised(new Uint8Array(panelBytes(d)), 1), {
    code: 'bad-argument',
    message: /size is 600; it has to be a multiple of 128/,
  });
  assert.equal(index.add(part(600, 1000)), 600);
  await compare(index, values, queries, 30, 'all');
  assert.deepEqual(index.quantised(), await codesOf(values, d));

  index.set(130, part(999, 1000));
  index.set(130, part(130, 131));
  index.remove([0, 5, 999]);
  const rest = new Float32Array(997 * d);
  rest.set(part(1, 5));
  rest.set(part(6, 999), 4 * d);
  const plain = await FlatIndex.create({ dimension: d });
  plain.add(rest);
  const found = await index.search(queries, 30);
  const wanted = await plain.search(queries, 30);
  assert.deepEqual([found.rows, found.distances], [wanted.rows, wanted.distances]);
  assert.deepEqual(
    index.quantised(),
    await codesOf(rest, d),
    'codes of what is left, and of nothing that is gone',
  );
  await same(index, index, queries, 30);
  index.close();
  plain.close();
});

test('after rows were removed codes follow where whole panels are left', async () => {
  const d = 6;
  const values = kinds.random!(129 + 128, d, seeded(2));
  // Numbers go by the order of adding: row 0 stays known by its number when it is gone.
  const index = await make(values, d);
  index.add(values.slice(0, 129 * d));
  index.remove([0]);
  assert.equal(index.addQuantised(await codesOf(values.slice(129 * d), d), 128), 128);
  await compare(index, values.slice(d), asQueries(kinds.random!(3, d, seeded(3))), 20, 'numbers');
  index.close();
});

test('a search that codes meet in its middle answers for all rows', async () => {
  const d = 8;
  const values = kinds.clustered!(256, d, seeded(4));
  let reads = 0;
  const { read } = storeOf(values, d);
  const index: FlatIndex = await FlatIndex.create({
    dimension: d,
    rows: {
      read: async (numbers) => {
        if (reads++ === 0) index.addQuantised(codes, 128);
        return read(numbers);
      },
    },
  });
  const codes = await codesOf(values.slice(128 * d), d);
  index.add(values.slice(0, 128 * d));
  const found = await index.search(values.slice(200 * d, 201 * d), 1);
  assert.deepEqual(Array.from(found.rows), [200]);
  assert.equal(found.distances[0], 0);
  index.close();
});

test('what cannot be codes is refused, and nothing is added', async () => {
  const d = 20;
  const values = kinds['huge among usual']!(200, d, seeded(6));
  const codes = await codesOf(values, d);
  const index = await make(values, d);
  const refused = (bytes: unknown, rows: unknown, code: string, message: RegExp): void => {
    assert.throws(() => index.addQuantised(bytes as never, rows as never), {
      name: 'LikenessError',
      code,
      message,
    });
    assert.equal(index.size, 0);
  };
  refused(codes, 128, 'bad-file', /damaged: 7680 bytes/);
  refused(codes, 257, 'bad-file', /7680 bytes/);
  refused(codes.subarray(1), 200, 'bad-file', /7679 bytes/);
  refused(codes, 0, 'bad-file', /7680 bytes/);
  refused(codes, -1, 'bad-argument', /rows is -1/);
  refused(codes, 1.5, 'bad-argument', /rows is 1.5/);
  refused('codes', 200, 'bad-argument', /bytes is "codes"/);
  refused(undefined, 200, 'bad-argument', /bytes is undefined/);
  refused(codes.slice().fill(1), 200, 'bad-file', /row 0\./);

  // Row 129 is of usual length, row 130 has no bounds.
  for (const [row, fields] of [
    [129, [0, 1, 2, 3, 4]],
    [130, [0, 1, 2, 4]],
  ] as const) {
    for (const field of fields) {
      const at = panelBytes(d) * 2 - 2560 + field * 512 + (row - 128) * 4;
      for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e-30, 7e20]) {
        const bytes = codes.slice();
        const view = new DataView(bytes.buffer);
        if (view.getFloat32(at, true) === wrong) continue;
        view.setFloat32(at, wrong, true);
        refused(bytes, 200, 'bad-file', new RegExp(`damaged: row ${row}\\.`));
      }
      // The sign, the exponent, and what weighs most of the rest.
      for (let bit = 20; bit < (row === 129 ? 32 : 31); bit++) {
        const bytes = codes.slice();
        bytes[at + (bit >> 3)]! ^= 1 << (bit & 7);
        refused(bytes, 200, 'bad-file', new RegExp(`damaged: row ${row}\\.`));
      }
    }
  }
  // Places without a row say nothing.
  const bytes = codes.slice();
  bytes.fill(0, bytes.length - 4 * 50);
  new DataView(bytes.buffer).setFloat32(panelBytes(d) * 2 - 2560 + 4 * 100, 1, true);
  index.addQuantised(bytes, 200);
  await compare(index, values, asQueries(values.slice(0, 3 * d)), 10, 'a place without a row');
  assert.deepEqual(index.quantised(), codes);
  index.close();
  assert.throws(() => index.quantised(), { code: 'closed' });
  assert.throws(() => index.addQuantised(codes, 200), { code: 'closed' });

  for (const options of [{ dimension: d }, { dimension: d, backend: 'js' }] as const) {
    const full = await FlatIndex.create(options);
    assert.throws(() => full.quantised(), { code: 'bad-argument', message: /option `rows`/ });
    assert.throws(() => full.addQuantised(codes, 200), { code: 'bad-argument', message: /option `rows`/ });
    full.close();
  }
});
