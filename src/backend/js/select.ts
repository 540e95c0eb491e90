/**
 * The k-th smallest value, NaN left out: a max-heap of the k smallest so far, whose top is the answer.
 *
 * @param values any order, any values
 * @param k 1 or more
 * @returns `Infinity` when fewer than k values are numbers
 */
export function kthSmallest(values: Float32Array | Float64Array, k: number): number {
  const heap = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  let top = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value < top)) continue;
    // Replace the largest and sift the new value down to its place.
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= k) break;
      if (child + 1 < k && heap[child + 1]! > heap[child]!) child++;
      if (heap[child]! <= value) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = value;
    top = heap[0]!;
  }
  return top;
}

/** Positions of all values ≤ `limit`, ascending; NaN is not. */
export function positionsUpTo(values: Float32Array | Float64Array, limit: number): Uint32Array {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i]! <= limit) found.push(i);
  return Uint32Array.from(found);
}

/** 0, 1, … count − 1. */
export function allPositions(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}
