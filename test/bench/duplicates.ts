import { startThread } from '#start-thread';
import { Linkage } from '../../src/knn/linkage.ts';
import { createPairBlock } from '../../src/knn/pair-block.ts';
import { findPairs } from '../../src/knn/pairs.ts';
import { createThreadedPairBlock } from '../../src/knn/threads/pair-threads.ts';
import { nearRows } from '../support/near-rows.ts';
import type { Table } from './knn.ts';

export interface Options {
  n: number;
  d: number;
  runs: number;
}

export const rounds: Options[] = [
  { n: 5000, d: 512, runs: 3 },
  { n: 100_000, d: 512, runs: 1 },
];
export const defaults: Partial<Options> = {};

const maxDistance = 0.2;

/** All pairs that are nearer than a distance: the time, and the most memory beside the rows. */
export default async function bench(options: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const rows = nearRows(options.n, options.d);
  const table: Table = {
    title: `Near-duplicates among ${options.n} × ${options.d}, maxDistance ${maxDistance}`,
    columns: ['asked for', 'threads', 'seconds', 'pairs', 'groups', 'memory beside the rows, MB'],
    rows: [],
  };
  for (const listed of [false, true]) {
    // In turns.
    for (let run = 0; run < options.runs; run++) {
      for (const threads of [1, 2]) table.rows.push(await measured(rows, options, listed, threads));
    }
  }
  return { tables: [table], notes: [] };
}

async function measured(
  values: Float32Array,
  { n, d }: Options,
  listed: boolean,
  threads: number,
): Promise<(string | number)[]> {
  const before = resident();
  let most = before;
  const start = performance.now();
  const linkage = new Linkage(n);
  const block =
    threads === 1
      ? await createPairBlock(d, maxDistance, 'wasm')
      : await createThreadedPairBlock(d, maxDistance, 'wasm', threads, () => startThread({}));
  const read = (first: number, end: number): Float32Array => values.slice(first * d, end * d);
  let pairs = 0;
  for await (const step of findPairs(
    { dimension: d, count: n, read },
    { block, maxDistance, linkage, listed },
  )) {
    pairs += step.pairs.length;
    most = Math.max(most, resident());
  }
  block.close?.();
  const seconds = (performance.now() - start) / 1000;
  return [
    listed ? 'pairs and groups' : 'groups',
    block.passesAtOnce,
    seconds.toFixed(2),
    listed ? pairs : '–',
    linkage.groups().length,
    before ? Math.round((most - before) / 1e6) : '–',
  ];
}

/** Bytes; 0 where the platform does not tell. */
const resident = (): number => (typeof process === 'undefined' ? 0 : (process.memoryUsage?.rss?.() ?? 0));
