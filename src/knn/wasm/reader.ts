import type { Candidates, RowSet, SearchedRows } from '../backend/backend.ts';
import type { SharedBackend } from './backend.ts';
import { BoundsScratch } from './bounds-scratch.ts';
import { compileKernels, type DistancesKernel, type Kernels, type QuantisedKernel } from './kernels.ts';
import type { Layout } from './memory.ts';
import { QuantisedRows } from './quantised-rows.ts';
import { RowMemory } from './row-memory.ts';
import { Searcher } from './searcher.ts';

/** A thread's way to the rows of a backend that another one made. */
export async function createSharedReader(
  build: Kernels['name'],
  dimension: number,
  layout: Layout,
): Promise<SharedReader> {
  return new SharedReader(await compileKernels(build, true), dimension, layout);
}

export class SharedReader {
  readonly dimension: number;
  readonly #kernels: Kernels;
  readonly #layout: Layout;
  /** Over the memories met so far. A backend's memories keep their order, and it only ever gets more. */
  #distancesKernels: DistancesKernel[] = [];
  #quantisedKernels: QuantisedKernel[] = [];
  readonly #scratch = new BoundsScratch();

  constructor(kernels: Kernels, dimension: number, layout: Layout) {
    this.dimension = dimension;
    this.#kernels = kernels;
    this.#layout = layout;
  }

  /**
   * Rows `from` (a multiple of 128) … `to` − 1; they count from 0. Whoever asks has this view alone: what others ask for
   * meanwhile, of whatever rows, changes nothing about it.
   */
  view({ rows, quantised }: SharedBackend, from: number, to: number): SearchedRows {
    const { dimension } = this;
    for (const memory of rows.memories.slice(this.#distancesKernels.length)) {
      this.#distancesKernels.push(this.#kernels.distances(memory));
    }
    for (const memory of quantised?.memories.slice(this.#quantisedKernels.length) ?? []) {
      this.#quantisedKernels.push(this.#kernels.quantised(memory));
    }
    const part = { from, to };
    const ownRows = new RowMemory(this.#kernels, dimension, this.#layout, {
      ...part,
      shared: rows,
      kernels: this.#distancesKernels,
    });
    const ownQuantised =
      quantised &&
      new QuantisedRows(this.#kernels, dimension, this.#layout, {
        ...part,
        shared: quantised,
        kernels: this.#quantisedKernels,
      });
    const searcher = new Searcher(ownRows, ownQuantised, this.#scratch);
    return {
      dimension,
      rows: to - from,
      heedsSkip: true,
      row: (row) => ownRows.row(row),
      candidates: async (queries: Float32Array, k: number, skip?: RowSet): Promise<Candidates[]> =>
        searcher.candidates(queries, k, skip),
    };
  }

  /** Lets the memory go. Views that are in use keep what they have. */
  close(): void {
    this.#distancesKernels = [];
    this.#quantisedKernels = [];
  }
}
