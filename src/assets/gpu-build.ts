/** ONNX Runtime's builds with the WebGPU provider: JSPI (smaller, cheaper calls) where the engine has it, else Asyncify. */
export type RuntimeBuild = 'jspi' | 'asyncify';

/** The build to take in this engine. */
export const gpuBuild = (): RuntimeBuild =>
  'Suspending' in WebAssembly && 'promising' in WebAssembly ? 'jspi' : 'asyncify';
