import { wrap } from 'comlink';
import { LikenessError } from '../base/errors.ts';
import { sourceOf } from '../web/policy.ts';
import { canShareMemory, whyNotShared } from '../web/shared-memory.ts';
import { loadNetwork, type Network } from './convolution/network.ts';
import { createThread } from './convolution/thread.ts';
import { cpuBatchSize } from './extractor.cpu.ts';
import type { CpuGraph } from './graph.ts';
import type { Model } from './load.ts';
import { createPool, type PoolThread } from './pool.ts';

/** Threads that an ordinary machine has to spare. */
const maxDefaultThreads = 4;

/** What a thread of the network does in a page: it shares the memory that the engine's worker has filled. */
export interface NetworkWorker {
  startThread(network: Network, index: number): Promise<void>;
  runThread(values: Float32Array, n: number): Promise<Float32Array>;
}

/**
 * A model's convolutions in a page, in our own kernels. Where memory can be shared (a page that is cross-origin isolated)
 * they have threads of their own, over one copy of the weights, so that the worker that calls this decodes meanwhile, even
 * beside a single one; else, and where no thread starts, they run in that worker.
 *
 * @param startWorker starts a worker that is a {@link NetworkWorker}
 */
export async function createThreadsGraph(
  model: Model,
  threads: number | undefined,
  startWorker: () => Worker,
): Promise<CpuGraph> {
  const wanted = threads ?? Math.min(maxDefaultThreads, navigator.hardwareConcurrency || 1);
  const shared = canShareMemory();
  const count = shared ? wanted : 1;
  const batch = cpuBatchSize(model.manifest.preprocessing);
  const network = await loadNetwork(model, { threads: count, shared, batch });
  let note =
    wanted > 1 && !shared ? `one thread, as memory cannot be shared here: ${whyNotShared()}` : undefined;
  if (shared) {
    const first = start(network, 0, startWorker);
    try {
      await first.ready;
      return createPool(count, (index) => (index === 0 ? first : start(network, index, startWorker)));
    } catch (error) {
      void first.end();
      note = `one thread, as others do not start: ${(error as Error).message}`;
    }
  }
  const thread = await createThread(network, 0);
  return { threads: 1, note, run: async (values, n) => thread.run(values, n), close: async () => {} };
}

/** `ready` rejects where it does not start. */
function start(
  network: Network,
  index: number,
  startWorker: () => Worker,
): PoolThread & { ready: Promise<void> } {
  const worker = startWorker();
  const died = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) =>
      reject(new LikenessError('no-backend', `A thread of the network failed: ${message || notAgain()}`)),
    );
  });
  died.catch(() => {});
  const remote = wrap<NetworkWorker>(worker);
  const ready = Promise.race([remote.startThread(network, index), died]);
  ready.catch(() => {});
  return {
    ready,
    run: async (values, n) => {
      await ready;
      return Promise.race([remote.runThread(values, n), died]);
    },
    end: async () => worker.terminate(),
  };
}

/** Firefox starts no worker from the blob that made this one, in an isolated page; other browsers do. */
function notAgain(): string {
  const source = sourceOf(globalThis.location.href);
  const blob = source === 'blob:' ? ' (Firefox refuses that where the library is on another origin)' : '';
  return `its script cannot be loaded again${blob}; a Content-Security-Policy that comes with it has to allow worker-src ${source}`;
}
