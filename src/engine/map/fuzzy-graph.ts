import { noRow } from '../../knn/search/found.ts';

/** The nearest other rows of each row, in the order of their distances. */
export interface NearestRows {
  count: number;
  /** Neighbours of a row, at most. */
  k: number;
  /** count × k; {@link noRow} where a row has fewer. */
  rows: Uint32Array;
  /** count × k, Euclidean. */
  distances: Float64Array;
}

/** Pairs of rows that belong together. */
export interface FuzzyGraph {
  count: number;
  /** Each pair once. */
  from: Uint32Array;
  to: Uint32Array;
  /** Above 0 … 1: how much. */
  weights: Float32Array;
}

/** Rows between two pauses. */
const rowsAtOnce = 1024;
/** As in the published code: bisections, and how near to the sum they have to come. */
const bisections = 64;
const tolerance = 1e-5;
/** A scale is at least this part of the mean distance. */
const leastScale = 1e-3;
/** Weights are multiples of this, so that a last bit of `Math.exp`, in which engines differ, changes none. */
const grain = 2 ** -16;

/**
 * UMAP's fuzzy graph of nearest neighbours (McInnes, Healy and Melville, UMAP: Uniform Manifold Approximation and
 * Projection for Dimension Reduction, 2018, algorithms 2 and 3): from row i the neighbour at distance d has the weight
 * exp(−(d − ρᵢ)/σᵢ), ρᵢ the distance of the nearest that is not equal, σᵢ so that the weights sum to log₂(k + 1). A pair
 * has a + b − a·b of both directions. It pauses by yielding.
 */
export function* fuzzyGraph(nearest: NearestRows): Generator<void, FuzzyGraph> {
  const { count, k, rows } = nearest;
  const directed = yield* directedWeights(nearest);
  let pairs = 0;
  const from = new Uint32Array(count * k);
  const to = new Uint32Array(count * k);
  const weights = new Float32Array(count * k);
  for (let row = 0; row < count; row++) {
    if (row % rowsAtOnce === 0) yield;
    for (let at = row * k; at < (row + 1) * k; at++) {
      const other = rows[at]!;
      if (other === noRow) continue;
      const back = rows.subarray(other * k, (other + 1) * k).indexOf(row);
      // A pair that lists each other is met twice.
      if (back >= 0 && other < row) continue;
      const [a, b] = [directed[at]!, back < 0 ? 0 : directed[other * k + back]!];
      const weight = Math.round((a + b - a * b) / grain) * grain;
      if (weight === 0) continue;
      from[pairs] = row;
      to[pairs] = other;
      weights[pairs++] = weight;
    }
  }
  return { count, from: from.slice(0, pairs), to: to.slice(0, pairs), weights: weights.slice(0, pairs) };
}

function* directedWeights({ count, k, rows, distances }: NearestRows): Generator<void, Float64Array> {
  const weights = new Float64Array(count * k);
  const meanOfAll = mean(distances.filter((_, at) => rows[at] !== noRow));
  for (let row = 0; row < count; row++) {
    if (row % rowsAtOnce === 0) yield;
    const there = rows.subarray(row * k, (row + 1) * k).indexOf(noRow);
    const own = distances.subarray(row * k, row * k + (there < 0 ? k : there));
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const floor = leastScale * (nearest > 0 ? mean(own) : meanOfAll);
    const scale = Math.max(floor, scaleOf(own, nearest, Math.log2(k + 1)));
    for (const [at, distance] of own.entries()) weights[row * k + at] = weightOf(distance - nearest, scale);
  }
  return weights;
}

/** σ, so that the weights sum to `wanted`. */
function scaleOf(distances: Float64Array, nearest: number, wanted: number): number {
  let [low, high, scale] = [0, Number.POSITIVE_INFINITY, 1];
  for (let i = 0; i < bisections; i++) {
    let sum = 0;
    for (const distance of distances) sum += weightOf(distance - nearest, scale);
    if (Math.abs(sum - wanted) < tolerance) break;
    if (sum > wanted) high = scale;
    else low = scale;
    scale = high === Number.POSITIVE_INFINITY ? scale * 2 : (low + high) / 2;
  }
  return scale;
}

const weightOf = (beyond: number, scale: number): number => (beyond <= 0 ? 1 : Math.exp(-beyond / scale));

const mean = (values: Float64Array): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value / values.length, 0);
