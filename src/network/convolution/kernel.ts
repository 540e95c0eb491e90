import relaxed from '#wasm/convolution.relaxed.wasm';
import relaxedShared from '#wasm/convolution.relaxed-shared.wasm';
import simd from '#wasm/convolution.simd.wasm';
import simdShared from '#wasm/convolution.simd-shared.wasm';
import { classOf } from '../../base/class-of.ts';
import { type NamedFunctions, namedArguments } from '../../base/named-arguments.ts';

/** Parameters of `assembly/convolution.ts`. */
const parameters = {
  transformKernels: ['kernel', 'inputs', 'outputs', 'channels', 'u', 'scratch'],
  // biome-ignore format: as in the kernel
  convolve: [
    'n', 'x', 'y', 'yPicture', 'yRow', 'u', 'bias', 'height', 'width', 'channels', 'outputs', 'pool', 'block', 'scratch',
  ],
} as const;

export type ConvolutionKernel = NamedFunctions<typeof parameters>;

/** Builds of the kernel: `relaxed` fuses multiplication and addition where the machine can. */
export type KernelBuild = 'simd' | 'relaxed';

/** The build that this engine runs best. */
export const bestBuild = (): KernelBuild => (WebAssembly.validate(relaxed) ? 'relaxed' : 'simd');

/** The kernel over a memory, which may be shared with other threads. */
export async function instantiateKernel(
  build: KernelBuild,
  memory: WebAssembly.Memory,
): Promise<ConvolutionKernel> {
  // By the name of its class: WebKit has shared memories and hides the class of their buffers.
  const shared = classOf(memory.buffer) === 'SharedArrayBuffer';
  const bytes = build === 'relaxed' ? (shared ? relaxedShared : relaxed) : shared ? simdShared : simd;
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return namedArguments(instance.exports, parameters);
}
