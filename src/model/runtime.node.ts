import type { Runtime } from './ort.ts';

let cpu: Promise<Runtime> | undefined;
let gpu: Promise<Runtime> | undefined;

/**
 * ONNX Runtime's CPU build in Node, with one thread unless more are asked for: with two, one run in fifty on a loaded
 * machine waited for ever (onnxruntime-web 1.30, Node 20), blocked where no signal or timer reaches it. The number of
 * threads is that of the first call in a process.
 */
export function loadCpuRuntime(threads = 1): Promise<Runtime> {
  cpu ??= import('onnxruntime-web').then((ort) => {
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = 'error';
    return { ort, threads };
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
