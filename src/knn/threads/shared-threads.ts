import type { Remote } from '../../base/rpc.ts';
import type { RowSet } from '../backend/backend.ts';
import { type Found, merge } from '../search/found.ts';
import type { Limits } from '../search/search.ts';
import type { SharedBackend, WasmBackend } from '../wasm/backend.ts';
import { divide } from './parts.ts';
import { JobWorker, type SharedJob } from './shared-job.ts';
import type { SearchThread } from './thread.ts';
import { endThreads, type SearchThreads, type StartThread, startThreads } from './threads.ts';

/** With fewer products (queries · rows · values), waking threads takes longer (1 to 2 ms) than they save. */
const minPayingProducts = 1 << 27;

/** Threads that share the memory of the one that calls, which works as well. */
export class SharedThreads implements SearchThreads {
  readonly count: number;
  readonly #backend: WasmBackend;
  readonly #own: JobWorker;
  readonly #others: Remote<SearchThread>[];
  /** What the threads know of the rows. */
  #sent: SharedBackend | undefined;

  readonly #minProducts: number;

  private constructor(
    backend: WasmBackend,
    own: JobWorker,
    others: Remote<SearchThread>[],
    minProducts: number,
  ) {
    this.#minProducts = minProducts;
    this.#backend = backend;
    this.#own = own;
    this.#others = others;
    this.count = others.length + 1;
  }

  /** @param backend laid out for the threads to be */
  static async start(
    backend: WasmBackend,
    startThread: StartThread,
    minProducts: number = minPayingProducts,
  ): Promise<SharedThreads> {
    const { name: build, dimension, layout } = backend;
    const others = await startThreads(layout.threads - 1, startThread, (thread, at) =>
      thread.share(build, dimension, { ...layout, thread: at + 1 }),
    );
    const own = await JobWorker.create(build, dimension, layout);
    return new SharedThreads(backend, own, others, minProducts);
  }

  pay(queries: number): boolean {
    return queries * this.#backend.rows * this.#backend.dimension >= this.#minProducts;
  }

  async search(queries: Float32Array, skip: RowSet | undefined, limits: Limits): Promise<Found> {
    const { rows, dimension } = this.#backend;
    const count = queries.length / dimension;
    const shared = new Float32Array(new SharedArrayBuffer(queries.byteLength));
    shared.set(queries);
    const { k, maxDistance, signal } = limits;
    const parts = divide(count, rows, k, this.count);
    const share = this.#backend.share();
    const job: SharedJob = {
      rows: share === this.#sent ? undefined : share,
      queries: shared,
      k,
      maxDistance,
      skip,
      parts,
      next: new Int32Array(new SharedArrayBuffer(4)),
    };
    this.#sent = share;
    const asked = this.#others.map(({ calls }) => calls.work(job));
    // After an abort, no thread begins another part.
    const stop = (): void => void Atomics.store(job.next, 0, parts.length);
    signal?.addEventListener('abort', stop, { once: true });
    let answers: [part: number, found: Found][][];
    try {
      answers = await Promise.all([this.#own.work(job, signal), ...asked]);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    signal?.throwIfAborted();
    const found = answers.flat().map(([at, part]) => ({
      found: part,
      firstQuery: parts[at]!.queries[0],
      rowOf: (row: number) => row + parts[at]!.rows[0],
    }));
    return merge(found, count, k);
  }

  close(): void {
    endThreads(this.#others);
    this.#own.close();
  }
}
