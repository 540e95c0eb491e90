import { wrap } from 'comlink';
import { LikenessError } from '../errors.ts';
import { canShareMemory } from '../shared-memory.ts';
import type { ConvolutionWorker } from '../worker/convolution-worker.ts';
import { startModuleWorker } from '../worker/start-worker.ts';
import { loadNetwork, type Network } from './convolution/network.ts';
import { createThread } from './convolution/thread.ts';
import { cpuBatchSize } from './extractor.cpu.ts';
import type { CpuGraph } from './graph.ts';
import type { Model } from './load.ts';
import { createPool, type PoolThread } from './pool.ts';

/** Threads that an ordinary machine has to spare. */
const mostDefaultThreads = 4;

/**
 * A model's convolutions in a page, in our own kernels. Where memory can be shared (a page that is cross-origin isolated) they have threads of
 * their own, over one copy of the weights, so that the worker that calls this decodes meanwhile, even beside a single
 * one; else they run in that worker.
 */
export async function createThreadsGraph(model: Model, threads?: number): Promise<CpuGraph> {
  const wanted = threads ?? Math.min(mostDefaultThreads, navigator.hardwareConcurrency || 1);
  const shared = canShareMemory();
  const count = shared ? wanted : 1;
  const batch = cpuBatchSize(model.manifest.preprocessing);
  const network = await loadNetwork(model, { threads: count, shared, batch });
  if (shared) return createPool(count, (index) => start(network, index));
  const thread = await createThread(network, 0);
  return { threads: 1, run: async (values, n) => thread.run(values, n), close: async () => {} };
}

function start(network: Network, index: number): PoolThread {
  const worker = startModuleWorker(
    new URL('./convolution-worker.js', import.meta.url),
    () =>
      new Worker(new URL('./convolution-worker.js', import.meta.url), { type: 'module', name: 'likeness' }),
  );
  const died = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) =>
      reject(new LikenessError('no-backend', `A thread of the network failed: ${message}`)),
    );
  });
  died.catch(() => {});
  const remote = wrap<ConvolutionWorker>(worker);
  const started = remote.start(network, index);
  return {
    run: async (values, n) => {
      await Promise.race([started, died]);
      return Promise.race([remote.run(values, n), died]);
    },
    end: async () => worker.terminate(),
  };
}
