import type { Calls } from '../../base/rpc.ts';
import { createWasmBackend } from '../wasm/backend.ts';
import type { Kernels } from '../wasm/kernels.ts';
import type { Layout } from '../wasm/memory.ts';
import { createPairThread, type PairThread } from './pair-threads.ts';
import { Shard } from './shard.ts';
import { JobWorker } from './shared-job.ts';

/** Its name in errors. */
export const threadName = 'A thread of the search';

/** The first call: the thread reads shared rows, or gets rows of its own; or it looks for pairs. */
interface Starter {
  share(build: Kernels['name'], dimension: number, layout: Layout): Promise<void>;
  own(dimension: number): Promise<void>;
}

/** What a thread of the search does. Its calls are answered in turn: rows change in the order of the calls. */
export type SearchThread = Starter & Calls<JobWorker> & Calls<Shard> & PairThread;

/** What answers a thread's calls. */
export function createThread(): (method: string) => object {
  let target: object;
  const pairs = createPairThread();
  const starter: Starter = {
    async share(build, dimension, layout) {
      target = await JobWorker.create(build, dimension, layout);
    },
    async own(dimension) {
      target = new Shard(await createWasmBackend(dimension));
    },
  };
  return (method) => (method in starter ? starter : method in pairs ? pairs : target);
}
