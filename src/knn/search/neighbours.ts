/** The k nearest rows of each query. */
export interface Neighbours {
  /** Places for neighbours of each query: min(k asked for, rows that take part). */
  k: number;
  /** Neighbours of each query: k, or fewer where `maxDistance` left some out. */
  counts: Uint32Array;
  /** q × k row numbers, nearest first; `noRow` in places that are left over. */
  rows: Uint32Array;
  /** q × k Euclidean distances; `Infinity` in places that are left over. */
  distances: Float64Array;
  /** Full rows that were scored after the first pass (over codes, or over all rows in float32), of all queries. */
  rescored: number;
  /** Bytes read from where the full rows are, when that is outside memory. */
  fetchedBytes: number;
}

/** Stands where there is no neighbour. */
export const noRow: number = 0xffffffff;
