import { Linkage } from '../../src/knn/linkage.ts';
import { createPairBlock } from '../../src/knn/pair-block.ts';
import { findPairs } from '../../src/knn/pairs.ts';
import { gaussian, seeded } from '../support/random.ts';
import type { Table } from './knn.ts';

/** Rows of length 1 in clusters of about ten; some are near-duplicates, some rows are equal. */
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
  const rows = made(options.n, options.d);
  const table: Table = {
    title: `Near-duplicates among ${options.n} × ${options.d}, maxDistance ${maxDistance}`,
    columns: ['asked for', 'seconds', 'pairs', 'groups', 'memory beside the rows, MB'],
    rows: [],
  };
  for (const listed of [false, true]) {
    for (let run = 0; run < options.runs; run++) table.rows.push(await measured(rows, options, listed));
  }
  return { tables: [table], notes: [] };
}

async function measured(
  values: Float32Array,
  { n, d }: Options,
  listed: boolean,
): Promise<(string | number)[]> {
  const before = resident();
  let most = before;
  const start = performance.now();
  const linkage = new Linkage(n);
  const block = await createPairBlock(d, maxDistance, 'wasm');
  const read = (first: number, end: number): Float32Array => values.slice(first * d, end * d);
  let pairs = 0;
  for await (const step of findPairs(
    { dimension: d, count: n, read },
    { block, maxDistance, linkage, listed },
  )) {
    pairs += step.pairs.length;
    most = Math.max(most, resident());
  }
  const seconds = (performance.now() - start) / 1000;
  return [
    listed ? 'pairs and groups' : 'groups',
    seconds.toFixed(2),
    listed ? pairs : '–',
    linkage.groups().length,
    before ? Math.round((most - before) / 1e6) : '–',
  ];
}

/** Bytes; 0 where the platform does not tell. */
const resident = (): number => (typeof process === 'undefined' ? 0 : (process.memoryUsage?.rss?.() ?? 0));

function made(n: number, d: number): Float32Array {
  const random = seeded(5);
  const normal = gaussian(random);
  const rows = new Float32Array(n * d);
  let centre = new Float32Array(d);
  for (let row = 0; row < n; row++) {
    if (row % 10 === 0) centre = Float32Array.from(centre, normal);
    // From equal ones to a distance of 1.
    const spread = 0.5 * Math.max(0, random() - 0.1);
    const one = centre.map((value) => value + spread * normal());
    const length = Math.hypot(...one);
    rows.set(
      one.map((value) => value / length),
      row * d,
    );
  }
  return rows;
}
