import { createBounds, type QuantisedBounds, rowsPerGroup } from './quantised-rows.ts';

/**
 * Bounds of the queries of one pass. They are large: they are kept between passes and shared by all searches of a thread.
 * Use them only until the next await.
 */
export class BoundsScratch {
  #kept: QuantisedBounds[] = [];

  /** @param rows whole panels */
  take(queries: number, rows: number): QuantisedBounds[] {
    if (this.#kept.some(({ mid }) => mid.length < rows)) this.#kept = [];
    while (this.#kept.length < queries) this.#kept.push(createBounds(rows));
    return this.#kept.slice(0, queries).map(({ mid, low, minima }) => ({
      mid: mid.subarray(0, rows),
      low: low.subarray(0, rows),
      minima: minima.subarray(0, (2 * rows) / rowsPerGroup),
    }));
  }
}
