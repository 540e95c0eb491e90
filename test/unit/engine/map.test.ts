// Maps through the whole of ImageSearch, its engine behind a port as it is in a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapRows } from '../../../src/engine/map/map-rows.ts';
import type { PictureMap } from '../../../src/engine/types.ts';
import { d, kinds, opening } from '../../support/engine-search.ts';
import { gaussian, seeded } from '../../support/random.ts';

/** Rows of length 1 around some centres: row n is around centre n % groups. */
function clustered(count: number, groups: number, spread: number, seed = 1): Float32Array[] {
  const normal = gaussian(seeded(seed));
  const centres = Array.from({ length: groups }, () => Float32Array.from({ length: d }, normal));
  return Array.from({ length: count }, (_, n) => {
    const row = centres[n % groups]!.map((value) => value + spread * normal());
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
}

const items = (rows: readonly Float32Array[]) =>
  rows.map((vector, n) => ({ id: `p${n}`, vector, meta: { n } }));

/** Finite, 0 … 1, the longer side from 0 to 1, and no two pictures in one place. */
function checkPlaces({ ids, coordinates }: PictureMap): void {
  assert.ok(coordinates instanceof Float32Array);
  assert.equal(coordinates.length, 2 * ids.length);
  assert.ok(coordinates.every((value) => value >= 0 && value <= 1));
  if (ids.length < 2) return;
  const sides = [0, 1].map((side) => coordinates.filter((_, i) => i % 2 === side));
  const extents = sides.map((values) => Math.max(...values) - Math.min(...values));
  assert.ok(Math.abs(Math.max(...extents) - 1) < 1e-6, `${extents}`);
  const shorter = sides[extents[0]! < extents[1]! ? 0 : 1]!;
  assert.ok(Math.abs(Math.min(...shorter) + Math.max(...shorter) - 1) < 1e-6, 'in the middle');
  assert.equal(
    new Set(ids.map((_, n) => `${coordinates[2 * n]} ${coordinates[2 * n + 1]}`)).size,
    ids.length,
  );
}

/** The k nearest others of row n, whose values are `width` each. */
function nearest(values: ArrayLike<number>, width: number, n: number, k: number): number[] {
  const squared = (m: number): number => {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += (values[n * width + j]! - values[m * width + j]!) ** 2;
    return sum;
  };
  return Array.from({ length: values.length / width }, (_, m) => m)
    .filter((m) => m !== n)
    .map((m) => ({ m, distance: squared(m) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, k)
    .map(({ m }) => m);
}

/** Of the 15 nearest neighbours of each row, the part that `places` keeps. */
function kept(rows: readonly Float32Array[], places: ArrayLike<number>): number {
  const values = Float32Array.from(rows.flatMap((row) => [...row]));
  let same = 0;
  for (let n = 0; n < rows.length; n++) {
    const own = nearest(values, d, n, 15);
    same += nearest(places, 2, n, 15).filter((m) => own.includes(m)).length;
  }
  return same / rows.length / 15;
}

const maps: PictureMap[] = [];
for (const kind of kinds) {
  test(
    `map, ${kind}: what is alike is together; the same map each time, wherever the rows are`,
    opening(kind, async (search) => {
      const rows = clustered(420, 7, 0.4);
      await search.add(items(rows));
      const phases = new Map<string, number>();
      const map = await search.map({
        onProgress({ phase, done, total }) {
          assert.ok(done >= (phases.get(phase) ?? 0) && done <= total, `${phase} ${done}`);
          phases.set(phase, done);
          if (phase !== 'read') assert.equal(total, 420);
        },
      });
      assert.deepEqual([phases.get('compare'), phases.get('layout')], [420, 420]);
      assert.deepEqual(
        map.ids,
        rows.map((_, n) => `p${n}`),
      );
      checkPlaces(map);
      // Nobody’s nearest is of another group.
      for (const n of rows.keys()) assert.equal(nearest(map.coordinates, 2, n, 1)[0]! % 7, n % 7);
      assert.ok(kept(rows, map.coordinates) > 0.4, `${kept(rows, map.coordinates)}`);
      assert.deepEqual(await search.map(), map);
      assert.notDeepEqual((await search.map({ neighbours: 5 })).coordinates, map.coordinates);
      maps.push(map);
      assert.deepEqual(map, maps[0]);
    }),
  );
}

/** What Node gave. */
const known = [
  0.9407122135162354, 0.565099835395813, 0.29081591963768005, 0.6780924201011658, 0.008240781724452972,
  0.3440577983856201, 0.931702733039856, 0.6128138303756714,
];

test(
  'map: the same numbers in every engine',
  opening('wasm', async (search) => {
    await search.add(items(clustered(60, 3, 0.5, 9)));
    const { coordinates } = await search.map();
    assert.deepEqual([...coordinates.slice(0, 8)], known);
  }),
);

test(
  'map: any number of pictures, equal ones, and ones without a direction',
  opening('wasm', async (search) => {
    const rows = clustered(40, 4, 0.3);
    assert.deepEqual(await search.map(), { ids: [], coordinates: new Float32Array() });
    for (const count of [1, 2, 3, 4, 15, 16, 17]) {
      await search.add(items(rows.slice(0, count)));
      const map = await search.map();
      assert.equal(map.ids.length, count);
      if (count === 1) assert.deepEqual([...map.coordinates], [0.5, 0.5]);
      checkPlaces(map);
      checkPlaces(await search.map({ neighbours: 200 }));
    }
    const equal = Array.from({ length: 50 }, () => rows[0]!);
    const odd = [
      new Float32Array(d),
      new Float32Array(d),
      rows[1]!.map((value) => value * 3e38),
      rows[1]!.map((value) => value * -3e38),
      rows[2]!.map((value) => value * 1e-38),
    ];
    for (const others of [equal, [...equal, ...odd], odd, [...odd, ...rows]]) {
      const { ids } = await search.map();
      await search.remove(ids);
      await search.add(items(others));
      const map = await search.map();
      assert.equal(map.ids.length, others.length);
      checkPlaces(map);
    }
  }),
);

test(
  'map: a filter takes pictures as in a query; the map is that of an index of them alone',
  opening('wasm', async (search) => {
    const rows = clustered(120, 3, 0.4);
    await search.add(items(rows));
    const even = rows.flatMap((_, n) => (n % 2 === 0 ? [`p${n}`] : []));
    const map = await search.map({ filter: even });
    assert.deepEqual(map.ids, even);
    checkPlaces(map);
    const byPredicate = await search.map({ filter: (_, meta) => (meta as { n: number }).n % 2 === 0 });
    assert.deepEqual(byPredicate, map);
    const some = await search.map({ filter: { meta: { n: { max: 9 } } } });
    assert.equal(some.ids.length, 10);
    await search.remove(rows.flatMap((_, n) => (n % 2 === 1 ? [`p${n}`] : [])));
    assert.deepEqual(await search.map(), map);
  }),
);

for (const kind of ['wasm', 'outside'] as const) {
  test(
    `map, ${kind}: pictures come, go and change meanwhile`,
    opening(kind, async (search) => {
      const rows = clustered(kind === 'wasm' ? 800 : 300, 5, 0.4);
      const gone = [0, rows.length / 2, rows.length - 1];
      for (const at of ['compare', 'layout']) {
        for (const last of [false, true]) {
          // Nothing is left of before: the order of adding counts.
          await search.remove((await search.entries()).map(({ id }) => id));
          await search.add(items(rows));
          let changes: Promise<unknown>[] = [];
          const { ids, coordinates } = await search.map({
            onProgress({ phase, done, total }) {
              if (phase !== at || changes.length > 0 || (done === total) !== last) return;
              changes = [
                search.remove(gone.map((n) => `p${n}`)),
                search.add([
                  { id: 'new', vector: rows[3]! },
                  { id: 'p4', vector: rows[0]! },
                ]),
              ];
            },
          });
          assert.ok(changes.length > 0 || !last, `${at}, ${last}`);
          await Promise.all(changes);
          checkPlaces({ ids, coordinates });
          // At the last word of the layout the map is made.
          const isLate = changes.length === 0 || (at === 'layout' && last);
          const left = [...rows.keys()].filter((n) => isLate || !gone.includes(n));
          assert.deepEqual(
            ids,
            left.map((n) => `p${n}`),
          );
        }
      }
    }),
  );
}

test(
  'map: an abort and what onProgress throws end it in each phase, soon; other calls run meanwhile',
  opening('stored', async (search) => {
    const rows = clustered(3000, 30, 0.4);
    await search.add(items(rows));
    const reason = new Error('enough');
    for (const at of ['compare', 'layout']) {
      const control = new AbortController();
      let began = 0;
      const aborted = search.map({
        signal: control.signal,
        onProgress({ phase }) {
          if (phase !== at || began > 0) return;
          began = performance.now();
          control.abort(reason);
        },
      });
      await assert.rejects(aborted, (error) => error === reason);
      assert.ok(performance.now() - began < 1000, `${at}: ${performance.now() - began} ms`);
      const thrown = search.map({
        onProgress({ phase }) {
          if (phase === at) throw reason;
        },
      });
      await assert.rejects(thrown, (error) => error === reason);
    }
    const early = new AbortController();
    early.abort(reason);
    await assert.rejects(search.map({ signal: early.signal }), (error) => error === reason);

    const order: string[] = [];
    const control = new AbortController();
    const map = search.map({ signal: control.signal }).catch(() => order.push('map'));
    assert.equal((await search.query(rows[7]!, { k: 1 }))[0]!.id, 'p7');
    order.push('query');
    control.abort();
    await map;
    assert.deepEqual(order, ['query', 'map']);
  }),
);

test('map: where a search is slow, a step has one query', async () => {
  const rows = clustered(24, 2, 0.4);
  const asked: number[] = [];
  const steps = mapRows(
    {
      dimension: d,
      count: rows.length,
      read: async (numbers) => Float32Array.from(numbers.flatMap((n) => [...rows[n]!])),
      async nearest(queries, k) {
        const count = queries.length / d;
        asked.push(count);
        await new Promise((resolve) => setTimeout(resolve, 80 * count));
        const counts = new Uint32Array(count).fill(k);
        return { k, counts, rows: new Uint32Array(count * k), distances: new Float64Array(count * k) };
      },
      isThere: () => true,
    },
    3,
  );
  for await (const { phase } of steps) if (phase === 'layout') break;
  assert.deepEqual(asked.slice(0, 4), [8, 4, 2, 1]);
  assert.equal(
    asked.reduce((sum, count) => sum + count),
    24,
  );
});

test(
  'map: wrong options are refused by name',
  opening('js', async (search) => {
    for (const [wrong, name] of [
      [{ neighbours: 1 }, /neighbours/],
      [{ neighbours: 201 }, /neighbours/],
      [{ neighbours: 2.5 }, /neighbours/],
      [{ neighbours: '15' }, /neighbours/],
      [{ filter: 3 }, /filter/],
      [{ onProgress: 1 }, /onProgress/],
      [{ signal: {} }, /signal/],
      [15, /map/],
    ] as const) {
      await assert.rejects(search.map(wrong as object), { code: 'bad-argument', message: name });
    }
  }),
);
