import distancesCode from '#shaders/distances.wgsl';
import distancesBlockCode from '#shaders/distances-block.wgsl';
import distancesTileCode from '#shaders/distances-tile.wgsl';
import mergeCode from '#shaders/merge.wgsl';
import nonZeroCode from '#shaders/non-zero.wgsl';
import quantisedBoundsCode from '#shaders/quantised-bounds.wgsl';
import quantisedColumnsCode from '#shaders/quantised-columns.wgsl';
import quantisedPackedCode from '#shaders/quantised-packed.wgsl';
import roundQueriesCode from '#shaders/round-queries.wgsl';
import sortCode from '#shaders/sort.wgsl';
import { once } from '../../base/once.ts';
import { createKernel, type GpuKernel } from '../../gpu/kernel.ts';

/** Keys that one workgroup sorts: 2048 pairs are the 16 KiB of workgroup memory that every device has. */
export const sortBlock = 2048;
/** Lists that one workgroup merges. */
export const mergeFanIn = 16;

/** The kernels that come in several shapes: what was measured of them counts for these alone. */
export const measuredSources: string =
  distancesCode + distancesTileCode + distancesBlockCode + quantisedColumnsCode;

/** The kernels of k-NN on one device. Those that come in several shapes are compiled when they are asked for. */
export interface KnnKernels {
  nonZero: GpuKernel;
  roundQueries: GpuKernel;
  quantisedColumns: GpuKernel;
  quantisedBounds: GpuKernel;
  /** Where the language has packed products. */
  quantisedPacked(): Promise<GpuKernel>;
  /** Distances to a few queries; `lanes` threads share four rows. `half`: rows are float16. */
  distances(lanes: number, half?: boolean): Promise<GpuKernel>;
  /** Distances to many queries: `tile` shares rows and queries in workgroup memory, `block` shares nothing. */
  many(kind: 'tile' | 'block', half?: boolean): Promise<GpuKernel>;
  /** Keeps up to `run` pairs of each block, a power of two of at most {@link sortBlock}. */
  sort(run: number): Promise<GpuKernel>;
  /** Merges lists of up to `run` pairs. */
  merge(run: number): Promise<GpuKernel>;
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
  const [nonZero, roundQueries, quantisedColumns, quantisedBounds] = await Promise.all([
    createKernel(device, 'non-zero', nonZeroCode),
    createKernel(device, 'round-queries', roundQueriesCode),
    createKernel(device, 'quantised-columns', quantisedColumnsCode),
    createKernel(device, 'quantised-bounds', quantisedBoundsCode),
  ]);
  return {
    nonZero,
    roundQueries,
    quantisedColumns,
    quantisedBounds,
    quantisedPacked: once(() => createKernel(device, 'quantised-packed', quantisedPackedCode)),
    distances: remembered((lanes, half) => createKernel(device, 'distances', distancesCode, { lanes, half })),
    many: remembered((kind, half) =>
      createKernel(device, `distances-${kind}`, kind === 'tile' ? distancesTileCode : distancesBlockCode, {
        half,
      }),
    ),
    sort: remembered((run) => createKernel(device, 'sort', sortCode, { block: sortBlock, run })),
    merge: remembered((run) =>
      createKernel(device, 'merge', mergeCode, { capacity: run, fan_in: mergeFanIn }),
    ),
  };
}

function remembered<T>(
  create: (shape: T, half: number) => Promise<GpuKernel>,
): (shape: T, half?: boolean) => Promise<GpuKernel> {
  const kernels = new Map<string, Promise<GpuKernel>>();
  return (shape, half = false) => {
    const key = `${shape} ${half}`;
    let kernel = kernels.get(key);
    if (!kernel) {
      kernel = create(shape, Number(half));
      kernels.set(key, kernel);
    }
    return kernel;
  };
}
