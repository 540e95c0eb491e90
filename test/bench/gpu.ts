import { createWebGpuBackend } from '../../src/backend/webgpu/backend.ts';
import { factsPerRow } from '../../src/backend/webgpu/code.ts';
import { knnKernels, mergeFanIn, sortBlock } from '../../src/backend/webgpu/kernels.ts';
import { listCount } from '../../src/backend/webgpu/select.ts';
import { kernelShape } from '../../src/backend/webgpu/shape.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import { gaussian, seeded } from '../support/random.ts';
import type { Table } from './knn.ts';
import { measure } from './measure.ts';

export interface Options {
  n: number;
  d: number;
  k: number;
  runs: number;
  /** Files of real features by d, below the root. */
  features?: Record<number, string>;
}

export const defaults: Options = { n: 8192, d: 4096, k: 30, runs: 9 };

const queryCounts = [1, 64];
/** GB/s of a small integrated, a large integrated and a discrete GPU. */
const bandwidths = [50, 100, 1000];

/**
 * The search on a GPU: what it has to read and start, counted from the code and checked against what was started, the
 * least time that reading takes at some bandwidths, and the time that whole calls take here.
 */
export default async function bench(options: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const { n, d, k, runs } = options;
  const { device, adapter, isSoftware } = await openDevice();
  const { rows, queries } = await data(options);
  const shape = await kernelShape(device, await knnKernels(device));
  const lines: (string | number)[][] = [];
  for (const scan of ['codes', 'rows'] as const) {
    const index = FlatIndex.over({
      backend: await createWebGpuBackend(device, d, { scan }),
      reason: 'bench',
    });
    index.add(rows);
    for (const q of queryCounts) {
      const asked = queries.subarray(0, q * d);
      await index.search(asked, k);
      const started = await counted(() => index.search(asked, k));
      const contender = { name: scan, run: async () => (await index.search(asked, k)).rows[0]! };
      const [measured] = await measure([contender], isSoftware && q > 1 ? 2 : runs);
      const bytes = bytesRead(scan, asked, options);
      lines.push([
        scan,
        q,
        (bytes / 1e6).toFixed(1),
        started.dispatches,
        started.submits,
        `${workgroupKiB} KiB`,
        ...bandwidths.map((gigabytes) => (bytes / gigabytes / 1e6).toFixed(2)),
        measured!.median.toFixed(2),
        measured!.min.toFixed(2),
        (bytes / measured!.median / 1e6).toFixed(1),
      ]);
    }
    index.close();
  }
  device.destroy();
  return {
    tables: [
      {
        title: `gpu: ${n} rows of ${d} ${options.features?.[d] ? 'real features' : 'made features'}, k ${k}; ${adapter}${isSoftware ? ' (software: its times say nothing of a GPU)' : ''}`,
        columns: [
          'scan',
          'queries',
          'MB read',
          'dispatches',
          'submits',
          'workgroup memory',
          ...bandwidths.map((gigabytes) => `floor ms at ${gigabytes} GB/s`),
          'median ms',
          'min ms',
          'GB/s',
        ],
        rows: lines,
      },
    ],
    notes: [
      `Shape: ${shape.lanes} threads share rows, "${shape.many}" for many queries, terms shared out below ${shape.codeThreads} threads.`,
      'MB read: rows (or the codes of the dimensions in which a query is not zero) once a pass of up to 64 queries in float32, once a query for codes; then keys.',
    ],
  };
}

/** Bytes that one search reads from the device's memory, if each buffer is read as often as the shaders say. */
function bytesRead(scan: 'codes' | 'rows', queries: Float32Array, { n, d, k }: Options): number {
  const q = queries.length / d;
  const kept = Math.min(n, sortBlock, k + (scan === 'codes' ? Math.max(96, 3 * k) : Math.max(32, k >> 2)));
  let lists = listCount(n);
  // Keys are written and read, lists too at each level.
  let bytes = q * n * 4 * 2;
  for (; lists > 1; lists = Math.ceil(lists / mergeFanIn)) bytes += q * lists * kept * 8 * 2;
  if (scan === 'rows') return bytes + n * d * 4 * (q > 8 ? 1 : q);
  let terms = 0;
  for (const value of queries) if (value !== 0) terms++;
  return bytes + n * terms + q * n * (factsPerRow * 4 + 8) + q * d * 4;
}

/** Workgroup memory of the stage that takes most, the sort of blocks. */
const workgroupKiB = (sortBlock * 8) / 1024;

/** Dispatches and submissions that a call makes. */
async function counted(call: () => Promise<unknown>): Promise<{ dispatches: number; submits: number }> {
  const counts = { dispatches: 0, submits: 0 };
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
  const { submit } = GPUQueue.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (x, y, z) {
    counts.dispatches++;
    dispatchWorkgroups.call(this, x, y, z);
  };
  GPUQueue.prototype.submit = function (buffers) {
    counts.submits++;
    submit.call(this, buffers);
  };
  try {
    await call();
  } finally {
    GPUComputePassEncoder.prototype.dispatchWorkgroups = dispatchWorkgroups;
    GPUQueue.prototype.submit = submit;
  }
  return counts;
}

/** Real features where there are some, else of 200 kinds, six values in seven zero, of norm 1. */
async function data({ n, d, features }: Options): Promise<{ rows: Float32Array; queries: Float32Array }> {
  const asked = Math.max(...queryCounts);
  const file = features?.[d];
  if (file) {
    const all = new Float32Array(await (await fetch(`/${file}`)).arrayBuffer());
    if (all.length >= (n + asked) * d) {
      return { rows: all.subarray(0, n * d), queries: all.subarray(all.length - asked * d) };
    }
    throw new Error(`${file} has ${all.length / d} rows; ${n} and ${asked} queries were asked for.`);
  }
  const random = seeded(1);
  const normal = gaussian(random);
  const kinds = Float32Array.from({ length: 200 * d }, normal);
  const noise = Float32Array.from({ length: 1 << 20 }, normal);
  const made = new Float32Array((n + asked) * d);
  for (let i = 0; i < n + asked; i++) {
    const row = made.subarray(i * d, (i + 1) * d);
    const kind = Math.floor(random() * 200) * d;
    const at = Math.floor(random() * (noise.length - d));
    let squares = 0;
    for (let j = 0; j < d; j++) {
      row[j] = Math.max(0, 0.8 * kinds[kind + j]! + 0.8 * noise[at + j]! - 1.2);
      squares += row[j]! ** 2;
    }
    const norm = Math.sqrt(squares) || 1;
    for (let j = 0; j < d; j++) row[j] = row[j]! / norm;
  }
  return { rows: made.subarray(0, n * d), queries: made.subarray(n * d) };
}
