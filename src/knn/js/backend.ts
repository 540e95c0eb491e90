import type { Backend, Candidates, RowSet } from '../backend/backend.ts';
import { has, rowsOutside } from '../backend/row-set.ts';
import { Rows } from '../backend/rows.ts';
import { squaredDistance } from './distances.ts';
import { kthSmallest, positionsUpTo } from './select.ts';

/** The plain backend: float64 in JavaScript. The last fallback, and what the others are tested against. */
export function createJsBackend(dimension: number): Backend {
  const rows = new Rows(dimension);
  return {
    name: 'js',
    dimension,
    get rows() {
      return rows.count;
    },
    append: (values) => rows.append(values),
    set: (row, values) => rows.set(row, values),
    remove: (removed) => rows.remove(removed),
    row: (row) => rows.row(row),
    candidates: async (queries, k, skip) =>
      Array.from({ length: queries.length / dimension }, (_, q) =>
        nearest(rows, queries.subarray(q * dimension, (q + 1) * dimension), k, skip),
      ),
    close: () => rows.clear(),
  };
}

function nearest(rows: Rows, query: Float32Array, k: number, skip: RowSet | undefined): Candidates {
  const distances = new Float64Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    distances[row] = has(skip, row)
      ? Number.NaN
      : squaredDistance(rows.row(row), 0, query, 0, rows.dimension);
  }
  const kth = kthSmallest(distances, k);
  // These are the reference's own distances: what is not listed is farther than the k-th, ties are all listed.
  if (kth < Number.POSITIVE_INFINITY) return { rows: positionsUpTo(distances, kth), bound: nextUp(kth) };
  return { rows: rowsOutside(skip, rows.count), bound: Number.POSITIVE_INFINITY };
}

/** A float64 above `value` (finite, not negative) and at most the next but one. */
function nextUp(value: number): number {
  return value + Math.max(value * Number.EPSILON, Number.MIN_VALUE);
}
