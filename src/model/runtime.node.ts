import type { Runtime } from './ort.ts';

let cpu: Promise<Runtime> | undefined;
let gpu: Promise<Runtime> | undefined;

/** ONNX Runtime's CPU build in Node, on one thread: more are had by a pool of sessions. */
export function loadCpuRuntime(): Promise<Runtime> {
  cpu ??= import('onnxruntime-web').then((ort) => {
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'error';
    return { ort, threads: 1 };
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
