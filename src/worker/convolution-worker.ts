import { expose } from 'comlink';
import type { Network } from '../model/convolution/network.ts';
import { createThread, type NetworkThread } from '../model/convolution/thread.ts';

/** A thread of the network in a page: it shares the memory that the engine's worker has filled. */
export interface ConvolutionWorker {
  start(network: Network, index: number): Promise<void>;
  run(values: Float32Array, n: number): Promise<Float32Array>;
}

let thread: NetworkThread | undefined;

const worker: ConvolutionWorker = {
  async start(network, index) {
    thread = await createThread(network, index);
  },
  async run(values, n) {
    return thread!.run(values, n);
  },
};

expose(worker);
