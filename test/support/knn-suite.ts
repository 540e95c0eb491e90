import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlatIndex } from '../../src/knn/flat-index.ts';
import { gaussian, seeded } from './random.ts';

/** What an answer has to be: all rows sorted by (squared distance in float64, row), written as plainly as can be. */
function oracle(rows: Float32Array[], query: Float32Array, k: number): { row: number; distance: number }[] {
  const all = rows.map((x, row) => {
    let squared = 0;
    for (const [j, value] of query.entries()) squared += (x[j]! - value) ** 2;
    return { row, distance: Math.sqrt(squared), squared };
  });
  const rank = (squared: number): number =>
    Number.isNaN(squared) ? 2 : squared === Number.POSITIVE_INFINITY ? 1 : 0;
  all.sort(
    (a, b) =>
      rank(a.squared) - rank(b.squared) || (rank(a.squared) ? 0 : a.squared - b.squared) || a.row - b.row,
  );
  return all.slice(0, k).map(({ row, distance }) => ({ row, distance }));
}

function flatten(rows: readonly Float32Array[], d: number): Float32Array {
  const block = new Float32Array(rows.length * d);
  for (const [i, row] of rows.entries()) block.set(row, i * d);
  return block;
}

/** Asserts that `index` holds `rows` and answers all `queries` exactly as the oracle does. */
async function check(
  index: FlatIndex,
  rows: Float32Array[],
  queries: Float32Array[],
  k: number,
): Promise<void> {
  const d = index.dimension;
  assert.equal(index.size, rows.length);
  const found = await index.search(flatten(queries, d), k);
  assert.equal(found.k, Math.min(k, rows.length));
  assert.equal(found.rows.length, found.k * queries.length);
  for (const [q, query] of queries.entries()) {
    const wanted = oracle(rows, query, k);
    for (const [rank, { row, distance }] of wanted.entries()) {
      const at = q * found.k + rank;
      if (found.rows[at] !== row || !Object.is(found.distances[at], distance)) {
        assert.fail(
          `query ${q}, rank ${rank}: got row ${found.rows[at]} at ${found.distances[at]}, wanted row ${row} at ${distance}`,
        );
      }
    }
  }
}

function randomRows(count: number, d: number, seed: number, scale = 1): Float32Array[] {
  const normal = gaussian(seeded(seed));
  return Array.from({ length: count }, () => Float32Array.from({ length: d }, () => scale * normal()));
}

/** `row` moved by `relative` of its length in a random direction. */
function nudged(row: Float32Array, relative: number, random: () => number): Float32Array {
  const normal = gaussian(random);
  const direction = Float32Array.from(row, normal);
  const scale = (relative * Math.hypot(...row)) / Math.hypot(...direction);
  return row.map((value, j) => value + scale * direction[j]!);
}

export interface SuiteOptions {
  /** Fewer and smaller cases, for a backend that runs on a software GPU. */
  slow?: boolean;
}

/** Tests of exact search, the same for every backend. `create` makes an empty index. */
export function knnSuite(
  name: string,
  create: (dimension: number) => Promise<FlatIndex>,
  { slow = false }: SuiteOptions = {},
): void {
  const withRows = async (
    rows: Float32Array[],
    d: number,
    body: (index: FlatIndex) => Promise<void>,
  ): Promise<void> => {
    const index = await create(d);
    try {
      index.add(flatten(rows, d));
      await body(index);
    } finally {
      index.close();
    }
  };

  const shapes: [n: number, d: number, q: number, k: number][] = [
    [0, 4, 1, 3],
    [1, 1, 1, 1],
    [1, 3, 2, 5],
    [3, 4, 1, 2],
    [4, 5, 3, 4],
    [5, 7, 2, 1],
    [31, 16, 1, 30],
    [32, 17, 4, 31],
    [33, 15, 5, 33],
    [61, 64, 7, 10],
    [127, 63, 16, 30],
    [128, 65, 17, 30],
    [257, 31, 33, 7],
    [1009, 13, 3, 1000],
    [2049, 8, 2, 1024],
    [1023, 5, 1, 1024],
    [4095, 3, 2, 3],
    [4096, 3, 1, 5],
    [4097, 12, 1, 30],
    [300, 1024, 2, 30],
    ...(slow
      ? []
      : ([
          [9001, 36, 65, 100],
          [700, 4096, 3, 30],
        ] as [number, number, number, number][])),
  ];
  for (const [n, d, q, k] of shapes) {
    test(`${name}: ${n} rows of ${d}, ${q} queries, k ${k}`, () => {
      const rows = randomRows(n, d, n + d);
      return withRows(rows, d, (index) => check(index, rows, randomRows(q, d, q + 99), k));
    });
  }

  test(`${name}: ties and duplicates come in the order of the rows`, async () => {
    const d = 24;
    const base = randomRows(40, d, 5);
    // 400 rows of 40 kinds: at every k some kind is cut in the middle.
    const rows = Array.from({ length: 400 }, (_, i) => base[(i * 7) % 40]!);
    await withRows(rows, d, async (index) => {
      for (const k of [1, 9, 10, 11, 55, 399, 400])
        await check(index, rows, [base[3]!, randomRows(1, d, 6)[0]!], k);
    });
    const same = Array.from({ length: 500 }, () => base[0]!);
    await withRows(same, d, (index) => check(index, same, [base[0]!, base[1]!], 30));
  });

  test(`${name}: small whole numbers tie by the hundred`, async () => {
    const random = seeded(8);
    const d = 6;
    const rows = Array.from({ length: 900 }, () =>
      Float32Array.from({ length: d }, () => Math.floor(3 * random())),
    );
    await withRows(rows, d, (index) => check(index, rows, rows.slice(0, 4), 50));
  });

  test(`${name}: near-duplicates at relative distances 1e-3 to 1e-7`, async () => {
    const d = slow ? 256 : 512;
    const random = seeded(11);
    const centre = randomRows(1, d, 12)[0]!;
    const rows = randomRows(200, d, 13);
    for (const relative of [1e-3, 1e-4, 1e-5, 1e-6, 1e-7]) {
      for (let i = 0; i < 40; i++)
        rows.splice(Math.floor(random() * rows.length), 0, nudged(centre, relative, random));
    }
    rows.push(centre, centre);
    // A far query sees the 200 at distances that differ by less than float32 resolves.
    const far = randomRows(1, d, 14, 3)[0]!;
    await withRows(rows, d, async (index) => {
      for (const k of [1, 30, 120]) await check(index, rows, [centre, nudged(centre, 1e-5, random), far], k);
    });
  });

  test(`${name}: zero vectors, as rows and as queries`, async () => {
    const d = 20;
    const rows = [new Float32Array(d), ...randomRows(30, d, 3), new Float32Array(d), new Float32Array(d)];
    await withRows(rows, d, (index) => check(index, rows, [new Float32Array(d), rows[4]!], 10));
  });

  test(`${name}: NaN and infinities in rows; a query that holds one is refused`, async () => {
    const d = 9;
    const rows = randomRows(60, d, 21);
    rows[0]![0] = Number.NaN;
    rows[7]![8] = Number.POSITIVE_INFINITY;
    rows[8]![3] = Number.NEGATIVE_INFINITY;
    rows[20]!.fill(Number.NaN);
    rows[21]!.fill(Number.POSITIVE_INFINITY);
    rows[59]![5] = Number.NaN;
    await withRows(rows, d, async (index) => {
      for (const k of [1, 30, 54, 55, 57, 58, 60]) await check(index, rows, [rows[1]!, rows[2]!], k);
      for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const queries = flatten(rows.slice(1, 4), d);
        queries[d + 2] = wrong;
        await assert.rejects(index.search(queries, 3), {
          code: 'bad-argument',
          message: new RegExp(`^Query 1 has ${wrong} as its value 2`),
        });
      }
    });
    const none = Array.from({ length: 5 }, () => new Float32Array(d).fill(Number.NaN));
    await withRows(none, d, (index) => check(index, none, [rows[1]!], 3));
  });

  test(`${name}: values whose squares overflow float32, or vanish in it`, async () => {
    const d = 8;
    for (const scale of [1e-44, 1e-40, 1e-30, 1e-23, 1e-19, 1e15, 1e19, 1e25, 1e38]) {
      const rows = randomRows(50, d, 31, scale);
      await withRows(rows, d, (index) => check(index, rows, randomRows(2, d, 32, scale), 12));
    }
    const mixed = [1e-44, 1e-20, 1, 1e20, 3e38].flatMap((scale, i) =>
      randomRows(20, d, 40 + i, scale).map((row) => row.map((v) => Math.max(-3.4e38, Math.min(3.4e38, v)))),
    );
    await withRows(mixed, d, (index) =>
      check(index, mixed, [mixed[2]!, mixed[25]!, mixed[45]!, mixed[65]!, mixed[85]!], 40),
    );
  });

  test(`${name}: adding, replacing and removing at random leaves what a plain list holds`, async () => {
    const random = seeded(77);
    const d = 10;
    const index = await create(d);
    const model: Float32Array[] = [];
    for (let round = 0; round < (slow ? 25 : 80); round++) {
      const choice = random();
      const fresh = randomRows(1 + Math.floor(random() * 40), d, 1000 + round);
      if (choice < 0.55 || model.length === 0) {
        assert.equal(index.add(flatten(fresh, d)), model.length);
        model.push(...fresh);
      } else if (choice < 0.75) {
        const row = Math.floor(random() * model.length);
        index.set(row, fresh[0]!);
        model[row] = fresh[0]!;
      } else {
        const gone = new Set(
          Array.from({ length: 1 + Math.floor(random() * 30) }, () => Math.floor(random() * model.length)),
        );
        index.remove(gone);
        const rest = model.filter((_, row) => !gone.has(row));
        model.splice(0, model.length, ...rest);
      }
      await check(index, model, randomRows(2, d, round), 5);
    }
    for (const [row, values] of model.entries()) assert.deepEqual(index.get(row), values);
    assert.deepEqual(index.values(), flatten(model, d));
    index.close();
  });

  test(`${name}: a search answers for the rows as they are at its end`, async () => {
    const d = 6;
    const random = seeded(31);
    const model = randomRows(200, d, 61);
    const queries = randomRows(3, d, 62);
    const block = flatten(queries, d);
    await withRows(model, d, async (index) => {
      for (let round = 0; round < 6; round++) {
        const pending = index.search(block, 20);
        if (round % 3 === 0) {
          // Most rows go, those the backend may just be naming among them.
          const gone = Array.from({ length: Math.floor(model.length * 0.7) }, (_, i) => i);
          index.remove(gone);
          model.splice(0, gone.length);
        } else if (round % 3 === 1) {
          const fresh = randomRows(90, d, 700 + round);
          index.add(flatten(fresh, d));
          model.push(...fresh);
        } else {
          const row = Math.floor(random() * model.length);
          index.set(row, queries[0]!);
          model[row] = queries[0]!;
        }
        const found = await pending;
        for (const [q, query] of queries.entries()) {
          const wanted = oracle(model, query, 20);
          assert.deepEqual(
            Array.from(found.rows.subarray(q * found.k, (q + 1) * found.k)),
            wanted.map(({ row }) => row),
          );
        }
      }
      // The queries were copied: what the caller does with them afterwards does not matter.
      const mine = queries[1]!.slice();
      const pending = index.search(mine, 1);
      mine.fill(Number.NaN);
      assert.equal((await pending).rows[0], oracle(model, queries[1]!, 1)[0]!.row);
      const searches = [index.search(block, 5), index.search(block, 5)];
      const [first, second] = await Promise.all(searches);
      assert.deepEqual(first, second);
    });
  });

  test(`${name}: closing ends a search that is under way`, async () => {
    const index = await create(5);
    index.add(flatten(randomRows(100, 5, 1), 5));
    const pending = index.search(new Float32Array(5), 3);
    index.close();
    await assert.rejects(pending, { name: 'LikenessError', code: 'closed' });
  });

  test(`${name}: wrong arguments are refused and change nothing`, async () => {
    const index = await create(4);
    index.add(new Float32Array(8));
    const refused = { name: 'LikenessError', code: 'bad-argument' };
    assert.throws(() => index.add(new Float32Array(5)), { ...refused, message: /5 values.*multiple of 4/ });
    assert.throws(() => index.add([1, 2, 3, 4] as never), refused);
    assert.throws(() => index.set(2, new Float32Array(4)), refused);
    assert.throws(() => index.set(0, new Float32Array(3)), refused);
    assert.throws(() => index.remove([0, 2]), refused);
    assert.throws(() => index.get(-1), refused);
    for (const k of [0, -1, 1.5, Number.NaN])
      await assert.rejects(index.search(new Float32Array(4), k), refused);
    await assert.rejects(index.search(new Float32Array(3), 1), refused);
    assert.equal(index.size, 2);
    assert.equal((await index.search(new Float32Array(0), 3)).rows.length, 0);
    await assert.rejects(index.search(new Float32Array(4), 1, { signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
    index.close();
    index.close();
    await assert.rejects(index.search(new Float32Array(4), 1), { code: 'closed' });
    for (const call of [() => index.add(new Float32Array(4)), () => index.get(0), () => index.values()]) {
      assert.throws(call, { code: 'closed' });
    }
  });
}
