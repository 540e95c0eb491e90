/**
 * Divides each row by its Euclidean norm, in place; a row of zeros stays as it is. The norm is summed in float64, the
 * quotient rounded once to float32.
 *
 * @param values n × d
 */
export function normaliseRows(values: Float32Array, d: number): Float32Array {
  for (let start = 0; start < values.length; start += d) {
    let squares = 0;
    for (let j = start; j < start + d; j++) squares += values[j]! ** 2;
    if (squares === 0) continue;
    const norm = Math.sqrt(squares);
    for (let j = start; j < start + d; j++) values[j]! /= norm;
  }
  return values;
}
