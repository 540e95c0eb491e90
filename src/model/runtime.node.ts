import { once } from '../once.ts';
import type { Runtime } from './ort.ts';

/** The build with the WebGPU provider, over what `provideWebGpu` provides. Its CPU provider has one thread in Node. */
export const loadGpuRuntime: () => Promise<Runtime> = once(async () => {
  const ort = await import('onnxruntime-web/webgpu');
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return { ort, threads: 1 };
});
