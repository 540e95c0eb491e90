import { indexRows } from '../../src/engine/map/index-rows.ts';
import { mapRows } from '../../src/engine/map/map-rows.ts';
import { defaultNeighbours } from '../../src/engine/map/neighbours.ts';
import { principalAxes, project } from '../../src/engine/map/principal-axes.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import { gaussian, seeded } from '../support/random.ts';
import { readFloats, type Table } from './knn.ts';

/** Rows of length 1 in clusters of about fifty, or the features of `--features`. */
export interface Options {
  n: number;
  d: number;
  /** Files of n × d float32, from the project's root, by d. */
  features?: Record<string, string>;
}

export const rounds: Partial<Options>[] = [{}];
export const defaults: Options = { n: 10_000, d: 512 };

/** Of so many rows it is asked which neighbours they keep. */
const askedRows = 500;
const k = 15;

/** How long a map takes, and how many of the nearest neighbours it keeps beside the principal components. */
export default async function bench({
  n,
  d,
  features,
}: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const file = features?.[d];
  const values = file ? (await readFloats(file)).subarray(0, n * d) : made(n, d);
  const index = await FlatIndex.create({ dimension: d });
  index.add(values);
  const start = performance.now();
  let [compared, longest, last] = [0, 0, start];
  const steps = mapRows(indexRows(index), defaultNeighbours);
  let step = await steps.next();
  for (; !step.done; step = await steps.next()) {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (step.value.phase === 'compare') compared = now - start;
  }
  const seconds = (performance.now() - start) / 1000;
  const { places } = step.value;
  const components = componentsOf(values, d);
  const title = `A map of ${index.size} × ${d}, ${file ? 'real features' : 'made clusters'}, ${index.backend}`;
  const timed = [seconds.toFixed(2), (compared / 1000).toFixed(2), Math.round(longest)];
  const found = await index.search(
    new Float32Array(asked(index.size).flatMap((row) => [...values.subarray(row * d, (row + 1) * d)])),
    index.size,
  );
  return {
    tables: [
      {
        title,
        columns: ['', 'seconds', 'of them neighbours', 'longest step, ms', `kept of ${k}`, 'trustworthiness'],
        rows: [
          ['map', ...timed, ...quality(places, found.rows, index.size)],
          ['two principal components', '', '', '', ...quality(components, found.rows, index.size)],
        ],
      },
    ],
    notes: [],
  };
}

const asked = (n: number): number[] =>
  Array.from({ length: Math.min(n, askedRows) }, (_, i) => Math.floor((i * n) / Math.min(n, askedRows)));

/**
 * @param orders of each asked row: all rows, nearest first
 * @returns the part of the nearest neighbours that are nearest in the plane, and trustworthiness (Venna and Kaski, 2001)
 */
function quality(places: Float64Array, orders: Uint32Array, n: number): [kept: string, trust: string] {
  let [kept, penalty] = [0, 0];
  const rows = asked(n);
  for (const [at, row] of rows.entries()) {
    const order = orders.subarray(at * n, (at + 1) * n).filter((other) => other !== row);
    const ranks = new Uint32Array(n);
    for (const [rank, other] of order.entries()) ranks[other] = rank + 1;
    const squared = Float64Array.from({ length: n }, (_, other) =>
      other === row
        ? Infinity
        : (places[2 * other]! - places[2 * row]!) ** 2 + (places[2 * other + 1]! - places[2 * row + 1]!) ** 2,
    );
    const near = Uint32Array.from({ length: n }, (_, other) => other)
      .sort((x, y) => squared[x]! - squared[y]!)
      .subarray(0, k);
    for (const other of near) {
      if (ranks[other]! <= k) kept++;
      else penalty += ranks[other]! - k;
    }
  }
  const trust = 1 - (2 / (rows.length * k * (2 * n - 3 * k - 1))) * penalty;
  return [(kept / rows.length / k).toFixed(3), trust.toFixed(3)];
}

function componentsOf(values: Float32Array, d: number): Float64Array {
  const work = principalAxes(values, d);
  let step = work.next();
  while (!step.done) step = work.next();
  const { mean, axes } = step.value;
  const places = new Float64Array((values.length / d) * 2);
  for (let row = 0; row < values.length / d; row++) {
    places.set(project(values.subarray(row * d, (row + 1) * d), mean, axes), row * 2);
  }
  return places;
}

function made(n: number, d: number): Float32Array {
  const random = seeded(5);
  const normal = gaussian(random);
  const centres = Array.from({ length: Math.ceil(n / 50) }, () => Float32Array.from({ length: d }, normal));
  const rows = new Float32Array(n * d);
  for (let row = 0; row < n; row++) {
    const centre = centres[Math.floor(random() * centres.length)]!;
    const spread = 0.3 + random();
    const one = centre.map((value) => value + spread * normal());
    const length = Math.sqrt(one.reduce((sum, value) => sum + value * value, 0));
    for (let j = 0; j < d; j++) rows[row * d + j] = one[j]! / length;
  }
  return rows;
}
