/** ONNX Runtime's builds with the WebGPU provider: JSPI (smaller, cheaper calls) where the engine has it, else Asyncify. */
export type RuntimeBuild = 'jspi' | 'asyncify';

/** The build to take in this engine. */
export const gpuBuild = (): RuntimeBuild =>
  'Suspending' in WebAssembly && 'promising' in WebAssembly ? 'jspi' : 'asyncify';

/** Bytes of each build as it lies in `dist/web/ort/`; `scripts/build.mjs` puts the figures in. */
declare const ORT_BYTES: Readonly<Record<RuntimeBuild, number>>;

/** What ONNX Runtime takes to fetch in this browser, for WebGPU; 0 where there is no WebGPU. */
export function gpuRuntimeBytes(): number {
  if (typeof ORT_BYTES === 'undefined' || !('gpu' in navigator)) return 0;
  return ORT_BYTES[gpuBuild()];
}
