import { LikenessError } from '../../base/errors.ts';
import { Mutex } from '../../base/mutex.ts';
import { createWasmBackend } from '../wasm/backend.ts';
import type { Kernels } from '../wasm/kernel.ts';
import type { Layout } from '../wasm/memory.ts';
import { createSharedReader } from '../wasm/reader.ts';
import { Shard, type ShardAsk } from './shard.ts';
import { JobWorker, type SharedJob } from './shared-job.ts';
import type { Answer, Request } from './thread-port.ts';

/** What a thread is told first: whether its rows are shared or its own. */
export type ThreadStart =
  | { kind: 'shared'; build: Kernels['name']; dimension: number; layout: Layout }
  | { kind: 'own'; dimension: number };

export type ThreadAsk = { start: ThreadStart } | { job: SharedJob } | { shard: ShardAsk };

/** The side of a thread that answers. @param post answers to whoever started it */
export function createThread(
  post: (message: Answer, transfer?: ArrayBuffer[]) => void,
): (message: Request<ThreadAsk>) => void {
  let worker: JobWorker;
  let shard: Shard;
  const answer = async (ask: ThreadAsk): Promise<unknown> => {
    if ('job' in ask) return worker.work(ask.job);
    if ('shard' in ask) return shard.answer(ask.shard);
    const { start } = ask;
    if (start.kind === 'shared') {
      worker = new JobWorker(await createSharedReader(start.build, start.dimension, start.layout));
    } else shard = new Shard(await createWasmBackend(start.dimension));
    return true;
  };
  // One after the other: rows change in the order of the messages.
  const mutex = new Mutex();
  return ({ id, ask }) => {
    void mutex.run(async () => {
      try {
        post({ id, answer: await answer(ask) });
      } catch (error) {
        const code = error instanceof LikenessError ? error.code : undefined;
        post({ id, error: error instanceof Error ? error.message : String(error), code });
      }
    });
  };
}
