import blockCode from '#shaders/block.wgsl';
import codeBoundsCode from '#shaders/code-bounds.wgsl';
import codeDotCode from '#shaders/code-dot.wgsl';
import codeScanCode from '#shaders/code-scan.wgsl';
import mergeCode from '#shaders/merge.wgsl';
import nonZeroCode from '#shaders/non-zero.wgsl';
import roundQueriesCode from '#shaders/round-queries.wgsl';
import scanCode from '#shaders/scan.wgsl';
import sortCode from '#shaders/sort.wgsl';
import tileCode from '#shaders/tile.wgsl';
import { createKernel, type Kernel } from '../../gpu/kernel.ts';

/** Keys that one workgroup sorts: 2048 pairs are the 16 KiB of workgroup memory that every device has. */
export const sortBlock = 2048;
/** Lists that one workgroup merges. */
export const mergeFanIn = 16;

/** The kernels that come in several shapes: what was measured of them counts for these alone. */
export const measuredSources: string = scanCode + tileCode + blockCode + codeScanCode;

/** The kernels of k-NN on one device. Those that come in several shapes are compiled when they are asked for. */
export interface KnnKernels {
  nonZero: Kernel;
  roundQueries: Kernel;
  codeScan: Kernel;
  codeBounds: Kernel;
  /** Where the language has packed products. */
  codeDot(): Promise<Kernel>;
  /** Distances to a few queries; `lanes` threads share four rows. `half`: rows are float16. */
  scan(lanes: number, half?: boolean): Promise<Kernel>;
  /** Distances to many queries: `tile` shares rows and queries in workgroup memory, `block` shares nothing. */
  many(kind: 'tile' | 'block', half?: boolean): Promise<Kernel>;
  /** Keeps up to `run` pairs of each block, a power of two of at most {@link sortBlock}. */
  sort(run: number): Promise<Kernel>;
  /** Merges lists of up to `run` pairs. */
  merge(run: number): Promise<Kernel>;
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
  const [nonZero, roundQueries, codeScan, codeBounds] = await Promise.all([
    createKernel(device, 'non-zero', nonZeroCode),
    createKernel(device, 'round-queries', roundQueriesCode),
    createKernel(device, 'code-scan', codeScanCode),
    createKernel(device, 'code-bounds', codeBoundsCode),
  ]);
  const codeDot = remembered(() => createKernel(device, 'code-dot', codeDotCode));
  return {
    nonZero,
    roundQueries,
    codeScan,
    codeBounds,
    codeDot: () => codeDot('packed'),
    scan: remembered((lanes, half) => createKernel(device, 'scan', scanCode, { lanes, half: Number(half) })),
    many: remembered((kind, half) =>
      createKernel(device, kind, kind === 'tile' ? tileCode : blockCode, { half: Number(half) }),
    ),
    sort: remembered((run) => createKernel(device, 'sort', sortCode, { block: sortBlock, run })),
    merge: remembered((run) =>
      createKernel(device, 'merge', mergeCode, { capacity: run, fan_in: mergeFanIn }),
    ),
  };
}

function remembered<T>(
  create: (shape: T, half: boolean) => Promise<Kernel>,
): (shape: T, half?: boolean) => Promise<Kernel> {
  const kernels = new Map<string, Promise<Kernel>>();
  return (shape, half = false) => {
    const key = `${shape} ${half}`;
    let kernel = kernels.get(key);
    if (!kernel) {
      kernel = create(shape, half);
      kernels.set(key, kernel);
    }
    return kernel;
  };
}
