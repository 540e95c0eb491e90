import { randomSigned } from './random.ts';

/** The two directions in which rows differ most. */
export interface PrincipalAxes {
  mean: Float64Array;
  /** Two of length 1, at right angles; zeros where the rows do not differ so. */
  axes: [Float64Array, Float64Array];
}

/** Enough for the order of the directions; a map only begins there. */
const iterations = 32;

/**
 * The first two principal components, by orthogonal iteration over the rows themselves: a covariance matrix of 4096 × 4096
 * would take 134 MB. It pauses by yielding.
 *
 * @param rows n × d, finite
 */
export function* principalAxes(rows: Float32Array, dimension: number): Generator<void, PrincipalAxes> {
  const n = rows.length / dimension;
  const mean = new Float64Array(dimension);
  for (let row = 0; row < n; row++) {
    for (let j = 0; j < dimension; j++) mean[j]! += rows[row * dimension + j]! / n;
  }
  const random = randomSigned(1);
  const axes: PrincipalAxes['axes'] = [Float64Array.from(mean, random), Float64Array.from(mean, random)];
  orthonormalise(axes);
  for (let i = 0; i < iterations; i++) {
    const next: PrincipalAxes['axes'] = [new Float64Array(dimension), new Float64Array(dimension)];
    for (let row = 0; row < n; row++) {
      if (row % 512 === 511) yield;
      const values = rows.subarray(row * dimension, (row + 1) * dimension);
      const [x, y] = project(values, mean, axes);
      const [first, second] = next;
      for (let j = 0; j < dimension; j++) {
        const value = values[j]! - mean[j]!;
        first[j]! += x * value;
        second[j]! += y * value;
      }
    }
    orthonormalise(next);
    axes[0] = next[0];
    axes[1] = next[1];
    yield;
  }
  return { mean, axes };
}

/** Where a row lies along the axes. */
export function project(
  row: Float32Array,
  mean: Float64Array,
  [first, second]: PrincipalAxes['axes'],
): [x: number, y: number] {
  let [x, y] = [0, 0];
  for (let j = 0; j < row.length; j++) {
    const value = row[j]! - mean[j]!;
    x += value * first[j]!;
    y += value * second[j]!;
  }
  return [x, y];
}

/** Gram and Schmidt's. What is nothing but rounding becomes zeros. */
function orthonormalise([first, second]: PrincipalAxes['axes']): void {
  const length = normalise(first, 0);
  let along = 0;
  for (const [j, value] of first.entries()) along += value * second[j]!;
  for (const [j, value] of first.entries()) second[j]! -= along * value;
  normalise(second, length * 1e-12);
}

/** @param least shorter ones become zeros */
function normalise(vector: Float64Array, least: number): number {
  let squared = 0;
  for (const value of vector) squared += value * value;
  const length = Math.sqrt(squared);
  for (let j = 0; j < vector.length; j++) vector[j] = length > least ? vector[j]! / length : 0;
  return length;
}
