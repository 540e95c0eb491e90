import { LikenessError } from '../../base/errors.ts';
import type { Model } from '../load.ts';
import { readTensor } from '../read-tensor.ts';
import { bestBuild, instantiateKernel, type KernelBuild } from './kernel.ts';
import { type Plan, plan } from './plan.ts';

/** A network's convolutions in memory, ready for threads; it can be posted to them where the memory is shared. */
export interface Network {
  plan: Plan;
  memory: WebAssembly.Memory;
  build: KernelBuild;
}

const page = 65536;

/**
 * Loads the convolutions that a manifest lists: reads a layer's kernels, transforms them in place, goes on to the next.
 *
 * @param threads that will share the memory; more than one needs SharedArrayBuffer
 * @param build default: the best of this engine
 */
export async function loadNetwork(
  { manifest, files }: Model,
  {
    threads,
    shared,
    batch,
    build = bestBuild(),
  }: { threads: number; shared: boolean; batch: number; build?: KernelBuild | undefined },
): Promise<Network> {
  const convolutions = manifest.convolutions;
  let size = manifest.preprocessing.width;
  const layers = convolutions.map(({ inputs, outputs, pool }) => {
    const layer = { size, channels: Math.ceil(inputs / 4) * 4, outputs, pool };
    if (pool) size /= 2;
    return layer;
  });
  const placed = plan(layers, batch);
  /** A layer's kernels before their transformation, in what will be the first thread's memory. */
  const staging = placed.weightBytes;
  const largest = Math.max(...convolutions.map(({ inputs, outputs }) => inputs * outputs * 9 * 4));
  const bytes = placed.weightBytes + Math.max(threads * placed.threadBytes, largest + 1024);
  const pages = Math.ceil(bytes / page);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory(shared ? { initial: pages, maximum: pages, shared } : { initial: pages });
  } catch (error) {
    throw new LikenessError(
      'no-backend',
      `There is no memory for the network: ${Math.ceil(bytes / 2 ** 20)} MiB.`,
      { cause: error },
    );
  }
  const kernel = await instantiateKernel(build, memory);
  for (const [i, { inputs, outputs, kernel: weights, bias }] of convolutions.entries()) {
    const layer = placed.layers[i]!;
    const count = inputs * outputs * 9;
    const values = new Float32Array(memory.buffer, staging, count);
    await readTensor(weights, files, values);
    const scratch = staging + Math.ceil((count * 4) / 64) * 64;
    kernel.transformKernels({
      kernel: staging,
      inputs,
      outputs,
      channels: layer.channels,
      u: layer.kernels,
      scratch,
    });
    await readTensor(bias, files, new Float32Array(memory.buffer, layer.bias, outputs));
  }
  // Borders have to be zero.
  new Uint8Array(memory.buffer, staging).fill(0);
  return { plan: placed, memory, build };
}
