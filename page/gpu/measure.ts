import { openDevice } from '../../src/gpu/device.ts';
import { indexOver } from '../../src/knn/flat-index.ts';
import { createWebGpuBackend } from '../../src/knn/webgpu/backend.ts';
import { knnKernels } from '../../src/knn/webgpu/kernels.ts';
import { type KernelShape, kernelShape } from '../../src/knn/webgpu/shape.ts';
import { madeFeatures, type Rows } from './features.ts';
import { type Scan, searchBytes } from './search-bytes.ts';

/** What is to be measured. */
export interface Question {
  /** Rows, values of each, neighbours. */
  n: number;
  d: number;
  k: number;
  /** Runs of each search. */
  runs: number;
}

/** A kind of search, measured. Times of whole calls, from queries in memory to neighbours in memory. */
export interface MeasuredSearch {
  scan: Scan;
  queries: number;
  /** Values of the queries that are not zero. */
  terms: number;
  /** Bytes that the device's memory has to move, by what the shaders say. */
  bytes: number;
  dispatches: number;
  submissions: number;
  runs: number;
  medianMs: number;
  minMs: number;
  maxMs: number;
}

export interface Measurement extends Question {
  /** ISO 8601. */
  date: string;
  browser: string;
  adapter: { vendor: string; architecture: string; device: string; description: string };
  /** A software adapter: its times say nothing of a GPU. */
  isSoftware: boolean;
  areFeaturesMade: boolean;
  shape: KernelShape;
  searches: MeasuredSearch[];
}

export type Progress = (done: number, total: number, text: string) => void;

export const queryCounts: readonly number[] = [1, 64];
const scans: readonly Scan[] = ['quantised', 'rows'];
/** Runs of a search that takes seconds on a software adapter. */
const softwareRuns = 2;
/** Rows placed, the first search, the one that is counted. */
const stepsBefore = 3;

/**
 * Measures the search on this realm's GPU, by quantised rows and by full ones.
 *
 * @param rows default: made features
 * @throws LikenessError `no-backend` where there is no WebGPU or no device
 */
export async function measureGpuSearch(
  question: Question,
  onProgress: Progress = () => {},
  rows: Rows = madeFeatures(question.n, question.d, Math.max(...queryCounts)),
): Promise<Measurement> {
  const { n, d, k, runs } = question;
  onProgress(0, 1, 'Opening the GPU');
  const { device, isSoftware } = await openDevice();
  try {
    const shape = await kernelShape(device, await knnKernels(device));
    const runsOf = (q: number): number => (isSoftware && q > 1 ? Math.min(softwareRuns, runs) : runs);
    const total = scans.length * queryCounts.reduce((sum, q) => sum + stepsBefore + runsOf(q), 0);
    let done = 0;
    const searches: MeasuredSearch[] = [];
    for (const scan of scans) {
      const backend = await createWebGpuBackend(device, d, { scan, packing: 'columns' });
      const index = indexOver({ backend, reason: 'measured' });
      try {
        for (const block of rows.blocks()) index.add(block);
        for (const q of queryCounts) {
          const name = `${scan === 'quantised' ? 'quantised rows' : 'float32 rows'}, ${q === 1 ? 'one query' : `${q} queries`}`;
          const step = (): void => onProgress(++done, total, name);
          const queries = rows.queries.subarray(0, q * d);
          const search = () => index.search(queries, k);
          step();
          // The first brings the rows to the device and compiles.
          await search();
          step();
          const started = await countStarted(search);
          step();
          const times: number[] = [];
          for (let run = 0; run < runsOf(q); run++) {
            const start = performance.now();
            await search();
            times.push(performance.now() - start);
            step();
          }
          times.sort((a, b) => a - b);
          const terms = queries.reduce((count, value) => count + Number(value !== 0), 0);
          searches.push({
            scan,
            queries: q,
            terms,
            bytes: searchBytes(scan, { n, d, k, q, terms }, shape),
            ...started,
            runs: times.length,
            medianMs: (times[(times.length - 1) >> 1]! + times[times.length >> 1]!) / 2,
            minMs: times[0]!,
            maxMs: times.at(-1)!,
          });
        }
      } finally {
        index.close();
      }
    }
    const { vendor, architecture, device: model, description } = device.adapterInfo;
    return {
      n,
      d,
      k,
      runs,
      date: new Date().toISOString(),
      browser: navigator.userAgent,
      adapter: { vendor, architecture, device: model, description },
      isSoftware,
      areFeaturesMade: rows.areMade,
      shape,
      searches,
    };
  } finally {
    device.destroy();
  }
}

/** Dispatches and submissions that a call makes in this realm. */
async function countStarted(
  call: () => Promise<unknown>,
): Promise<{ dispatches: number; submissions: number }> {
  const counts = { dispatches: 0, submissions: 0 };
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
  const { submit } = GPUQueue.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (x, y, z) {
    counts.dispatches++;
    dispatchWorkgroups.call(this, x, y, z);
  };
  GPUQueue.prototype.submit = function (buffers) {
    counts.submissions++;
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
