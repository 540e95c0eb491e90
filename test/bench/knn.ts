import sumBytes from '#wasm/bench.simd.wasm';
import { createWasmBackend } from '../../src/backend/wasm/backend.ts';
import { instantiateKernel } from '../../src/backend/wasm/kernel.ts';
import { LikenessError } from '../../src/errors.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import { seeded } from '../support/random.ts';
import { type Contender, type Measured, measure } from './measure.ts';

/** Shapes and number of runs, as the command line gives them. */
export interface Options {
  n: number;
  d: number;
  k: number;
  /** Runs of each contender. */
  runs: number;
}

export interface Table {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

export const defaults: Options = { n: 8192, d: 4096, k: 30, runs: 15 };

const queryCounts = [1, 64];

/** Searches n × d rows for the k nearest of 1 and of 64 queries: all contenders, in turns, over the same values. */
export default async function bench(options: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const { n, d, k } = options;
  const notes = ['GB/s: bytes of the rows, counted once a call.'];
  const values = features(n, d, 1);

  // Both builds search the same memory, the one that the sum reads.
  const plain = await instantiateKernel('wasm');
  const backend = await createWasmBackend(d, plain);
  const indexes = [FlatIndex.over({ backend, reason: 'bench' })];
  indexes[0]!.add(values);
  try {
    const relaxed = await instantiateKernel('wasm-relaxed', plain.memory);
    indexes.push(FlatIndex.over({ backend: await createWasmBackend(d, relaxed), reason: 'bench' }));
    indexes[1]!.add(values);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    notes.push('wasm-relaxed is left out: this engine has no relaxed SIMD.');
  }
  const first = backend.row(0).byteOffset;
  const stride = n > 1 ? backend.row(1).byteOffset - first : Math.ceil(d / 4) * 16;
  const { instance } = await WebAssembly.instantiate(sumBytes as BufferSource, {
    env: { memory: plain.memory },
  });
  const { sum, sumInOrder } = instance.exports as unknown as {
    sum(rows: number, n: number, stride: number): number;
    sumInOrder(at: number, byteLength: number): number;
  };

  let gpu: FlatIndex | undefined;
  let gpuRuns = options.runs;
  let device: GPUDevice | undefined;
  try {
    const opened = await openDevice();
    device = opened.device;
    // A software GPU takes seconds for what the others do in milliseconds.
    if (opened.isSoftware) gpuRuns = Math.min(2, gpuRuns);
    gpu = await FlatIndex.create({ dimension: d, backend: 'webgpu', device });
    gpu.add(values);
    const kind = opened.isSoftware
      ? 'a software adapter, hence few runs; its times say nothing of a GPU'
      : 'GPU';
    notes.push(`webgpu: ${opened.adapter} (${kind}).`);
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    notes.push(`webgpu is left out: ${error.message}`);
  }

  const tables: Table[] = [];
  for (const q of queryCounts) {
    const queries = features(q, d, 2);
    const contenders: Contender[] = [
      { name: 'read-only sum, 4 rows at once', run: () => sum(first, n, stride) },
      { name: 'read-only sum, in order', run: () => sumInOrder(first, n * stride) },
      ...indexes.map((index) => ({
        name: `likeness, ${index.backend}`,
        run: async () => checksum((await index.search(queries, k)).rows),
      })),
      { name: 'plain JavaScript', run: () => checksum(plainSearch(values, queries, d, k)) },
    ];
    if (gpu) {
      const index = gpu;
      contenders.push({
        name: 'likeness, webgpu',
        run: async () => checksum((await index.search(queries, k)).rows),
        runs: gpuRuns,
      });
    }
    tables.push(table(await measure(contenders, options.runs), q, options));
  }
  for (const index of indexes) index.close();
  gpu?.close();
  device?.destroy();
  return { tables, notes };
}

function table(measured: Measured[], q: number, { n, d, k }: Options): Table {
  const bytes = 4 * n * d;
  // The faster of the two sums is the ceiling.
  const sum = Math.min(
    ...measured.filter(({ name }) => name.startsWith('read-only')).map(({ median }) => median),
  );
  const plain = measured.find(({ name }) => name.startsWith('plain'))!.median;
  // Searches of the same values have to agree; a contender that is wrong has no time.
  const answers = new Set(measured.filter(({ name }) => !name.startsWith('read-only')).map((m) => m.result));
  if (answers.size !== 1) throw new Error(`The contenders disagree: ${[...answers].join(', ')}.`);
  return {
    title: `knn: ${n} rows of ${d} float32, ${q} ${q === 1 ? 'query' : 'queries'}, k ${k}; one thread on the CPU`,
    columns: ['', 'median ms', 'min ms', 'runs', 'GB/s', '% of the sum', 'G(x−q)²/s', '× plain JavaScript'],
    rows: measured.map(({ name, median, min, runs }) => {
      const isSum = name.startsWith('read-only');
      return [
        name,
        median.toFixed(2),
        min.toFixed(2),
        runs,
        (bytes / median / 1e6).toFixed(2),
        q === 1 ? ((100 * sum) / median).toFixed(0) : '',
        isSum ? '' : ((n * d * q) / median / 1e6).toFixed(2),
        isSum ? '' : (plain / median).toFixed(2),
      ];
    }),
  };
}

/** Vectors as a network gives them after its ReLU: not negative, about half of them zero, of norm 1. */
function features(count: number, d: number, seed: number): Float32Array {
  const random = seeded(seed);
  const values = new Float32Array(count * d);
  for (let i = 0; i < count; i++) {
    const row = values.subarray(i * d, (i + 1) * d);
    let squares = 0;
    for (let j = 0; j < d; j++) {
      row[j] = Math.max(0, random() + random() + random() - 1.5);
      squares += row[j]! ** 2;
    }
    const norm = Math.sqrt(squares) || 1;
    for (let j = 0; j < d; j++) row[j] = row[j]! / norm;
  }
  return values;
}

/** The search as an ordinary program writes it: two loops, and an insertion into the list of the k best. */
function plainSearch(values: Float32Array, queries: Float32Array, d: number, k: number): Uint32Array {
  const n = values.length / d;
  const out = new Uint32Array((queries.length / d) * Math.min(k, n));
  for (let q = 0; q < queries.length / d; q++) {
    const best: { row: number; distance: number }[] = [];
    for (let row = 0; row < n; row++) {
      let distance = 0;
      for (let j = 0; j < d; j++) {
        const difference = values[row * d + j]! - queries[q * d + j]!;
        distance += difference * difference;
      }
      if (best.length === k && distance >= best[k - 1]!.distance) continue;
      let at = best.length;
      while (at > 0 && best[at - 1]!.distance > distance) at--;
      best.splice(at, 0, { row, distance });
      if (best.length > k) best.pop();
    }
    for (const [rank, { row }] of best.entries()) out[q * best.length + rank] = row;
  }
  return out;
}

function checksum(rows: Uint32Array): number {
  let hash = 0;
  for (const row of rows) hash = (Math.imul(hash, 31) + row) | 0;
  return hash;
}
