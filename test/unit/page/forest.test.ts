import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Forest } from '../../../page/state/forest.ts';
import { seeded } from '../../support/random.ts';

interface Pair {
  a: string;
  b: string;
  distance: number;
}

/** Single linkage by its definition: what pairs up to a distance connect. */
function connected(ids: readonly string[], pairs: readonly Pair[], maxDistance: number): string[][] {
  const groups: string[][] = [];
  const seen = new Set<string>();
  for (const first of ids) {
    if (seen.has(first)) continue;
    const group = new Set([first]);
    for (const id of group) {
      for (const { a, b, distance } of pairs) {
        if (distance > maxDistance) continue;
        if (a === id) group.add(b);
        if (b === id) group.add(a);
      }
    }
    for (const id of group) seen.add(id);
    if (group.size > 1) groups.push([...group].sort());
  }
  return groups.sort();
}

const random = seeded(7);
const ids = Array.from({ length: 60 }, (_, n) => `${String(n).padStart(2, '0')}.jpg`);
const pairs: Pair[] = [];
for (const [n, a] of ids.entries()) {
  for (const b of ids.slice(n + 1)) if (random() < 0.08) pairs.push({ a, b, distance: random() / 2 });
}

test('a forest gives the groups of all pairs at every threshold', () => {
  const forest = new Forest(ids);
  for (let at = 0; at < pairs.length; at += 7) forest.add(pairs.slice(at, at + 7));
  for (const maxDistance of [0, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.15]) {
    const clusters = forest.clusters(maxDistance);
    assert.deepEqual(clusters.map(({ ids: those }) => those).sort(), connected(ids, pairs, maxDistance));
    for (const { ids: those, widest } of clusters) {
      assert.ok(widest <= maxDistance);
      // Below its longest pair a group falls apart.
      const apart = connected(those, pairs, widest - 1e-12);
      assert.ok(apart.length !== 1 || apart[0]!.length < those.length);
    }
    assert.deepEqual(
      clusters.map(({ widest }) => widest),
      clusters.map(({ widest }) => widest).sort((a, b) => a - b),
    );
  }
});

test('so many pairs that they are thinned out meanwhile change nothing', () => {
  const forest = new Forest(ids);
  for (let round = 0; round < 300; round++)
    forest.add(pairs.map(({ a, b, distance }) => ({ a, b, distance: distance + (299 - round) / 1000 })));
  assert.deepEqual(
    forest
      .clusters(0.1)
      .map(({ ids: those }) => those)
      .sort(),
    connected(ids, pairs, 0.1),
  );
});

test('a pair up to the threshold counts, one picture alone is no group, unknown ids are taken', () => {
  const forest = new Forest(['a', 'b', 'c']);
  assert.deepEqual(forest.clusters(2), []);
  forest.add([
    { a: 'b', b: 'c', distance: 0.25 },
    { a: 'a', b: 'new', distance: 0 },
  ]);
  assert.deepEqual(forest.clusters(0.25), [
    { ids: ['a', 'new'], widest: 0 },
    { ids: ['b', 'c'], widest: 0.25 },
  ]);
  assert.deepEqual(forest.clusters(0.2499), [{ ids: ['a', 'new'], widest: 0 }]);
});
