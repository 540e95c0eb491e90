import { LikenessError } from '../../base/errors.ts';
import type { Calls, Remote } from '../../base/rpc.ts';
import type { SearchThread } from './thread.ts';

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
