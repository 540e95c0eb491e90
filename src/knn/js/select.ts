/** The k smallest of the values offered so far, NaN left out: a max-heap whose top is the k-th. */
export class SmallestK {
  readonly #heap: Float64Array;
  /** The k-th smallest; `Infinity` when fewer than k values were numbers. */
  top: number = Number.POSITIVE_INFINITY;

  /** @param k 1 or more */
  constructor(k: number) {
    this.#heap = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  }

  offer(value: number): void {
    if (!(value < this.top)) return;
    // Replace the largest and sift the new value down to its place.
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++;
      if (heap[child]! <= value) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = value;
    this.top = heap[0]!;
  }
}

/**
 * The k-th smallest value, NaN left out.
 *
 * @param values any order, any values
 * @param k 1 or more
 * @returns `Infinity` when fewer than k values are numbers
 */
export function kthSmallest(values: Float32Array | Float64Array, k: number): number {
  const smallest = new SmallestK(k);
  for (let i = 0; i < values.length; i++) if (values[i]! < smallest.top) smallest.offer(values[i]!);
  return smallest.top;
}

/** Positions of all values ≤ `limit`, ascending; NaN is not. */
export function positionsUpTo(values: Float32Array | Float64Array, limit: number): Uint32Array {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i]! <= limit) found.push(i);
  return Uint32Array.from(found);
}
