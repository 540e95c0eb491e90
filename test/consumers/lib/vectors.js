import { FlatIndex } from 'likeness-search/knn';

const dimension = 32;

/** `n` vectors, the same everywhere. */
function vectors(n, seed) {
  let state = seed;
  return Float32Array.from({ length: n * dimension }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

/** The 5 nearest of 4000 vectors to each of 3. */
export async function nearest(options) {
  const index = await FlatIndex.create({ dimension, backend: 'wasm', ...options });
  index.add(vectors(4000, 1));
  const { rows, distances } = await index.search(vectors(3, 2), 5);
  const { threads, reason } = index;
  index.close();
  return { rows: Array.from(rows), distances: Array.from(distances), threads, reason };
}
