import { availableParallelism } from 'node:os';
import type { Runtime } from './ort.ts';

/** More threads than this gain little on networks of this kind, as ONNX Runtime itself finds. */
const mostDefaultThreads = 4;
let loaded: Promise<Runtime> | undefined;

/** ONNX Runtime in Node. The number of threads is that of the first call in a process. */
export function loadRuntime(threads?: number): Promise<Runtime> {
  loaded ??= import('onnxruntime-web').then((ort) => {
    const count = threads ?? Math.min(mostDefaultThreads, availableParallelism());
    ort.env.wasm.numThreads = count;
    ort.env.logLevel = 'error';
    return { ort, threads: count };
  });
  return loaded;
}
