import { type AssetUrls, assetNames } from '../../src/assets/names.ts';
import type { Runtime } from '../../src/network/ort.ts';

/** ONNX Runtime's CPU build on the platform of the test: what our kernels are compared with. */
export async function cpuRuntime(threads = 1): Promise<Runtime> {
  if (typeof document === 'undefined') {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = 'error';
    return ort;
  }
  const ort = await import('onnxruntime-web/wasm');
  const base = new URL('/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded', location.href).href;
  ort.env.wasm.wasmPaths = { mjs: `${base}.mjs`, wasm: `${base}.wasm` };
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  return ort;
}

/** The files of the built library, as the tests' server has them. */
export const builtAssets = (): AssetUrls =>
  Object.fromEntries(
    assetNames.map((name) => [name, new URL(`/dist/web/${name}`, location.href).href]),
  ) as AssetUrls;
