/** How far the pictures of an index are from a query. */
export interface Histogram {
  /** Ascending, one more than there are bins. */
  edges: number[];
  /** Pictures in each bin: from its lower edge to below its upper one; the last bin has its upper edge, too. */
  counts: number[];
  /** Pictures that are nearer than the first edge. */
  below: number;
  /** Pictures that are farther than the last edge. */
  above: number;
}

/** Of features that are divided by their norms. */
const farthest = 2;

/**
 * Counts distances as NumPy's `histogram` does.
 *
 * @param bins a number of bins of one width from 0 to the farthest, or edges
 */
export function histogram(distances: Float64Array, bins: number | readonly number[]): Histogram {
  const edges = typeof bins === 'number' ? evenEdges(distances, bins) : [...bins];
  const counts: number[] = new Array(edges.length - 1).fill(0);
  let below = 0;
  let above = 0;
  for (const distance of distances) {
    const bin = lastNotAbove(edges, distance);
    if (bin < 0) below++;
    else if (bin < counts.length) counts[bin]!++;
    else if (distance === edges.at(-1)) counts[counts.length - 1]!++;
    else above++;
  }
  return { edges, counts, below, above };
}

function evenEdges(distances: Float64Array, bins: number): number[] {
  let end = 0;
  for (const distance of distances) end = Math.max(end, distance);
  if (end === 0) end = farthest; // nothing to divide
  return Array.from({ length: bins + 1 }, (_, n) => (n === bins ? end : (end * n) / bins));
}

/** The position of the last edge that is not above the value; -1 where the first is. */
function lastNotAbove(edges: readonly number[], value: number): number {
  let low = 0;
  for (let high = edges.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
