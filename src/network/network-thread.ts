import { LikenessError } from '../base/errors.ts';
import type { Remote } from '../base/rpc.ts';
import type { Network } from './convolution/network.ts';
import { createThread, type LayerRange, type NetworkThread } from './convolution/thread.ts';
import type { PoolThread } from './pool.ts';

/** What a thread of the network does, over memory that whoever starts it has filled. */
export interface NetworkWorker {
  startThread(network: Network, index: number): Promise<void>;
  /** As `CpuGraph.run`. */
  runThread(values: Float32Array, n: number, layers: LayerRange): Promise<Float32Array>;
}

/** Its name in errors. */
export const networkThreadName = 'A thread of the network';

/** The side that computes. */
export function createNetworkThread(): NetworkWorker {
  let thread: Promise<NetworkThread>;
  return {
    async startThread(network, index) {
      thread = createThread(network, index);
      await thread;
    },
    runThread: async (values, n, layers) => (await thread).run(values, n, layers),
  };
}

/** The side that asks. `ready` rejects where the thread does not start. */
export function startNetworkThread(
  { calls, end }: Remote<NetworkWorker>,
  network: Network,
  index: number,
): PoolThread & { ready: Promise<void> } {
  const ready = calls.startThread(network, index);
  ready.catch(() => {}); // whoever runs something hears of it
  return {
    ready,
    async run(values, n, layers = {}) {
      await ready;
      return calls.runThread(values, n, layers);
    },
    end: async () => end(new LikenessError('closed', 'The network was closed while it was running.')),
  };
}
