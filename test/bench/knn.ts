import { startThread } from '#start-thread';
import relaxedBytes from '#wasm/bench.relaxed.wasm';
import simdBytes from '#wasm/bench.simd.wasm';
import { LikenessError } from '../../src/base/errors.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { FlatIndex, indexOver } from '../../src/knn/flat-index.ts';
import { SharedThreads } from '../../src/knn/threads/shared-threads.ts';
import { createWasmBackend } from '../../src/knn/wasm/backend.ts';
import { compileKernels, isSupported, type Kernels } from '../../src/knn/wasm/kernels.ts';
import { createMemory } from '../../src/knn/wasm/memory.ts';
import { canShareMemory } from '../../src/web/shared-memory.ts';
import { kinds } from '../support/knn-kinds.ts';
import { seeded } from '../support/random.ts';
import { type Contender, type Measured, measure } from './measure.ts';

/** Shapes and number of runs, as the command line gives them. */
export interface Options {
  n: number;
  d: number;
  k: number;
  /** Runs of each contender. */
  runs: number;
  /** Files of n × d float32 by d, from the project's root; instead of all other data. */
  features?: Record<string, string>;
  /** Features of the sample photographs, the queries last; beside made data. */
  photographs?: { d: number; file: string };
}

export interface Table {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

export const defaults: Options = { n: 8192, d: 4096, k: 30, runs: 15 };

const queryCounts = [1, 64];

interface Data {
  name: string;
  d: number;
  rows: Float32Array;
  /** 64 × d, none of them among the rows. */
  queries: Float32Array;
}

/** Searches rows for the k nearest of 1 and of 64 queries: all contenders, in turns, over the same values. */
export default async function bench(options: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const tables: Table[] = [];
  const notes = [
    'GB/s: bytes of the float32 rows, counted once a call. Peak: multiply-adds in registers alone, same build, same run.',
    'Scan: all rows in float32. Codes: four bits a value first, then the rows that these leave; read: how many of those, a query.',
  ];
  for await (const data of sets(options)) tables.push(...(await measureSet(data, options, notes)));
  return { tables, notes: [...new Set(notes)] };
}

async function* sets({ n, d, features, photographs }: Options): AsyncGenerator<Data> {
  if (features && Object.keys(features).length > 0) {
    for (const [width, file] of Object.entries(features)) {
      const values = await readFloats(file);
      const end = values.length - 64 * Number(width);
      const rows = values.subarray(0, Math.min(end, 20000 * Number(width)));
      yield { name: 'features', d: Number(width), rows, queries: values.subarray(end) };
    }
    return;
  }
  if (photographs) {
    const values = await readFloats(photographs.file);
    const end = values.length - 64 * photographs.d;
    yield {
      name: 'real features of photographs (few: all the samples; codes begin at 1024 rows)',
      d: photographs.d,
      rows: values.subarray(0, end),
      queries: values.subarray(end),
    };
  }
  for (const [name, make] of Object.entries({ clustered: kinds['ReLU-sparse']!, independent })) {
    const values = make(n + 64, d, seeded(1));
    yield { name, d, rows: values.subarray(0, n * d), queries: values.subarray(n * d) };
  }
}

/** @param file from the project's root */
export async function readFloats(file: string): Promise<Float32Array> {
  if (typeof process === 'undefined') return new Float32Array(await (await fetch(`/${file}`)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  const bytes = await readFile(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** A build's scan and search by codes, and what reading the same memory and multiplying in registers cost. */
interface Build {
  name: Kernels['name'];
  scan: FlatIndex;
  codes: FlatIndex;
  sum(): number;
  sumInOrder(): number;
  /** Multiply-adds of float32 in ten milliseconds or so. */
  peak(): number;
}

const peakRounds = 200_000;
const peakOperations = peakRounds * 48 * 4;

async function createBuild(name: Kernels['name'], { d, rows }: Data): Promise<Build> {
  const kernels = await compileKernels(name);
  const memory = createMemory();
  // The sum reads the very rows of the scan.
  const backend = await createWasmBackend(d, {
    kernels: { ...kernels, distances: () => kernels.distances(memory) },
    quantised: false,
  });
  const scan = indexOver({ backend, reason: 'bench' });
  const codes = indexOver({ backend: await createWasmBackend(d, { kernels }), reason: 'bench' });
  for (const index of [scan, codes]) index.add(rows);
  const bytes = name === 'wasm' ? simdBytes : relaxedBytes;
  const { instance } = await WebAssembly.instantiate(bytes as BufferSource, { env: { memory } });
  const { sum, sumInOrder, multiplyAdd } = instance.exports as unknown as {
    sum(rows: number, n: number, stride: number): number;
    sumInOrder(at: number, byteLength: number): number;
    multiplyAdd(rounds: number): number;
  };
  const n = rows.length / d;
  const first = backend.row(0).byteOffset;
  const stride = n > 1 ? backend.row(1).byteOffset - first : 32;
  return {
    name,
    scan,
    codes,
    sum: () => sum(first, n, stride),
    sumInOrder: () => sumInOrder(first, n * stride),
    peak: () => multiplyAdd(peakRounds),
  };
}

async function measureSet(data: Data, { k, runs }: Options, notes: string[]): Promise<Table[]> {
  const { d, rows, queries } = data;
  const builds = [await createBuild('wasm', data)];
  if (isSupported('wasm-relaxed')) builds.push(await createBuild('wasm-relaxed', data));
  else notes.push('wasm-relaxed is left out: this engine has no relaxed SIMD.');

  // Two threads, for the scan and for the codes alike; as many as the CPU goals are about.
  const threaded = await Promise.all(
    [false, true].map(async (codes) => {
      const backend = await createWasmBackend(d, { quantised: codes, threads: 2 });
      const threads = canShareMemory()
        ? await SharedThreads.start(backend, () => startThread({}))
        : undefined;
      const index = indexOver({ backend, threads, reason: 'bench' });
      index.add(rows);
      return index;
    }),
  );
  if (threaded[0]!.threads === 1) notes.push('Two threads are left out: memory cannot be shared here.');

  let gpu: FlatIndex | undefined;
  let gpuRuns = runs;
  let device: GPUDevice | undefined;
  try {
    const opened = await openDevice();
    device = opened.device;
    // A software GPU takes seconds for what the others do in milliseconds.
    if (opened.isSoftware) gpuRuns = Math.min(2, gpuRuns);
    gpu = await FlatIndex.create({ dimension: d, backend: 'webgpu', device });
    gpu.add(rows);
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
    const asked = queries.subarray(0, q * d);
    const read = new Map<string, number>();
    const ours = (name: string, index: FlatIndex): Contender => ({
      name,
      run: async () => {
        const found = await index.search(asked, k);
        read.set(name, found.rescored / q);
        return checksum(found.rows);
      },
    });
    const contenders: Contender[] = [
      { name: 'read-only sum, 4 rows at once', run: builds[0]!.sum },
      { name: 'read-only sum, in order', run: builds[0]!.sumInOrder },
      ...builds.flatMap(({ name, scan, codes, peak }) => [
        { name: `peak, ${name}`, run: peak },
        ours(`scan, ${name}`, scan),
        ours(`codes, ${name}`, codes),
      ]),
      {
        name: 'plain JavaScript',
        run: () => checksum(plainSearch(rows, asked, d, k)),
        runs: q === 1 ? runs : 1,
      },
    ];
    if (q > 1 && threaded[0]!.threads > 1) {
      const { backend } = threaded[0]!;
      contenders.push(ours(`scan, ${backend}, 2 threads`, threaded[0]!));
      contenders.push(ours(`codes, ${backend}, 2 threads`, threaded[1]!));
    }
    if (gpu) contenders.push({ ...ours('webgpu', gpu), runs: gpuRuns });
    tables.push(table(await measure(contenders, runs), q, data, k, read));
  }
  for (const { scan, codes } of builds) {
    scan.close();
    codes.close();
  }
  for (const index of threaded) index.close();
  gpu?.close();
  device?.destroy();
  return tables;
}

const isBaseline = (name: string): boolean => /^(read-only|peak)/.test(name);

function table(
  measured: Measured[],
  q: number,
  { name: kind, d, rows }: Data,
  k: number,
  read: Map<string, number>,
): Table {
  const n = rows.length / d;
  const median = (wanted: string): number | undefined => measured.find(({ name }) => name === wanted)?.median;
  // The faster of the two sums is the ceiling.
  const sum = Math.min(...measured.filter(({ name }) => name.startsWith('read-only')).map((m) => m.median));
  const plain = median('plain JavaScript')!;
  // Searches of the same values have to agree; a contender that is wrong has no time.
  const answers = new Set(measured.filter(({ name }) => !isBaseline(name)).map((m) => m.result));
  if (answers.size !== 1) throw new Error(`The contenders disagree: ${[...answers].join(', ')}.`);
  return {
    title: `knn: ${n} rows of ${d} float32, ${kind}, ${q} ${q === 1 ? 'query' : 'queries'}, k ${k}; one thread where nothing else is said`,
    columns: [
      '',
      'median ms',
      'min ms',
      'max ms',
      'runs',
      'GB/s',
      '% of sum',
      '% of peak',
      '× scan',
      'read',
      '÷ JavaScript',
    ],
    rows: measured.map(({ name, median: time, min, max, runs }) => {
      const build = name.split(', ')[1]!;
      const isSearch = !isBaseline(name);
      const peak = median(`peak, ${build}`);
      const scan = median(`scan, ${build}`);
      const isScan = name.startsWith('scan');
      return [
        name,
        time.toFixed(2),
        min.toFixed(2),
        max.toFixed(2),
        runs,
        name.startsWith('peak') ? '' : ((4 * n * d) / time / 1e6).toFixed(2),
        isScan && q === 1 ? ((100 * sum) / time).toFixed(0) : '',
        isScan && q > 1 && peak && !name.endsWith('threads')
          ? ((100 * n * d * q * peak) / time / peakOperations).toFixed(0)
          : '',
        (name.startsWith('codes') || name.endsWith('threads')) && scan ? (time / scan).toFixed(3) : '',
        read.has(name) ? read.get(name)!.toFixed(0) : '',
        isSearch ? (plain / time).toFixed(2) : '',
      ];
    }),
  };
}

/** The worst case for codes: values independent of each other, half of them zero; all rows are about equally far. */
function independent(count: number, d: number, random: () => number): Float32Array {
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

export function checksum(rows: Uint32Array): number {
  let hash = 0;
  for (const row of rows) hash = (Math.imul(hash, 31) + row) | 0;
  return hash;
}
