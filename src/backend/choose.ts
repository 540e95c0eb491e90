import { LikenessError } from '../errors.ts';
import type { Backend } from './backend.ts';
import { createJsBackend } from './js/backend.ts';
import { createWasmBackend } from './wasm/backend.ts';

/** What a caller may ask for. */
export type BackendRequest = 'auto' | 'js' | 'wasm' | 'webgpu';

export interface BackendChoice {
  backend: Backend;
  /** Why, as a sentence. */
  reason: string;
}

export async function chooseBackend(
  request: BackendRequest,
  dimension: number,
  _device?: GPUDevice,
): Promise<BackendChoice> {
  switch (request) {
    case 'js':
      return { backend: createJsBackend(dimension), reason: 'plain JavaScript was asked for' };
    case 'wasm':
    case 'auto':
      return chooseCpu(request, dimension);
    default:
      throw new LikenessError(
        'bad-argument',
        `The backend "${request}" is unknown; take auto, js, wasm or webgpu.`,
      );
  }
}

async function chooseCpu(request: 'auto' | 'wasm', dimension: number): Promise<BackendChoice> {
  try {
    const backend = await createWasmBackend(dimension);
    return {
      backend,
      reason:
        backend.name === 'wasm'
          ? 'WebAssembly SIMD; relaxed SIMD is not here'
          : 'WebAssembly relaxed SIMD passed its test',
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (request === 'wasm') {
      throw new LikenessError('no-backend', `WebAssembly SIMD does not run here: ${why}`, { cause: error });
    }
    return {
      backend: createJsBackend(dimension),
      reason: `plain JavaScript, as WebAssembly SIMD does not run here: ${why}`,
    };
  }
}
