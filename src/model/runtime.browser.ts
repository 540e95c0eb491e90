import type * as Ort from 'onnxruntime-web';
import type { AssetUrls } from '../assets/bundled.ts';
import { importAsset } from '../assets/import.ts';
import { LikenessError } from '../errors.ts';
import type { Runtime } from './ort.ts';

/** ONNX Runtime's builds with the WebGPU provider: JSPI (smaller, cheaper calls) where the engine has it, else Asyncify. */
export type RuntimeBuild = 'jspi' | 'asyncify';

/** The build to take in this engine. */
export const gpuBuild = (): RuntimeBuild =>
  'Suspending' in WebAssembly && 'promising' in WebAssembly ? 'jspi' : 'asyncify';

/**
 * Loads a build, with one thread: the GPU has the others. One realm loads one build, once.
 *
 * @throws LikenessError `not-found` where one of its files was not served
 */
export async function loadRuntime(build: RuntimeBuild, assets: AssetUrls): Promise<Runtime> {
  const [ort, wasmBinary] = await Promise.all([
    importAsset<typeof Ort>(assets, `ort/${build}.js`),
    fetchWasm(assets[`ort/${build}.wasm.gz`]),
  ]);
  ort.env.wasm.wasmBinary = wasmBinary;
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return { ort, threads: 1 };
}

/** A module that comes compressed, so that it is small on every server; a server may have unpacked it on the way. */
async function fetchWasm(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url).catch((cause: Error) => {
    throw new LikenessError('not-found', `${url} cannot be fetched: ${cause.message}`, { cause });
  });
  if (!response.ok) throw new LikenessError('not-found', `${url} answered ${response.status}.`);
  const blob = await response.blob();
  const begin = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  if (begin[0] === 0x1f && begin[1] === 0x8b) {
    const stream = blob.stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).arrayBuffer();
  }
  if (String.fromCharCode(...begin) === '\0asm') return blob.arrayBuffer();
  throw new LikenessError(
    'not-found',
    `${url} is no WebAssembly (${response.headers.get('content-type') ?? 'no type'}): the file was not served.`,
  );
}
