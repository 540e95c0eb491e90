import { rowsPerPanel } from '../wasm/quantised-rows.ts';

/** A part of a search that one thread answers: queries and rows from … to − 1. */
export interface Part {
  queries: [from: number, to: number];
  rows: [from: number, to: number];
}

/** Parts for each thread: a slower thread does fewer. More parts would mean more passes over the rows. */
const partsPerThread = 2;
/** Rows of a part for each of the k nearest: every part reads the k most promising of its own rows. */
const rowsPerNeighbour = 16;

/**
 * Divides a search among threads. If there are enough queries, these are divided: each is answered as by one thread.
 * Otherwise rows are divided.
 *
 * @param k rows that are wanted of each query
 */
export function divide(queries: number, rows: number, k: number, threads: number): Part[] {
  const wanted = partsPerThread * threads;
  if (queries >= wanted) {
    return ranges(queries, Math.ceil(queries / wanted)).map((part) => ({ queries: part, rows: [0, rows] }));
  }
  // One part a thread: the full rows that each part reads cost more than waiting for a slower thread.
  const min = Math.max(rows / threads, rowsPerNeighbour * k);
  // Parts begin with whole panels of quantised rows, and so with whole words of a set of rows.
  const perPart = Math.ceil(min / rowsPerPanel) * rowsPerPanel;
  return ranges(rows, perPart).map((part) => ({ queries: [0, queries], rows: part }));
}

function ranges(count: number, step: number): [number, number][] {
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => [
    i * step,
    Math.min(count, (i + 1) * step),
  ]);
}
