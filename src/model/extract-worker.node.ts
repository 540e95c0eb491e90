import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { carryErrorCodes } from '../worker/errors.ts';
import type { Extractor } from './extractor.ts';
import { createWasmExtractor } from './extractor.wasm.ts';
import type { Model } from './load.ts';
import { loadCpuRuntime } from './runtime.node.ts';

/** What a worker of the pool does: one session of its own, on its own thread. */
export interface ExtractWorker {
  /** Features of `n` pictures, as {@link Extractor.extract} gives them. */
  extract(values: Float32Array, n: number): Promise<Float32Array>;
}

let extractor: Promise<Extractor> | undefined;

const worker: ExtractWorker = {
  async extract(values, n) {
    extractor ??= loadCpuRuntime().then((runtime) => createWasmExtractor(workerData as Model, runtime));
    return (await extractor).extract(values, n);
  },
};

carryErrorCodes();
expose(worker, nodeEndpoint(parentPort!));
