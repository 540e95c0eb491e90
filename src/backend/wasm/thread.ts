import type { Candidates, RowSet } from '../backend.ts';
import { CodeMemory, type SharedCodes } from './code-memory.ts';
import { compileKernels, type Kernels } from './kernel.ts';
import type { Layout } from './memory.ts';
import { RowMemory, type SharedRows } from './row-memory.ts';
import { Searcher } from './searcher.ts';

/** What a thread is told first. */
export interface ThreadStart {
  build: Kernels['name'];
  dimension: number;
  layout: Layout;
}

/** A search that several threads work on, a part of the queries at a time. */
export interface ThreadJob {
  rows: SharedRows;
  codes: SharedCodes | undefined;
  /** q × d, in shared memory. */
  queries: Float32Array;
  k: number;
  skip: RowSet | undefined;
  /** Queries of a part. */
  part: number;
  /** One number in shared memory: the next part that nobody has. */
  next: Int32Array;
}

/** What one thread did of a job: candidates by query. */
export type ThreadAnswer = [query: number, candidates: Candidates][];

export type ToThread = { start: ThreadStart } | { id: number; job: ThreadJob };
export type FromThread =
  | { id: number; answer: ThreadAnswer }
  | { id: number; error: string }
  | { ready: true };

/** Works on a job until no part of it is left. */
export function work(
  searcher: Searcher,
  d: number,
  { queries, k, skip, part, next }: ThreadJob,
): ThreadAnswer {
  const answer: ThreadAnswer = [];
  const count = queries.length / d;
  for (;;) {
    const first = Atomics.add(next, 0, 1) * part;
    if (first >= count) return answer;
    const last = Math.min(count, first + part);
    const found = searcher.candidates(queries.subarray(first * d, last * d), k, skip);
    for (const [i, candidates] of found.entries()) answer.push([first + i, candidates]);
  }
}

/** The side of a job's thread. @param post answers to whoever started it */
export function createThread(post: (message: FromThread) => void): (message: ToThread) => Promise<void> {
  let dimension = 0;
  let rows: RowMemory;
  let codes: CodeMemory;
  /** Without and with codes. */
  let searchers: [Searcher, Searcher];
  return async (message) => {
    if ('start' in message) {
      const { build, layout } = message.start;
      dimension = message.start.dimension;
      const kernels = await compileKernels(build, true);
      rows = new RowMemory(kernels, dimension, layout);
      codes = new CodeMemory(kernels, dimension, layout);
      searchers = [new Searcher(rows, undefined), new Searcher(rows, codes)];
      post({ ready: true });
      return;
    }
    const { id, job } = message;
    try {
      rows.attach(job.rows);
      if (job.codes) codes.attach(job.codes);
      post({ id, answer: work(searchers[job.codes ? 1 : 0], dimension, job) });
    } catch (error) {
      post({ id, error: String(error) });
    }
  };
}
