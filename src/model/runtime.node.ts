import { availableParallelism } from 'node:os';
import type { Runtime } from './ort.ts';

/** More threads than this gain little on networks of this kind, as ONNX Runtime itself finds. */
const mostDefaultThreads = 4;
let cpu: Promise<Runtime> | undefined;
let gpu: Promise<Runtime> | undefined;

/** ONNX Runtime's CPU build in Node. The number of threads is that of the first call in a process. */
export function loadCpuRuntime(threads?: number): Promise<Runtime> {
  cpu ??= import('onnxruntime-web').then((ort) => {
    const count = threads ?? Math.min(mostDefaultThreads, availableParallelism());
    ort.env.wasm.numThreads = count;
    ort.env.logLevel = 'error';
    return { ort, threads: count };
  });
  return cpu;
}

/** The build with the WebGPU provider, over what `provideWebGpu` provides. Its CPU provider has one thread in Node. */
export function loadGpuRuntime(): Promise<Runtime> {
  gpu ??= import('onnxruntime-web/webgpu').then((ort) => {
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'error';
    return { ort, threads: 1 };
  });
  return gpu;
}
