import { canShareMemory } from '../shared-memory.ts';
import type { Runtime } from './ort.ts';

/** More threads than this gain little on networks of this kind, as ONNX Runtime itself finds. */
const mostDefaultThreads = 4;

/**
 * One of ONNX Runtime's native builds. `wasm` runs on the CPU only; the two others also have the WebGPU provider: JSPI
 * (smaller, cheaper calls) where the engine has it, else Asyncify.
 */
export type RuntimeBuild = 'wasm' | 'jspi' | 'webgpu';

const files: Record<RuntimeBuild, string> = {
  wasm: 'ort-wasm-simd-threaded',
  jspi: 'ort-wasm-simd-threaded.jspi',
  webgpu: 'ort-wasm-simd-threaded.asyncify',
};

/** The build to take for WebGPU in this engine. */
export function gpuBuild(): RuntimeBuild {
  return 'Suspending' in WebAssembly && 'promising' in WebAssembly ? 'jspi' : 'webgpu';
}

/**
 * Loads a build. One realm loads one build, once: its threads are fixed with the first session.
 *
 * @param base URL of the folder that holds ONNX Runtime's `.mjs` and `.wasm` files
 * @param threads more than one only where memory can be shared: in a page that is cross-origin isolated
 */
export async function loadRuntime(build: RuntimeBuild, base: string, threads?: number): Promise<Runtime> {
  const ort = await {
    wasm: () => import('onnxruntime-web/wasm'),
    jspi: () => import('onnxruntime-web/jspi'),
    webgpu: () => import('onnxruntime-web/webgpu'),
  }[build]();
  const wanted = threads ?? Math.min(mostDefaultThreads, navigator.hardwareConcurrency || 1);
  const count = canShareMemory() ? wanted : 1;
  ort.env.wasm.numThreads = count;
  ort.env.logLevel = 'error';
  ort.env.wasm.wasmPaths = {
    mjs: new URL(`${files[build]}.mjs`, base).href,
    wasm: new URL(`${files[build]}.wasm`, base).href,
  };
  return { ort, threads: count };
}
