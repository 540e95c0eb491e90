// Near-duplicates through the whole of ImageSearch, its engine behind a port as it is in a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DuplicatePair } from '../../../src/engine/types.ts';
import { d, kinds, opening } from '../../support/engine-search.ts';
import { gaussian, seeded } from '../../support/random.ts';

/** Near and equal rows of length 1. */
function vectors(count: number, seed: number): Float32Array[] {
  const random = seeded(seed);
  const normal = gaussian(random);
  const rows: Float32Array[] = [];
  while (rows.length < count) {
    const other = rows[Math.floor(random() * rows.length)];
    const spread = [0, 0.02, 0.06, 2][Math.floor(4 * random())]!;
    const row = Float32Array.from({ length: d }, (_, j) => (other?.[j] ?? 0) + spread * normal());
    const length = Math.hypot(...row);
    if (length > 0) rows.push(spread === 0 ? row : row.map((value) => value / length));
  }
  return rows;
}

const distance = (x: Float32Array, y: Float32Array): number => {
  let squared = 0;
  for (const [j, value] of x.entries()) squared += (y[j]! - value) ** 2;
  return Math.sqrt(squared);
};

function pairsOf(pictures: readonly [string, Float32Array][], maxDistance: number): DuplicatePair[] {
  return pictures.flatMap(([a, x], at) =>
    pictures
      .slice(at + 1)
      .map(([b, y]) => ({ a, b, distance: distance(x, y) }))
      .filter((pair) => pair.distance <= maxDistance)
      .sort((p, q) => p.distance - q.distance),
  );
}

/** Ids that pairs connect, as sorted lists. */
function groupsOf(pictures: readonly [string, Float32Array][], maxDistance: number): string[][] {
  const names = new Map(pictures.map(([id]) => [id, id]));
  for (const { a, b } of pairsOf(pictures, maxDistance)) {
    const [to, from] = [names.get(a)!, names.get(b)!];
    for (const [id, name] of names) if (name === from) names.set(id, to);
  }
  const lists = new Map<string, string[]>();
  for (const [id, name] of names) lists.set(name, [...(lists.get(name) ?? []), id]);
  return [...lists.values()].filter(({ length }) => length > 1);
}

const named = (rows: readonly Float32Array[], name = 'p'): [string, Float32Array][] =>
  rows.map((row, n) => [`${name}${n}`, row]);
const items = (pictures: readonly [string, Float32Array][]) =>
  pictures.map(([id, vector]) => ({ id, vector, meta: { even: Number(id.slice(1)) % 2 === 0 } }));

for (const kind of kinds) {
  test(
    `duplicates, ${kind}: pairs and groups as an oracle finds them`,
    opening(kind, async (search) => {
      assert.deepEqual(await search.duplicates(), []);
      const pictures = named(vectors(300, 3));
      await search.add(items(pictures));
      const border = pairsOf(pictures, 0.6)
        .map((pair) => pair.distance)
        .sort((a, b) => a - b);
      for (const maxDistance of [0, border[Math.floor(border.length / 2)]!, 0.6]) {
        const pairs: DuplicatePair[] = [];
        const told: number[] = [];
        const groups = await search.duplicates({
          maxDistance,
          onPairs: (some) => void pairs.push(...some),
          onProgress: ({ phase, done }) => void (phase === 'compare' && told.push(done)),
        });
        assert.deepEqual(pairs, pairsOf(pictures, maxDistance));
        assert.equal(told.at(-1), 300);
        const wanted = groupsOf(pictures, maxDistance);
        assert.deepEqual(
          groups.map((group) => group.pictures.map(({ id }) => id)),
          wanted,
        );
        assert.deepEqual(await search.duplicates({ maxDistance }), groups);
        const vectorOf = new Map(pictures);
        for (const group of groups) {
          const first = vectorOf.get(group.pictures[0]!.id)!;
          for (const { id, distance: told, meta } of group.pictures) {
            assert.equal(told, distance(vectorOf.get(id)!, first));
            assert.deepEqual(meta, { even: Number(id.slice(1)) % 2 === 0 });
          }
        }
      }
      const even = pictures.filter((_, n) => n % 2 === 0);
      for (const filter of [
        { meta: { even: true } },
        (_: string, meta: unknown) => (meta as { even: boolean }).even,
        even.map(([id]) => id),
      ]) {
        const groups = await search.duplicates({ maxDistance: 0.6, filter });
        assert.deepEqual(
          groups.map((group) => group.pictures.map(({ id }) => id)),
          groupsOf(even, 0.6),
        );
      }
    }),
  );

  test(
    `duplicates, ${kind}: pictures that are removed or replaced meanwhile are in no group`,
    opening(kind, async (search) => {
      // A chain: who goes held the others together.
      const chain = Array.from({ length: 9 }, (_, n) =>
        Float32Array.from({ length: d }, (_, j) =>
          j === 0 ? Math.cos(n / 10) : j === 1 ? Math.sin(n / 10) : 0,
        ),
      );
      const pictures = named(chain, 'c');
      await search.add(items(pictures));
      const all = await search.duplicates({ maxDistance: 0.101 });
      assert.equal(all[0]!.pictures.length, 9);
      let isFirst = true;
      const groups = await search.duplicates({
        maxDistance: 0.101,
        onPairs: async () => {
          if (!isFirst) return;
          isFirst = false;
          await search.remove(['c2']);
          await search.add([
            { id: 'c6', vector: vectors(1, 8)[0]! },
            { id: 'new', vector: chain[0]! },
          ]);
        },
      });
      assert.deepEqual(
        groups.map((group) => group.pictures.map(({ id }) => id)),
        [
          ['c0', 'c1'],
          ['c3', 'c4', 'c5'],
          ['c7', 'c8'],
        ],
      );
      // While sizes are asked for: the last moment.
      const late = await search.duplicates({
        maxDistance: 0.101,
        sizeOf: async ({ id }) => {
          if (id === 'c8') await search.remove(['c7']);
          return undefined;
        },
      });
      assert.deepEqual(
        late.map((group) => group.pictures.map(({ id }) => id)),
        [
          ['c0', 'c1', 'new'],
          ['c3', 'c4', 'c5'],
        ],
      );
    }),
  );
}

test(
  'duplicates: the best picture comes first; sizes come with it',
  opening('wasm', async (search) => {
    const row = vectors(1, 1)[0]!;
    await search.add(['a', 'b', 'c', 'e', 'f'].map((id) => ({ id, vector: row })));
    const sizes: Record<string, { width?: number; height?: number; byteLength?: number }> = {
      b: { width: 10, height: 20 },
      c: { width: 20, height: 10, byteLength: 7 },
      e: { byteLength: 9000 },
      f: { width: 15, height: 20, byteLength: 1 },
    };
    const [group] = await search.duplicates({ sizeOf: ({ id }) => sizes[id] });
    assert.deepEqual(group!.pictures, [
      { id: 'f', distance: 0, ...sizes.f },
      { id: 'c', distance: 0, ...sizes.c },
      { id: 'b', distance: 0, ...sizes.b },
      { id: 'e', distance: 0, ...sizes.e },
      { id: 'a', distance: 0 },
    ]);
  }),
);

test(
  'duplicates: no step begins before pairs are taken; an abort and what a callback throws end the call',
  opening('wasm', async (search) => {
    const row = vectors(1, 1)[0]!;
    await search.add(Array.from({ length: 400 }, (_, n) => ({ id: `${n}`, vector: row })));
    let [count, inside] = [0, 0];
    const groups = await search.duplicates({
      maxDistance: 0,
      onPairs: async (pairs) => {
        assert.equal(++inside, 1);
        count += pairs.length;
        assert.ok(pairs.length < 2 * 8192);
        await new Promise((resolve) => setTimeout(resolve, 2));
        inside--;
      },
    });
    assert.equal(count, (400 * 399) / 2);
    assert.equal(groups.length, 1);
    const control = new AbortController();
    const reason = new Error('enough');
    const aborted = search.duplicates({
      maxDistance: 0,
      signal: control.signal,
      onPairs: () => control.abort(reason),
    });
    await assert.rejects(aborted, (error) => error === reason);
    for (const name of ['onPairs', 'sizeOf', 'onProgress'] as const) {
      const thrown = search.duplicates({
        maxDistance: 0,
        [name]: () => {
          throw reason;
        },
      });
      await assert.rejects(thrown, (error) => error === reason, name);
    }
    for (const wrong of [
      { maxDistance: -1 },
      { maxDistance: Number.NaN },
      { onPairs: 1 },
      { sizeOf: {} },
      { filter: 3 },
    ]) {
      await assert.rejects(search.duplicates(wrong as object), { code: 'bad-argument' });
    }
    const sizeOf = (() => ({ width: '7' })) as never;
    await assert.rejects(search.duplicates({ sizeOf }), { code: 'bad-argument', message: /sizeOf gave 7/ });
    assert.equal((await search.query(row, { k: 1 })).length, 1);
  }),
);
