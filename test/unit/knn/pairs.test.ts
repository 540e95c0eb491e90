import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, domPort, type Remote, serve } from '../../../src/base/rpc.ts';
import { Linkage } from '../../../src/knn/linkage.ts';
import { createPairBlock, type PairBlock, ProductBlock } from '../../../src/knn/pair-block.ts';
import { findPairs, type PairRows, type RowPair } from '../../../src/knn/pairs.ts';
import {
  createPairThread,
  createThreadedPairBlock,
  type PairThread,
} from '../../../src/knn/threads/pair-threads.ts';
import { compileKernels, isSupported } from '../../../src/knn/wasm/kernels.ts';
import { RowMemory } from '../../../src/knn/wasm/row-memory.ts';
import { gaussian, seeded } from '../../support/random.ts';

/** What has to come, written as plainly as can be. */
function oracle(rows: readonly Float32Array[], maxDistance: number): RowPair[] {
  const pairs: RowPair[] = [];
  for (const [a, x] of rows.entries()) {
    const own: RowPair[] = [];
    for (let b = a + 1; b < rows.length; b++) {
      let squared = 0;
      for (const [j, value] of x.entries()) squared += (rows[b]![j]! - value) ** 2;
      const distance = Math.sqrt(squared);
      if (distance <= maxDistance) own.push({ a, b, distance });
    }
    pairs.push(...own.sort((p, q) => p.distance - q.distance || p.b - q.b));
  }
  return pairs;
}

/** Groups by walking along the pairs, from each row that was not met. */
function groupsOf(pairs: readonly RowPair[], count: number): number[][] {
  const beside = Array.from({ length: count }, (): number[] => []);
  for (const { a, b } of pairs) {
    beside[a]!.push(b);
    beside[b]!.push(a);
  }
  const met = new Set<number>();
  const groups: number[][] = [];
  for (let row = 0; row < count; row++) {
    if (met.has(row)) continue;
    met.add(row);
    const group = [row];
    for (const member of group) {
      for (const other of beside[member]!) {
        if (met.has(other)) continue;
        met.add(other);
        group.push(other);
      }
    }
    if (group.length > 1) groups.push(group.sort((x, y) => x - y));
  }
  return groups;
}

function sourceOf(rows: readonly Float32Array[]): PairRows {
  const dimension = rows[0]?.length ?? 3;
  const values = new Float32Array(rows.length * dimension);
  for (const [n, row] of rows.entries()) values.set(row, n * dimension);
  const read = (first: number, end: number): Float32Array => values.slice(first * dimension, end * dimension);
  return { dimension, count: rows.length, read };
}

interface Sizes {
  blockBytes?: number;
  maxWaiting?: number;
}

async function found(
  rows: readonly Float32Array[],
  maxDistance: number,
  create: (d: number, maxDistance: number) => Promise<PairBlock>,
  { listed = true, ...sizes }: Sizes & { listed?: boolean } = {},
): Promise<{ pairs: RowPair[]; groups: number[][] }> {
  const dimension = rows[0]?.length ?? 3;
  const linkage = new Linkage(rows.length);
  const block = await create(dimension, maxDistance);
  const pairs: RowPair[] = [];
  let done = 0;
  for await (const step of findPairs(sourceOf(rows), { block, maxDistance, linkage, listed, ...sizes })) {
    assert.ok(step.done >= done && step.done <= 1);
    done = step.done;
    pairs.push(...step.pairs);
  }
  block.close?.();
  assert.equal(done, rows.length === 0 ? 0 : 1);
  return { pairs, groups: linkage.groups() };
}

/** Clusters of near rows of length 1, some equal ones among them. */
function clustered(count: number, d: number, seed: number): Float32Array[] {
  const random = seeded(seed);
  const normal = gaussian(random);
  const centres = Array.from({ length: Math.ceil(count / 5) }, () =>
    Float32Array.from({ length: d }, normal),
  );
  const rows: Float32Array[] = [];
  while (rows.length < count) {
    if (random() < 0.1 && rows.length > 0) {
      rows.push(rows[Math.floor(random() * rows.length)]!.slice());
      continue;
    }
    const centre = centres[Math.floor(random() * centres.length)]!;
    const spread = 0.3 * random();
    const row = centre.map((value) => value + spread * normal());
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  return rows;
}

/** A thread behind a port, in this realm. It dies after so many calls. */
function pairThread(calls = Number.POSITIVE_INFINITY): Remote<PairThread> {
  const { port1, port2 } = new MessageChannel();
  let left = calls;
  const thread = createPairThread();
  const { calls: asked, fail } = connect<PairThread>(domPort(port1));
  const end = (reason: Error): void => {
    port1.close();
    fail(reason);
  };
  serve(domPort(port2), () => {
    if (left-- <= 0) setTimeout(() => end(new Error('it died')));
    return thread;
  });
  return { calls: asked, end };
}

const blocks: [name: string, (d: number, maxDistance: number) => Promise<PairBlock>][] = [
  ['js', (d, maxDistance) => createPairBlock(d, maxDistance, 'js')],
  ...(['wasm', 'wasm-relaxed'] as const)
    .filter((name) => isSupported(name))
    .map((name): (typeof blocks)[number] => [
      name,
      async (d, maxDistance) => new ProductBlock(new RowMemory(await compileKernels(name), d), maxDistance),
    ]),
  ['2 threads', (d, maxDistance) => createThreadedPairBlock(d, maxDistance, 'wasm', 2, () => pairThread())],
  ['3 threads, js', (d, maxDistance) => createThreadedPairBlock(d, maxDistance, 'js', 3, () => pairThread())],
  [
    '4 threads, of which one dies and one does not start',
    (d, maxDistance) => {
      let started = 0;
      return createThreadedPairBlock(d, maxDistance, 'wasm', 4, async () => {
        if (++started === 2) throw new Error('no room');
        return pairThread(started === 1 ? 4 : undefined);
      });
    },
  ],
];

for (const [name, create] of blocks) {
  for (const [count, d] of [
    [0, 3],
    [1, 3],
    [2, 3],
    [65, 5],
    [150, 33],
    [261, 64],
  ] as const) {
    test(`pairs, ${name}: ${count} rows of ${d}, whatever the blocks and what may wait`, async () => {
      const rows = clustered(count, d, count + d);
      const all = oracle(rows, 2);
      // The very distance of a pair, and the next number below it.
      const border = all[Math.floor(all.length / 7)]?.distance ?? 0.5;
      const bits = new Float64Array([border]);
      new BigInt64Array(bits.buffer)[0]! -= border > 0 ? 1n : 0n;
      for (const maxDistance of [0, 0.2, bits[0]!, border]) {
        const wanted = all.filter(({ distance }) => distance <= maxDistance);
        for (const sizes of [{}, { blockBytes: 1, maxWaiting: 10 }, { blockBytes: 1 }, { maxWaiting: 30 }]) {
          const { pairs, groups } = await found(rows, maxDistance, create, sizes);
          assert.deepEqual(pairs, wanted, `${maxDistance} ${JSON.stringify(sizes)}`);
          assert.deepEqual(groups, groupsOf(wanted, count));
        }
        const { pairs, groups } = await found(rows, maxDistance, create, { listed: false, blockBytes: 1 });
        assert.deepEqual(pairs, []);
        assert.deepEqual(groups, groupsOf(wanted, count));
      }
    });
  }

  test(`pairs, ${name}: rows of zeros, of any length and of NaN; no limit`, async () => {
    const rows = clustered(90, 16, 7);
    rows.splice(
      3,
      0,
      new Float32Array(16),
      new Float32Array(16).fill(1e-30),
      new Float32Array(16).fill(3e38),
    );
    rows.splice(40, 0, new Float32Array(16), new Float32Array(16).fill(Number.NaN), rows[5]!.slice());
    for (const maxDistance of [0, 0.1, 1, 1e39, Number.POSITIVE_INFINITY]) {
      const wanted = oracle(rows, maxDistance);
      const { pairs, groups } = await found(rows, maxDistance, create, { blockBytes: 1 });
      assert.deepEqual(pairs, wanted);
      assert.deepEqual(groups, groupsOf(wanted, rows.length));
    }
  });

  test(`pairs, ${name}: many equal rows wait in bounded memory`, async () => {
    const rows = Array.from({ length: 700 }, () => Float32Array.of(1, 0, 0));
    const linkage = new Linkage(rows.length);
    const block = await create(3, 0);
    let [before, count] = [-1, 0];
    for await (const { pairs } of findPairs(sourceOf(rows), {
      block,
      maxDistance: 0,
      linkage,
      listed: true,
      maxWaiting: 5000,
    })) {
      assert.ok(pairs.length <= 8192);
      for (const { a, b, distance } of pairs) {
        assert.equal(distance, 0);
        assert.ok(a * 700 + b > before);
        before = a * 700 + b;
        count++;
      }
    }
    block.close?.();
    assert.equal(count, (700 * 699) / 2);
  });
}
