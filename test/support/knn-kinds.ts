import { gaussian } from './random.ts';

/** Makes `n` rows of `d` values in one block. */
export type Kind = (n: number, d: number, random: () => number) => Float32Array;

/** Data that searches have met, or may: the usual, and what bounds and kernels find hard. */
export const kinds: Record<string, Kind> = {
  random: (n, d, random) => Float32Array.from({ length: n * d }, gaussian(random)),
  clustered: (n, d, random) => around(n, d, random, 12, 0.2, (x) => x),
  'ReLU-sparse': (n, d, random) => around(n, d, random, 12, 0.6, (x) => Math.max(0, x - 1.1)),
  constant: (n, d) => new Float32Array(n * d).fill(0.7),
  'near-duplicate': (n, d, random) => {
    // One point, and rows 10⁻³ … 10⁻⁷ of its length from it.
    const normal = gaussian(random);
    const centre = Float32Array.from({ length: d }, normal);
    return Float32Array.from({ length: n * d }, (_, i) => {
      const relative = 10 ** -(3 + (Math.floor(i / d) % 5));
      return centre[i % d]! + relative * normal();
    });
  },
  'ties at rank k': (n, d, random) => {
    // Ten rows again and again: whatever k is, it cuts through equals.
    const few = Float32Array.from({ length: 10 * d }, () => Math.floor(4 * random()));
    return Float32Array.from({ length: n * d }, (_, i) => few[(Math.floor(i / d) % 10) * d + (i % d)]!);
  },
  'NaN and ±Inf': (n, d, random) => {
    const values = kinds['ReLU-sparse']!(n, d, random);
    for (let row = 0; row < n; row += 7) {
      values[row * d + Math.floor(random() * d)] = [Number.NaN, Number.POSITIVE_INFINITY, -Infinity][
        row % 3
      ]!;
    }
    return values;
  },
  denormal: (n, d, random) => kinds.random!(n, d, random).map((x) => x * 1e-41),
  'huge among usual': (n, d, random) => {
    const values = kinds.clustered!(n, d, random);
    for (let row = 0; row < n; row += 5) {
      const scale = row % 2 === 0 ? 1e30 : 1e-30;
      for (let j = 0; j < d; j++) values[row * d + j]! *= scale;
    }
    return values;
  },
  'far from the origin': (n, d, random) => kinds.clustered!(n, d, random).map((x) => 100 + x),
};

/** Rows as queries: a query has to be finite. */
export const asQueries = (rows: Float32Array): Float32Array =>
  rows.map((x) => (Number.isFinite(x) ? x : 0.5));

function around(
  n: number,
  d: number,
  random: () => number,
  centres: number,
  spread: number,
  change: (x: number) => number,
): Float32Array {
  const normal = gaussian(random);
  const points = Float32Array.from({ length: centres * d }, normal);
  const values = new Float32Array(n * d);
  for (let row = 0; row < n; row++) {
    const centre = Math.floor(random() * centres);
    for (let j = 0; j < d; j++) values[row * d + j] = change(points[centre * d + j]! + spread * normal());
  }
  return values;
}

/** What an answer has to be, written as plainly as can be: squared distances in float64, finite before infinite before NaN. */
export function oracle(
  values: Float32Array,
  query: Float32Array,
  k: number,
  takesPart: (row: number) => boolean = () => true,
): { rows: number[]; distances: number[] } {
  const d = query.length;
  const all: { row: number; squared: number; kind: number }[] = [];
  for (let row = 0; row < values.length / d; row++) {
    if (!takesPart(row)) continue;
    let squared = 0;
    for (let j = 0; j < d; j++) squared += (values[row * d + j]! - query[j]!) ** 2;
    all.push({
      row,
      squared,
      kind: Number.isNaN(squared) ? 2 : Number(squared === Number.POSITIVE_INFINITY),
    });
  }
  all.sort((a, b) => a.kind - b.kind || (a.kind ? 0 : a.squared - b.squared) || a.row - b.row);
  const nearest = all.slice(0, k);
  return { rows: nearest.map(({ row }) => row), distances: nearest.map(({ squared }) => Math.sqrt(squared)) };
}
