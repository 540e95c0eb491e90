import type { RuntimeBuild } from '../assets/gpu-build.ts';
import { importAsset } from '../assets/import.ts';
import type { AssetUrls } from '../assets/names.ts';
import type { Runtime } from './ort.ts';
import { fetchWasm } from './wasm-bytes.ts';

/**
 * Loads a build, with one thread: the GPU has the others. One realm loads one build, once.
 *
 * @throws LikenessError `not-found` where one of its files was not served
 */
export async function loadRuntime(build: RuntimeBuild, assets: AssetUrls): Promise<Runtime> {
  const [ort, wasmBinary] = await Promise.all([
    importAsset<Runtime>(assets, `ort/${build}.js`),
    fetchWasm(assets[`ort/${build}.wasm.gz`]),
  ]);
  ort.env.wasm.wasmBinary = wasmBinary;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}
