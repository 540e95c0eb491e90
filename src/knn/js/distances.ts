/**
 * Squared Euclidean distance of two rows, the reference that every backend answers to: the sum over j, in order, of
 * (x_j − q_j)² in float64.
 *
 * @param x values `xOffset` … `xOffset + d - 1` are the row
 * @param q values `qOffset` … `qOffset + d - 1` are the query
 */
export function squaredDistance(
  x: Float32Array,
  xOffset: number,
  q: Float32Array,
  qOffset: number,
  d: number,
): number {
  let sum = 0;
  for (let j = 0; j < d; j++) {
    const difference = x[xOffset + j]! - q[qOffset + j]!;
    sum += difference * difference;
  }
  return sum;
}
