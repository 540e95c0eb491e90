import { LikenessError } from '../base/errors.ts';
import { isSoftwareAdapter, openDevice } from '../gpu/device.ts';
import type { Backend } from './backend/backend.ts';
import { createJsBackend } from './js/backend.ts';
import { measure } from './measure.ts';
import { createWasmBackend } from './wasm/backend.ts';
import { createQuantisedBackend } from './wasm/quantised-backend.ts';
import { createWebGpuBackend } from './webgpu/backend.ts';
import type { WebGpuBackendOptions } from './webgpu/session.ts';

/** What a caller may ask for. */
export type BackendRequest = 'auto' | 'js' | 'wasm' | 'webgpu';

/** @internal */
export interface BackendChoice {
  backend: Backend;
  /** Why, as a sentence. */
  reason: string;
}

/** @internal */
export interface BackendSettings {
  /** For WebGPU. `auto` uses WebGPU only on a given device: it opens none for a search alone. */
  device?: GPUDevice | undefined;
  /** What full rows are on the device. */
  deviceRows?: 'float32' | 'float16' | undefined;
  /** That will share the memory of a backend on the CPU. */
  threads?: number | undefined;
}

/**
 * Makes an empty backend.
 *
 * @internal
 * @throws LikenessError `no-backend` when what was asked for does not run here
 */
export async function chooseBackend(
  request: BackendRequest,
  dimension: number,
  { device, deviceRows: storage, threads = 1 }: BackendSettings = {},
): Promise<BackendChoice> {
  switch (request) {
    case 'js':
      return { backend: createJsBackend(dimension), reason: 'plain JavaScript was asked for' };
    case 'wasm':
      return chooseCpu(request, dimension, threads);
    case 'webgpu':
      return chooseGpu(dimension, device, { storage });
    case 'auto':
      if (device) return chooseFaster(dimension, device, threads, { storage });
      return chooseCpu(request, dimension, threads);
  }
}

/**
 * Makes an empty backend that keeps quantised rows only.
 *
 * @internal
 * @throws LikenessError `no-backend` when WebAssembly SIMD does not run here, or something else was asked for
 */
export async function chooseQuantised(request: BackendRequest, dimension: number): Promise<BackendChoice> {
  if (request !== 'auto' && request !== 'wasm') {
    throw new LikenessError(
      'no-backend',
      `Rows outside memory are searched by quantised rows, with WebAssembly; the backend is "${request}", take auto or wasm.`,
    );
  }
  try {
    return {
      backend: await createQuantisedBackend(dimension),
      reason: 'WebAssembly SIMD over quantised rows; the full rows are outside memory',
    };
  } catch (error) {
    throw noWasm(error);
  }
}

/** WebGPU or the CPU, whichever answers a known question right and sooner. */
async function chooseFaster(
  dimension: number,
  device: GPUDevice,
  threads: number,
  options: WebGpuBackendOptions,
): Promise<BackendChoice> {
  const cpu = await chooseCpu('auto', dimension, threads);
  if (isSoftwareAdapter(device.adapterInfo)) {
    return { ...cpu, reason: `${cpu.reason}; the WebGPU device is software` };
  }
  let gpu: Backend | undefined;
  try {
    gpu = await createWebGpuBackend(device, dimension, options);
    const gpuMs = await measure(gpu);
    const cpuMs = await measure(cpu.backend);
    const reason = `a known question took ${gpuMs.toFixed(1)} ms on WebGPU, ${cpuMs.toFixed(1)} ms on ${cpu.backend.name}`;
    const [kept, other] = gpuMs < cpuMs ? [gpu, cpu.backend] : [cpu.backend, gpu];
    other.close();
    return { backend: kept, reason };
  } catch (error) {
    gpu?.close();
    return { ...cpu, reason: `${cpu.reason}; WebGPU failed its test: ${(error as Error).message}` };
  }
}

/** Uses the given device, or opens one and ends it with the index. */
async function chooseGpu(
  dimension: number,
  given: GPUDevice | undefined,
  options: WebGpuBackendOptions,
): Promise<BackendChoice> {
  if (given) {
    return {
      backend: await createWebGpuBackend(given, dimension, options),
      reason: 'shares the device that was given',
    };
  }
  const { device, adapter } = await openDevice();
  const backend = await createWebGpuBackend(device, dimension, options);
  const close = backend.close.bind(backend);
  backend.close = () => {
    close();
    device.destroy();
  };
  return { backend, reason: `WebGPU was asked for (${adapter})` };
}

async function chooseCpu(
  request: 'auto' | 'wasm',
  dimension: number,
  threads: number,
): Promise<BackendChoice> {
  try {
    const backend = await createWasmBackend(dimension, { threads });
    const isPlain = backend.name === 'wasm';
    const reason = `WebAssembly ${isPlain ? 'SIMD; relaxed SIMD is not here' : 'relaxed SIMD passed its test'}`;
    return { backend, reason };
  } catch (error) {
    const failure = noWasm(error);
    if (request === 'wasm') throw failure;
    return { backend: createJsBackend(dimension), reason: `plain JavaScript: ${failure.message}` };
  }
}

function noWasm(error: unknown): LikenessError {
  if (error instanceof LikenessError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new LikenessError('no-backend', `WebAssembly SIMD does not run here: ${why}`, { cause: error });
}
