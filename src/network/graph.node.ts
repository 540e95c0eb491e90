import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import script from '#threads/network.txt';
import { startWorker } from '../base/start-worker.node.ts';
import type { KernelBuild } from './convolution/kernel.ts';
import { loadNetwork } from './convolution/network.ts';
import { createThread } from './convolution/thread.ts';
import { cpuBatchSize } from './extractor.cpu.ts';
import type { CpuGraph } from './graph.ts';
import type { Model } from './load.ts';
import { type NetworkWorker, networkThreadName, startNetworkThread } from './network-thread.ts';
import { createPool } from './pool.ts';

/** Beyond this a folder is mostly waiting for its pictures to be decoded. */
const maxDefaultThreads = 4;

/** `--permission` without `--allow-worker`. */
const isDenied = (): boolean => process.permission?.has('worker') === false;

/** How many threads a program wants, as far as it may have them. */
export const threadsHere = (wanted: number | undefined): number =>
  isDenied() ? 1 : (wanted ?? Math.min(maxDefaultThreads, availableParallelism()));

/**
 * A model's convolutions in Node, in our own kernels.
 *
 * @param threads that many threads of their own, over one copy of the weights; 1: the calling thread and no other.
 *   Default: one for each processor, up to 4
 * @param build `simd` computes the same bits on every machine. Default: the fastest
 */
export async function createNodeGraph(
  model: Model,
  threads?: number,
  build?: KernelBuild,
): Promise<CpuGraph> {
  const batch = cpuBatchSize(model.manifest.preprocessing);
  const count = threadsHere(threads);
  if (threads === 1 || isDenied()) {
    const network = await loadNetwork(model, { threads: 1, shared: false, batch, build });
    const thread = await createThread(network, 0);
    return {
      threads: 1,
      note: threads === 1 ? undefined : 'one thread, as the permission model of Node allows no others',
      async run(values, n, layers) {
        await turn(); // what else the program has to do
        return thread.run(values, n, layers);
      },
      async close() {},
    };
  }
  const network = await loadNetwork(model, { threads: count, shared: true, batch, build });
  return createPool(count, (index) =>
    startNetworkThread(
      startWorker<NetworkWorker>(script, 'likeness-network', networkThreadName),
      network,
      index,
    ),
  );
}
