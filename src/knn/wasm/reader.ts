import type { Candidates, RowSet, SearchedRows } from '../backend/backend.ts';
import type { SharedBackend } from './backend.ts';
import { BoundsScratch } from './bounds-scratch.ts';
import { CodeMemory } from './code-memory.ts';
import { type CodeKernel, compileKernels, type Kernels, type RowKernel } from './kernel.ts';
import type { Layout } from './memory.ts';
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
  #rowKernels: RowKernel[] = [];
  #codeKernels: CodeKernel[] = [];
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
  view({ rows, codes }: SharedBackend, from: number, to: number): SearchedRows {
    const { dimension } = this;
    for (const memory of rows.memories.slice(this.#rowKernels.length)) {
      this.#rowKernels.push(this.#kernels.rows(memory));
    }
    for (const memory of codes?.memories.slice(this.#codeKernels.length) ?? []) {
      this.#codeKernels.push(this.#kernels.codes(memory));
    }
    const part = { from, to };
    const ownRows = new RowMemory(this.#kernels, dimension, this.#layout, {
      ...part,
      shared: rows,
      kernels: this.#rowKernels,
    });
    const ownCodes =
      codes &&
      new CodeMemory(this.#kernels, dimension, this.#layout, {
        ...part,
        shared: codes,
        kernels: this.#codeKernels,
      });
    const searcher = new Searcher(ownRows, ownCodes, this.#scratch);
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
    this.#rowKernels = [];
    this.#codeKernels = [];
  }
}
