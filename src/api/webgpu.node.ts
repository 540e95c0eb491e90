import { once } from '../base/once.ts';

/** The names that the package `webgpu` gives: Dawn, Chromium's WebGPU, for Node. */
interface DawnModule {
  create(options: string[]): GPU;
  globals: Record<string, unknown>;
}

/**
 * Makes `navigator.gpu` and the WebGPU classes global, from the package `webgpu` where it is installed.
 *
 * @returns whether there is WebGPU now
 */
export const provideWebGpu: () => Promise<boolean> = once(provide);

async function provide(): Promise<boolean> {
  if (globalThis.navigator?.gpu) return true;
  let dawn: DawnModule;
  try {
    const name = 'webgpu'; // optional: a bundler is not to look for it
    dawn = await import(/* webpackIgnore: true */ name);
  } catch {
    return false;
  }
  Object.assign(globalThis, dawn.globals);
  // Node has `navigator` from version 21.
  if (!globalThis.navigator)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', {
    value: withoutSharedWrites(dawn.create([])),
    configurable: true,
  });
  return true;
}

/** Dawn for Node refuses to write from shared memory, which is what ONNX Runtime's is: such bytes are copied first. */
function withoutSharedWrites(gpu: GPU): GPU {
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await requestAdapter(options);
    if (!adapter) return adapter;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      const { queue } = device;
      const writeBuffer = queue.writeBuffer.bind(queue);
      queue.writeBuffer = (buffer, offset, data, from, size) => {
        if (data instanceof Uint8Array && data.buffer instanceof SharedArrayBuffer) {
          const end = size === undefined ? undefined : (from ?? 0) + size;
          writeBuffer(buffer, offset, data.slice(from, end));
        } else writeBuffer(buffer, offset, data as GPUAllowSharedBufferSource, from, size);
      };
      return device;
    };
    return adapter;
  };
  return gpu;
}
