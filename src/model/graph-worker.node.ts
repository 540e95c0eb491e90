import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { once } from '../once.ts';
import { carryErrorCodes } from '../worker/errors.ts';
import type { Network } from './convolution/network.ts';
import { createThread } from './convolution/thread.ts';
import { createWasmGraph } from './graph.wasm.ts';
import { fileOfBytes } from './load.ts';
import type { Manifest } from './manifest.ts';
import { loadCpuRuntime } from './runtime.node.ts';

/**
 * What a worker is started with: a network in shared memory and which of its threads this one is, or, for a graph that
 * ONNX Runtime has to run, the graph with its shards, by file, in shared memory.
 */
export type GraphWorkerData =
  | { network: Network; index: number }
  | { manifest: Manifest; files: Map<string, Uint8Array> };

/** What a worker of the pool does. */
export interface GraphWorker {
  /** As `CpuGraph.run`. */
  run(values: Float32Array, n: number): Promise<Float32Array>;
}

type Run = (values: Float32Array, n: number) => Float32Array | Promise<Float32Array>;

async function create(data: GraphWorkerData): Promise<Run> {
  if ('network' in data) return (await createThread(data.network, data.index)).run;
  const files = new Map([...data.files].map(([name, bytes]) => [name, fileOfBytes(bytes)]));
  return (await createWasmGraph({ manifest: data.manifest, files }, await loadCpuRuntime())).run;
}

const created = once(() => create(workerData));

const worker: GraphWorker = {
  async run(values, n) {
    return (await created())(values, n);
  },
};

carryErrorCodes();
expose(worker, nodeEndpoint(parentPort!));
