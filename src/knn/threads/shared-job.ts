import type { RowSet, SearchedRows } from '../backend/backend.ts';
import { sizeOf } from '../backend/row-set.ts';
import type { Found } from '../search/found.ts';
import { RowSource } from '../search/row-source.ts';
import { Search } from '../search/search.ts';
import type { SharedBackend } from '../wasm/backend.ts';
import { BoundsScratch } from '../wasm/bounds-scratch.ts';
import { compileKernels, type DistancesKernel, type Kernels, type QuantisedKernel } from '../wasm/kernels.ts';
import type { Layout } from '../wasm/memory.ts';
import { QuantisedRows } from '../wasm/quantised-rows.ts';
import { RowMemory } from '../wasm/row-memory.ts';
import { Searcher } from '../wasm/searcher.ts';
import type { Part } from './parts.ts';

/** A search that several threads work on, a part at a time. */
export interface SharedJob {
  /** Undefined: the rows of the job before. */
  rows: SharedBackend | undefined;
  /** q × d, in shared memory. */
  queries: Float32Array;
  k: number;
  maxDistance: number;
  skip: RowSet | undefined;
  parts: Part[];
  /** One number in shared memory: the next part that nobody has. */
  next: Int32Array;
}

/** One thread's way through jobs, over memories that another one fills; several jobs may be under way. */
export class JobWorker {
  readonly #kernels: Kernels;
  readonly #dimension: number;
  readonly #layout: Layout;
  readonly #scratch = new BoundsScratch();
  #rows: SharedBackend | undefined;
  /** Over the memories met so far. A backend's memories keep their order, and it only ever gets more. */
  #distances: DistancesKernel[] = [];
  #quantised: QuantisedKernel[] = [];

  private constructor(kernels: Kernels, dimension: number, layout: Layout) {
    this.#kernels = kernels;
    this.#dimension = dimension;
    this.#layout = layout;
  }

  static async create(build: Kernels['name'], dimension: number, layout: Layout): Promise<JobWorker> {
    return new JobWorker(await compileKernels(build, true), dimension, layout);
  }

  /** Works on a job until no part of it is left. @returns what was found, by part */
  async work(job: SharedJob, signal?: AbortSignal): Promise<[part: number, found: Found][]> {
    const { k, maxDistance } = job;
    this.#rows = job.rows ?? this.#rows;
    // Other jobs begin while this one waits: they must not change these.
    const rows = this.#rows!;
    const d = this.#dimension;
    const answers: [number, Found][] = [];
    for (;;) {
      const at = Atomics.add(job.next, 0, 1);
      const part = job.parts[at];
      if (!part) return answers;
      const [from, to] = part.rows;
      const view = this.#view(rows, from, to);
      const skip = job.skip?.subarray(from >>> 5, (to + 31) >>> 5);
      const taking = to - from - (skip ? sizeOf(skip) : 0);
      const source = new RowSource(view, undefined);
      const search = new Search(view, source, skip, taking, { k, maxDistance, signal });
      const [first, last] = part.queries;
      answers.push([at, await search.run(job.queries.subarray(first * d, last * d))]);
    }
  }

  /** Lets the memory go. Jobs under way keep what they have. */
  close(): void {
    this.#rows = undefined;
    this.#distances = [];
    this.#quantised = [];
  }

  /** Rows `from` (a multiple of 128) … `to` − 1; they count from 0. */
  #view({ rows, quantised }: SharedBackend, from: number, to: number): SearchedRows {
    const dimension = this.#dimension;
    const [kernels, layout] = [this.#kernels, this.#layout];
    for (const memory of rows.memories.slice(this.#distances.length)) {
      this.#distances.push(kernels.distances(memory));
    }
    for (const memory of quantised?.memories.slice(this.#quantised.length) ?? []) {
      this.#quantised.push(kernels.quantised(memory));
    }
    const own = new RowMemory(kernels, dimension, layout, { ...rows, kernels: this.#distances, from, to });
    const ownQuantised =
      quantised &&
      new QuantisedRows(kernels, dimension, layout, { ...quantised, kernels: this.#quantised, from, to });
    const searcher = new Searcher(own, ownQuantised, this.#scratch);
    return {
      dimension,
      rows: to - from,
      row: (row) => own.row(row),
      candidates: async (queries, k, skip) => searcher.candidates(queries, k, skip),
    };
  }
}
