import mergeCode from '#shaders/merge.wgsl';
import scanCode from '#shaders/scan.wgsl';
import sortCode from '#shaders/sort.wgsl';
import tileCode from '#shaders/tile.wgsl';
import { isSoftwareAdapter } from '../../gpu/device.ts';
import { createKernel, type Kernel } from '../../gpu/kernel.ts';

/** Keys that one workgroup sorts: 2048 pairs are the 16 KiB of workgroup memory that every device has. */
export const sortBlock = 2048;
/** Lists that one workgroup merges. */
export const mergeFanIn = 16;

/** The kernels of k-NN on one device. */
export interface KnnKernels {
  scan: Kernel;
  tile: Kernel;
  sort: Kernel;
  /** Merges lists of up to `capacity` pairs, a power of two of at most {@link sortBlock}. */
  merge(capacity: number): Promise<Kernel>;
  /** Threads that share a row in `scan`. */
  lanes: number;
}

const compiled = new WeakMap<GPUDevice, Promise<KnnKernels>>();

/** Compiles once for each device; a device that is gone takes its kernels along. */
export function knnKernels(device: GPUDevice): Promise<KnnKernels> {
  let kernels = compiled.get(device);
  if (!kernels) {
    kernels = compile(device);
    compiled.set(device, kernels);
    // What failed may be tried again.
    kernels.catch(() => compiled.delete(device));
  }
  return kernels;
}

async function compile(device: GPUDevice): Promise<KnnKernels> {
  // Neighbouring threads should read neighbouring memory, except where threads are a loop on a CPU.
  const lanes = isSoftwareAdapter(device.adapterInfo) ? 1 : 32;
  const merges = new Map<number, Promise<Kernel>>();
  return {
    lanes,
    scan: await createKernel(device, 'scan', scanCode, { lanes }),
    tile: await createKernel(device, 'tile', tileCode),
    sort: await createKernel(device, 'sort', sortCode, { block: sortBlock }),
    merge(capacity) {
      let kernel = merges.get(capacity);
      if (!kernel) {
        kernel = createKernel(device, 'merge', mergeCode, { capacity, fan_in: mergeFanIn });
        merges.set(capacity, kernel);
      }
      return kernel;
    },
  };
}
