import { readBuffer } from '../../gpu/buffer.ts';
import type { GpuKernel } from '../../gpu/kernel.ts';
import { type KnnKernels, measuredSources } from './kernels.ts';
import { Scratch } from './scratch.ts';
import { keep, recall } from './shape-memory.ts';

const laneCounts = [1, 8] as const;
const manyKinds = ['tile', 'block'] as const;

/** Which shape of a kernel a device runs best, and how fast. The wrong one takes up to ten times as long, so they are measured. */
export interface KernelShape {
  /**
   * Threads that share rows in distances.wgsl. A GPU needs 8: neighbouring threads then read neighbouring memory, 128
   * bytes at once, a line of every GPU's cache. On a software device, where a thread is a lane of the CPU's vectors,
   * each needs rows of its own: 1.
   */
  lanes: (typeof laneCounts)[number];
  /**
   * Kernel for many queries. A GPU needs `tile`: rows and queries are read once into workgroup memory. A software device
   * needs `block`, which has no barriers: there each is a loop over all threads.
   */
  many: (typeof manyKinds)[number];
  /**
   * Threads of quantised-columns.wgsl below which a query's values are shared out as well. A large GPU would idle
   * otherwise where rows are few. A software device is busy with any number: 0.
   */
  columnsThreads: number;
  /** Values of rows times queries in a millisecond: distances.wgsl, the kernel for many queries, quantised-columns.wgsl. */
  distancesRate: number;
  manyRate: number;
  quantisedRate: number;
}

/** From so many queries on the kernel for many is used; with fewer its tiles would be mostly empty. */
export const manyFrom = 9;
/** Work of one submission in milliseconds: browsers end a device that hangs for seconds. */
const maxMs = 200;

/** Values in a millisecond that any device manages: a tenth of SwiftShader on two cores. Busy machines measure less. */
const minRate = 50_000;

/** Rows whose work stays within one submission's time; a multiple of `step`, at least one. */
export function rowsWithin(rate: number, perRow: number, step: number): number {
  return Math.max(1, Math.floor((maxMs * Math.max(rate, minRate)) / perRow / step)) * step;
}

/** Rows, values and queries of the probe: 4 MiB of rows. */
const probe = { n: 2048, d: 512, q: 16 };
const runs = 3;
/** Threads that keep a large GPU busy. */
const busyThreads = 1 << 16;

/** Shapes by adapter, of this realm: one measurement counts for every later device of the same adapter. */
const known = new Map<string, Promise<KernelShape>>();

/**
 * The shape for a device: measured when its adapter is met for the first time, and recalled in later pages and workers
 * of the origin.
 */
export function kernelShape(device: GPUDevice, kernels: KnnKernels): Promise<KernelShape> {
  const { vendor, architecture, device: model, description, isFallbackAdapter } = device.adapterInfo;
  const name = [vendor, architecture, model, description].join(' ').trim();
  let shape = known.get(name);
  if (!shape) {
    // An adapter that has no name may be another the next time.
    shape =
      name === ''
        ? measureShape(device, kernels)
        : recallOrMeasure(`${name} ${isFallbackAdapter}`, device, kernels);
    known.set(name, shape);
    shape.catch(() => known.delete(name));
  }
  return shape;
}

async function recallOrMeasure(
  adapter: string,
  device: GPUDevice,
  kernels: KnnKernels,
): Promise<KernelShape> {
  const kept = (await recall(adapter)) as { kernels?: unknown; shape?: unknown } | undefined;
  if (kept?.kernels === kernelsVersion() && isKernelShape(kept.shape)) return kept.shape;
  const shape = await measureShape(device, kernels);
  await keep(adapter, { kernels: kernelsVersion(), shape });
  return shape;
}

/** What a kept shape holds for: the probe and the sources of the kernels, as a checksum (FNV-1a). */
function kernelsVersion(): number {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify(probe) + measuredSources)
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash;
}

/** Whether a value, e.g. one that lay in storage, is a shape that the kernels have. */
export function isKernelShape(value: unknown): value is KernelShape {
  if (typeof value !== 'object' || value === null) return false;
  const { lanes, many, columnsThreads, distancesRate, manyRate, quantisedRate } = value as KernelShape;
  return (
    laneCounts.includes(lanes) &&
    manyKinds.includes(many) &&
    [0, busyThreads].includes(columnsThreads) &&
    [distancesRate, manyRate, quantisedRate].every((rate) => Number.isFinite(rate) && rate > 0)
  );
}

async function measureShape(device: GPUDevice, kernels: KnnKernels): Promise<KernelShape> {
  const { n, d, q } = probe;
  const scratch = new Scratch(device);
  const storage = (values: number): GPUBuffer => scratch.storage(4 * values, 'probe');
  try {
    // Buffers begin as zeros, which take as long to compare as anything else.
    const [rows, queries, mask, keys] = [storage(n * d), storage(q * d), storage(n / 32), storage(q * n)];
    const time = async (kernel: GpuKernel, buffers: GPUBuffer[], groups: [number, number?, number?]) => {
      let fastest = Number.POSITIVE_INFINITY;
      for (let run = 0; run <= runs; run++) {
        const start = performance.now();
        scratch.submit((pass) => kernel.dispatch(pass, buffers, groups));
        await readBuffer(device, keys, 16);
        // The first run compiles.
        if (run > 0) fastest = Math.min(fastest, performance.now() - start);
      }
      return fastest;
    };
    const best = async <T>(options: readonly T[], ms: (option: T) => Promise<number>) => {
      const times: { option: T; ms: number }[] = [];
      for (const option of options) times.push({ option, ms: await ms(option) });
      // The first stays unless another is clearly faster: a measurement this short errs.
      return times.reduce((a, b) => (b.ms < 0.8 * a.ms ? b : a));
    };
    const bound = (count: number): GPUBuffer[] => [
      scratch.uniform([n, count, d / 4, n, 0]),
      rows,
      queries,
      mask,
      keys,
    ];
    const few = await best(laneCounts, async (lanes) =>
      time(await kernels.distances(lanes), bound(1), [(n * lanes) / 256, 1]),
    );
    const many = await best(manyKinds, async (kind) =>
      time(await kernels.many(kind), bound(q), kind === 'tile' ? [n / 64, 1] : [n / 128, q / 4]),
    );
    // A query without zeros, whose values are all 1.
    const pairs = Uint32Array.from({ length: 2 * d }, (_, i) => (i % 2 === 0 ? i / 2 : 1065353216));
    const values = scratch.upload(pairs, 'probe');
    const sums = scratch.upload(Float32Array.of(d, 0, 0, 0), 'probe');
    const partials = storage(n * 16);
    const columns = await best([1, 16], (splits) =>
      time(
        kernels.quantisedColumns,
        [scratch.uniform([d, 1, splits, n, d]), rows, values, sums, partials],
        [n / 1024, 1, splits],
      ),
    );
    return {
      lanes: few.option,
      many: many.option,
      columnsThreads: columns.option === 1 ? 0 : busyThreads,
      distancesRate: (n * d) / few.ms,
      manyRate: (n * d * q) / many.ms,
      quantisedRate: (n * d) / columns.ms,
    };
  } finally {
    scratch.destroy();
  }
}
