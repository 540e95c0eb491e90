import { readFile } from 'node:fs/promises';
import { LikenessError } from '../base/errors.ts';
import { once } from '../base/once.ts';
import type { Runtime } from './ort.ts';
import { fetchWasm, unpackWasm } from './wasm-bytes.ts';

const loadOrt = once(() => import('onnxruntime-web/webgpu'));

/**
 * ONNX Runtime's build with the WebGPU provider, over what `provideWebGpu` provides. Its CPU provider has one thread in
 * Node.
 *
 * @param place path or URL of its WebAssembly
 * @throws LikenessError `not-found`
 */
export async function loadGpuRuntime(place: string): Promise<Runtime> {
  const ort = await loadOrt();
  ort.env.wasm.wasmBinary ??= await readWasm(place);
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}

async function readWasm(place: string): Promise<ArrayBuffer> {
  if (/^https?:/i.test(place)) return fetchWasm(place);
  const bytes = await readFile(place).catch((cause: NodeJS.ErrnoException) => {
    throw new LikenessError('not-found', `${place} cannot be read (${cause.code}).`, { cause });
  });
  return unpackWasm(new Blob([bytes]), place);
}
