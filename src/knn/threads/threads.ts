import { LikenessError } from '../../base/errors.ts';
import type { Calls, Remote } from '../../base/rpc.ts';
import type { RowSet } from '../backend/backend.ts';
import type { Found } from '../search/found.ts';
import type { Limits } from '../search/search.ts';
import type { SearchThread } from './thread.ts';

/** Threads that search the rows of an index. */
export interface SearchThreads {
  /** How many, the calling one among them. */
  readonly count: number;
  /** Whether they answer so many queries sooner than the calling thread alone. */
  pay(queries: number): boolean;
  /**
   * The nearest rows of each query.
   *
   * @param queries q × d
   * @param skip rows that do not take part
   */
  search(queries: Float32Array, skip: RowSet | undefined, limits: Limits): Promise<Found>;
  /** Copies of rows, one after the other; where the rows are with the threads. */
  read?(rows: Uint32Array): Promise<Float32Array>;
  close(): void;
}

export type StartThread = () => Promise<Remote<SearchThread>>;

/** Starts threads; rejects, with none left, when one does not start. */
export async function startThreads(
  count: number,
  startThread: StartThread,
  begin: (thread: Calls<SearchThread>, at: number) => Promise<void>,
): Promise<Remote<SearchThread>[]> {
  const threads: Remote<SearchThread>[] = [];
  try {
    for (let at = 0; at < count; at++) threads.push(await startThread());
    await Promise.all(threads.map(({ calls }, at) => begin(calls, at)));
    return threads;
  } catch (error) {
    endThreads(threads);
    throw error;
  }
}

export function endThreads(threads: readonly Remote<SearchThread>[]): void {
  const reason = new LikenessError('closed', 'This index was closed; create another.');
  for (const thread of threads) thread.end(reason);
}
