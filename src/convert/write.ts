import { LikenessError } from '../base/errors.ts';
import type { Preprocessing } from '../image/preprocessing.ts';
import type { Encoding } from '../network/dense/encoding.ts';
import { fingerprintOf, type Manifest, probeInput, type Shard } from '../network/manifest.ts';
import { normaliseRows } from '../network/normalise.ts';
import { decodeRows } from './encode-dense.ts';
import { denseRow, forwardConvolutions } from './reference.ts';
import { buildVgg16Graph, densePieces, type FileSink, piecesOf, rowsAtOnce, storedWeights } from './vgg16.ts';
import { shapeOfWeights, type Weight } from './vgg16-weights.ts';

/** What a manifest says of a model beyond its files. */
export interface ModelDescription {
  name: string;
  version: string;
  licence: string;
  origin: string;
  /** All but the size, which the weights imply. */
  preprocessing: Omit<Preprocessing, 'width' | 'height'>;
}

/** Where a model's files go. */
export interface ModelSink extends FileSink {
  /** The files written so far with their sizes and hashes. */
  files(): Promise<Shard[]>;
}

const graphFile = 'model.onnx';
const probeValues = 32;

/**
 * Writes a VGG16 model: graph, shards and manifest. The weights are asked for in pieces of a shard's size.
 *
 * @param weights all of `weightShapes`, by name, as the source has them
 * @param encoding how `fc1` is stored; the convolutions are float32 for `f32`, else float16
 * @param options.shardBytes a file holds no more, unless a single tensor of a convolution or row of `fc1` is larger.
 *   Default 64 MiB: half of the smallest limit of a GPU buffer binding
 * @param options.onProgress takes what is done, 0 … 1
 * @throws LikenessError `bad-model` when a weight is missing, has another shape or holds what is no number
 */
export async function writeVgg16(
  weights: ReadonlyMap<string, Weight>,
  description: ModelDescription,
  encoding: Encoding,
  sink: ModelSink,
  {
    shardBytes = 64 * 2 ** 20,
    onProgress = () => {},
  }: { shardBytes?: number; onProgress?: (share: number) => void } = {},
): Promise<Manifest> {
  const stored = storedWeights(weights, encoding);
  const { inputSize, fc1 } = shapeOfWeights(stored);
  const preprocessing: Preprocessing = { width: inputSize, height: inputSize, ...description.preprocessing };
  const { graph, width, convolutions } = await buildVgg16Graph(stored, sink, shardBytes);
  await sink.write(graphFile, graph);
  onProgress(0.1);
  // The known answer comes from the weights as they are stored, in float64 and without a runtime.
  const pooled = await forwardConvolutions(stored, probeInput(preprocessing), async (share) => {
    onProgress(0.1 + 0.4 * share);
    await new Promise((resolve) => setTimeout(resolve)); // an interrupt is heard between two layers
  });
  const answer = new Float32Array(fc1);
  const files: string[] = [];
  for await (const { file, bytes, layout } of densePieces(stored, encoding, shardBytes)) {
    await sink.write(file, bytes);
    const { rows, inputs } = layout;
    const first = files.length * rows;
    files.push(file);
    const biases = new Float32Array(bytes.buffer, layout.bias, rows);
    for (let from = 0; from < rows; from += rowsAtOnce(inputs)) {
      const to = Math.min(rows, from + rowsAtOnce(inputs));
      const values = decodeRows(encoding, bytes, layout, from, to);
      for (let row = from; row < to; row++) {
        const weights = values.subarray((row - from) * inputs, (row - from + 1) * inputs);
        answer[first + row] = denseRow(weights, biases[row]!, pooled);
      }
    }
    onProgress(0.5 + 0.5 * (files.length / piecesOf(encoding, fc1, width, shardBytes)));
  }

  checkAnswer(answer);
  const written = await sink.files();
  const { name, version, licence, origin } = description;
  const manifest: Manifest = {
    format: 'likeness-model',
    formatVersion: 1,
    name,
    version,
    architecture: 'vgg16',
    graph: written.find(({ file }) => file === graphFile)!,
    shards: written.filter(({ file }) => file.endsWith('.bin')),
    preprocessing,
    input: { name: 'input', layout: 'NCHW' },
    output: { name: 'flatten', dimension: fc1 },
    convolutions,
    dense: { encoding, inputs: width, files },
    probe: Array.from(normaliseRows(answer, fc1).subarray(0, probeValues), (value) =>
      Number(value.toPrecision(7)),
    ),
    licence,
    origin,
    fingerprint: '',
  };
  manifest.fingerprint = await fingerprintOf(manifest);
  await sink.write('manifest.json', new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`));
  return manifest;
}

/** Of weights that are numbers all the same: sums may become infinite, and of weights that are zeros all is zero. */
function checkAnswer(answer: Float32Array): void {
  const bad = (what: string): LikenessError => new LikenessError('bad-model', what);
  if (!answer.every(Number.isFinite))
    throw bad(
      'The network answers a known question with what is no number: its weights are too large. Take another file.',
    );
  if (answer.every((value) => value === 0))
    throw bad(
      'The network answers a known question with zeros alone, so no picture could be told from another: was the file downloaded to its end? Take another file.',
    );
}
