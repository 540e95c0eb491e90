import type { RowSet } from '../backend/backend.ts';
import { sizeOf } from '../backend/row-set.ts';
import type { Found } from '../search/found.ts';
import { RowSource } from '../search/row-source.ts';
import { Search } from '../search/search.ts';
import type { SharedBackend } from '../wasm/backend.ts';
import type { SharedReader } from '../wasm/reader.ts';
import type { Part } from './parts.ts';

/** A search that several threads work on, a part at a time. */
export interface SharedJob {
  /** Left out where they are those of the job before. */
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

/** One thread's way through jobs; on the thread that searches are called on, through several side by side. */
export class JobWorker {
  readonly #reader: SharedReader;
  #rows: SharedBackend | undefined;

  constructor(reader: SharedReader) {
    this.#reader = reader;
  }

  /** Works on a job until no part of it is left. @returns what was found, by part */
  async work(job: SharedJob, signal?: AbortSignal): Promise<[part: number, found: Found][]> {
    const { k, maxDistance } = job;
    this.#rows = job.rows ?? this.#rows;
    // What follows belongs to this job alone: others begin while it waits.
    const rows = this.#rows!;
    const d = this.#reader.dimension;
    const answers: [number, Found][] = [];
    for (;;) {
      const at = Atomics.add(job.next, 0, 1);
      const part = job.parts[at];
      if (!part) return answers;
      const [from, to] = part.rows;
      const view = this.#reader.view(rows, from, to);
      const skip = job.skip?.subarray(from >>> 5, (to + 31) >>> 5);
      const taking = to - from - (skip ? sizeOf(skip) : 0);
      const source = new RowSource(view, undefined);
      const search = new Search(view, source, skip, taking, { k, maxDistance, signal });
      const [first, last] = part.queries;
      answers.push([at, await search.run(job.queries.subarray(first * d, last * d))]);
    }
  }

  close(): void {
    this.#rows = undefined;
    this.#reader.close();
  }
}
