/**
 * A seeded generator of whole numbers 0 … 2³² − 1 (mulberry32 by T. Ettinger): the same on every machine, so a map is the
 * same whenever it is made.
 */
export function randomWords(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** The same as numbers −1 … 1. */
export function randomSigned(seed: number): () => number {
  const next = randomWords(seed);
  return () => next() / 2 ** 31 - 1;
}
