import { FlatIndex } from '../knn/flat-index.ts';

/** The nearest other rows of a row, nearest first. */
export interface Neighbours {
  rows: Uint32Array;
  distances: Float64Array;
}

const queriesAtOnce = 256;

/**
 * The min(k, n − 1) nearest other rows of each row, as an exact search gives them: by distance, then by row.
 *
 * @param vectors n × d
 * @param options.threads of the search; the answer does not depend on them
 * @throws LikenessError; the reason of `signal`
 */
export async function findNeighbours(
  vectors: Float32Array,
  dimension: number,
  k: number,
  {
    signal,
    threads,
    onProgress,
  }: { signal: AbortSignal | undefined; threads: number; onProgress: (done: number) => void },
): Promise<Neighbours[]> {
  const n = vectors.length / dimension;
  // Below it is half a second's work: one thread has done it before others have started.
  const index = await FlatIndex.create({ dimension, threads: n * n * dimension < 2 ** 32 ? 1 : threads });
  try {
    index.add(vectors);
    const wanted = Math.min(k, n - 1);
    const lists: Neighbours[] = [];
    for (let first = 0; first < n; first += queriesAtOnce) {
      const queries = vectors.subarray(first * dimension, (first + queriesAtOnce) * dimension);
      // One more: the row itself is among them, or is farther by its number than as many equal ones.
      const found = await index.search(queries, wanted + 1, { signal });
      for (let at = 0; at < queries.length / dimension; at++) {
        const row = first + at;
        const from = at * found.k;
        const others = Array.from({ length: found.k }, (_, i) => from + i)
          .filter((i) => found.rows[i] !== row)
          .slice(0, wanted);
        lists.push({
          rows: Uint32Array.from(others, (i) => found.rows[i]!),
          distances: Float64Array.from(others, (i) => found.distances[i]!),
        });
      }
      onProgress(lists.length);
      await new Promise((resolve) => setTimeout(resolve)); // a signal is heard
    }
    return lists;
  } finally {
    index.close();
  }
}
