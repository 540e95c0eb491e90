import relaxed from '#wasm/convolution.relaxed.wasm';
import relaxedShared from '#wasm/convolution.relaxed-shared.wasm';
import simd from '#wasm/convolution.simd.wasm';
import simdShared from '#wasm/convolution.simd-shared.wasm';
import { classOf } from '../../base/class-of.ts';
import { namedArguments } from '../../base/named-arguments.ts';

/** Exports of assembly/convolution.ts. */
export interface ConvolutionKernel {
  transformKernels(
    kernel: number,
    inputs: number,
    outputs: number,
    channels: number,
    u: number,
    scratch: number,
  ): void;
  convolve(values: Readonly<Record<(typeof convolveParameters)[number], number>>): void;
}

/** The parameters of `convolve` in `assembly/convolution.ts`, in their order. */
const convolveParameters = [
  'n',
  'x',
  'y',
  'yPicture',
  'yRow',
  'u',
  'bias',
  'height',
  'width',
  'channels',
  'outputs',
  'pool',
  'block',
  'scratch',
] as const;

/** Builds of the kernel: `relaxed` fuses multiplication and addition where the machine can. */
export type KernelBuild = 'simd' | 'relaxed';

/** The build that this engine runs best. */
export const bestBuild = (): KernelBuild => (WebAssembly.validate(relaxed) ? 'relaxed' : 'simd');

/** The kernel over a memory, which may be shared with other threads. */
export async function instantiateKernel(
  build: KernelBuild,
  memory: WebAssembly.Memory,
): Promise<ConvolutionKernel> {
  // Asked for its name: WebKit has memories that are shared and hides the class of their buffers.
  const shared = classOf(memory.buffer) === 'SharedArrayBuffer';
  const bytes = build === 'relaxed' ? (shared ? relaxedShared : relaxed) : shared ? simdShared : simd;
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const { transformKernels, convolve } = instance.exports;
  return {
    transformKernels: transformKernels as ConvolutionKernel['transformKernels'],
    convolve: namedArguments(convolve, convolveParameters),
  };
}
