import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { once } from '../base/once.ts';
import { carryErrorCodes } from '../base/wire-error.ts';
import type { Network } from './convolution/network.ts';
import { createThread } from './convolution/thread.ts';

/** What a thread of the network is started with: the network, in shared memory, and which of its threads this one is. */
export interface GraphWorkerData {
  network: Network;
  index: number;
}

/** What a thread of the network does. */
export interface GraphWorker {
  /** As `CpuGraph.run`. */
  run(values: Float32Array, n: number): Promise<Float32Array>;
}

const { network, index } = workerData as GraphWorkerData;
const created = once(() => createThread(network, index));

const worker: GraphWorker = {
  async run(values, n) {
    return (await created()).run(values, n);
  },
};

carryErrorCodes();
expose(worker, nodeEndpoint(parentPort!));
