/** Rows and queries to search. */
export interface Rows {
  /** The rows in blocks; each call begins with the first. */
  blocks(): Iterable<Float32Array>;
  /** Queries like the rows, none of them among these. */
  queries: Float32Array;
  /** Whether they were made up. */
  areMade: boolean;
}

const kindCount = 200;
/** Values of a block: rows come in blocks, so that memory never holds all of them twice. */
const blockValues = 1 << 20;

/**
 * Rows as a network's last ReLU gives them: of 200 kinds, six values in seven zero, of norm 1. The same every time.
 *
 * @param queryCount queries, which are further rows
 */
export function madeFeatures(n: number, d: number, queryCount: number): Rows {
  const random = seeded(1);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const kinds = Float32Array.from({ length: kindCount * d }, normal);
  // Noise is drawn once and read at random places: rows only have to differ.
  const noise = Float32Array.from({ length: 1 << 20 }, normal);
  const fill = (row: Float32Array, next: () => number): void => {
    const kind = Math.floor(next() * kindCount) * d;
    const at = Math.floor(next() * (noise.length - d));
    let squares = 0;
    for (let j = 0; j < d; j++) {
      const value = Math.max(0, 0.8 * kinds[kind + j]! + 0.8 * noise[at + j]! - 1.2);
      row[j] = value;
      squares += value * value;
    }
    const norm = Math.sqrt(squares) || 1;
    for (let j = 0; j < d; j++) row[j]! /= norm;
  };
  const block = (count: number, next: () => number): Float32Array => {
    const values = new Float32Array(count * d);
    for (let i = 0; i < count; i++) fill(values.subarray(i * d, (i + 1) * d), next);
    return values;
  };
  return {
    *blocks() {
      const next = seeded(2);
      const max = Math.max(1, Math.floor(blockValues / d));
      for (let first = 0; first < n; first += max) yield block(Math.min(max, n - first), next);
    },
    queries: block(queryCount, seeded(3)),
    areMade: true,
  };
}

/** Mulberry32: uniform in [0, 1), the same on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
