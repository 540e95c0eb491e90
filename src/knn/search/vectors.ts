/**
 * The first value that is no finite number (NaN, Infinity, -Infinity): no distance to a vector with one is of any use.
 *
 * @param values any number of vectors; for the block's n-th value of d-long vectors: row n / d, value n % d
 * @returns its position among `values`, -1 where all are finite
 */
export function firstNotFinite(values: Float32Array): number {
  // A finite value less itself is 0, any other is NaN.
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return i;
  return -1;
}

/** ‖x‖, in float64. */
export function lengthOf(vector: Float32Array | Float64Array): number {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  return Math.sqrt(squares);
}

/** Whether a vector's length is 1 but for rounding (float16 included), as that of a model's own features is. */
export function hasUnitLength(vector: Float32Array): boolean {
  return Math.abs(lengthOf(vector) - 1) <= 0.01;
}
