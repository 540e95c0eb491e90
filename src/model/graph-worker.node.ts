import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { carryErrorCodes } from '../worker/errors.ts';
import type { CpuGraph } from './graph.ts';
import { createWasmGraph } from './graph.wasm.ts';
import { fileOfBytes } from './load.ts';
import type { Manifest } from './manifest.ts';
import { loadCpuRuntime } from './runtime.node.ts';

/** What a worker is started with: a model's graph with its shards, by file, in shared memory. */
export interface GraphFiles {
  manifest: Manifest;
  files: Map<string, Uint8Array>;
}

/** What a worker of the pool does: one session of its own, on its own thread. */
export interface GraphWorker {
  /** As {@link CpuGraph.run}. */
  run(values: Float32Array, n: number): Promise<Float32Array>;
}

let graph: Promise<CpuGraph> | undefined;

async function create(): Promise<CpuGraph> {
  const { manifest, files } = workerData as GraphFiles;
  const model = { manifest, files: new Map([...files].map(([name, bytes]) => [name, fileOfBytes(bytes)])) };
  return createWasmGraph(model, await loadCpuRuntime());
}

const worker: GraphWorker = {
  async run(values, n) {
    graph ??= create();
    return (await graph).run(values, n);
  },
};

carryErrorCodes();
expose(worker, nodeEndpoint(parentPort!));
