import { LikenessError } from '../base/errors.ts';
import { fromFloat16, toFloat16 } from '../base/float16.ts';
import {
  blockValues,
  type Encoding,
  type PieceLayout,
  pieceLayout,
  rowScales,
} from '../network/dense/encoding.ts';
import type { Convolution } from '../network/manifest.ts';
import { emptyPiece, encodeRows } from './encode-dense.ts';
import { checkStored, finiteWeight } from './finite.ts';
import { type ExternalTensor, encodeGraph, type Node } from './onnx/graph.ts';
import { padChannels } from './pad-channels.ts';
import { checkWeights, convolutions, shapeOfWeights, type Weight } from './vgg16-weights.ts';

/** Where a model's files go. A file is written in one go, one file after another. */
export interface FileSink {
  /** Appends to a file. */
  write(file: string, bytes: Uint8Array): void | Promise<void>;
}

const alignment = 64;

/** A graph whose shards were written. */
export interface BuiltGraph {
  /** Bytes of the `.onnx` file; its weights are in the shards. */
  graph: Uint8Array<ArrayBuffer>;
  /** Values that the graph gives for a picture. */
  width: number;
  /** The graph's layers, for the manifest. */
  convolutions: Convolution[];
}

/**
 * A VGG16's weights in the form in which a variant stores them: kernels as float32 for `f32`, else as float16; the
 * channels of odd widths padded.
 *
 * @throws LikenessError `bad-model` when one is missing or has another shape; from `data` when a value is NaN or infinite,
 *   or becomes so as float16
 */
export function storedWeights(
  given: ReadonlyMap<string, Weight>,
  encoding: Encoding,
): ReadonlyMap<string, Weight> {
  checkWeights(given);
  const padded = padChannels(new Map([...given].map(([name, weight]) => [name, finiteWeight(name, weight)])));
  if (encoding === 'f32') return padded;
  return new Map(
    [...padded].map(([name, weight]) => [
      name,
      /^block.*weight$/.test(name) && weight.dataType === 'float32' ? inFloat16(name, weight) : weight,
    ]),
  );
}

function inFloat16(name: string, weight: Weight): Weight {
  return {
    ...weight,
    dataType: 'float16',
    async data(from, to) {
      const bytes = (await weight.data(from, to)).slice();
      const halves = new Uint8Array(Uint16Array.from(new Float32Array(bytes.buffer), toFloat16).buffer);
      checkStored(name, 'float16', halves, 'float16');
      return halves;
    },
  };
}

/**
 * Builds the ONNX graph of VGG16 up to its last pooling, for any widths and input size, and lays its weights out in
 * shards `graph-1.bin`, … Input `input` is N × 3 × size × size float32, output `flatten` N × C·h·w, channels first.
 * Float16 kernels are cast up in the graph, which a runtime does once when it loads.
 *
 * @param weights as {@link storedWeights} gives them
 */
export async function buildVgg16Graph(
  weights: ReadonlyMap<string, Weight>,
  sink: FileSink,
  shardBytes: number,
): Promise<BuiltGraph> {
  const shape = shapeOfWeights(weights);
  /** Where the weights lie, in their order. */
  const tensors: ExternalTensor[] = [];
  const nodes: Node[] = [];
  let value = 'input';
  const then = (op: string, output: string, inputs: string[], attributes?: Node['attributes']): void => {
    nodes.push({ op, inputs: [value, ...inputs], output, ...(attributes ? { attributes } : {}) });
    value = output;
  };
  /** Lays a weight out and returns the name of its float32 form. */
  const use = async (weight: Weight): Promise<string> => {
    tensors.push(await place(weight, tensors.at(-1), sink, shardBytes));
    if (weight.dataType === 'float32') return weight.name;
    const output = `${weight.name}.float32`;
    nodes.push({ op: 'Cast', inputs: [weight.name], output, attributes: { to: 1 } });
    return output;
  };

  const stored: Convolution[] = [];
  for (const { name, inputs, outputs, pool } of convolutions(shape)) {
    const operands = [await use(weights.get(`${name}.weight`)!), await use(weights.get(`${name}.bias`)!)];
    const [kernel, bias] = tensors
      .slice(-2)
      .map(({ file, offset, dataType }) => ({ file, offset, dataType }));
    stored.push({ inputs, outputs, pool, kernel: kernel!, bias: bias! });
    // Pads are written out: with auto_pad the WebGPU provider transposes the kernel in every run.
    then('Conv', `${name}.sum`, operands, { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] });
    then('Relu', name, []);
    if (pool) then('MaxPool', name.replace(/conv\d/, 'pool'), [], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  then('Flatten', 'flatten', [], { axis: 1 });

  const { inputSize } = shape;
  const width = shape.widths[4]! * (inputSize / 32) ** 2;
  const graph = encodeGraph({
    name: 'vgg16',
    nodes,
    weights: tensors,
    input: { name: 'input', shape: ['N', 3, inputSize, inputSize] },
    output: { name: 'flatten', shape: ['N', width] },
  });
  return { graph, width, convolutions: stored };
}

/** Equal parts into which `rows` rows have to be cut for each to be a shard. */
export function piecesOf(encoding: Encoding, rows: number, inputs: number, shardBytes: number): number {
  let pieces = 1;
  while (
    pieces < rows &&
    (rows % pieces !== 0 || pieceLayout(encoding, rows / pieces, inputs).byteLength > shardBytes)
  ) {
    pieces++;
  }
  return pieces;
}

/** Rows of `fc1` that are float32 in memory at once, in bytes: whatever the encoding, what a shard of f32 has. */
const floatBytes = 64 * 2 ** 20;

/** Rows of `inputs` float32 that go through memory at once. */
export const rowsAtOnce = (inputs: number): number => Math.max(1, Math.floor(floatBytes / (4 * inputs)));

/** The pieces of `fc1`, one after another, as `encodePiece` makes them: `dense-1.bin`, … */
export async function* densePieces(
  weights: ReadonlyMap<string, Weight>,
  encoding: Encoding,
  shardBytes: number,
): AsyncGenerator<{ file: string; bytes: Uint8Array<ArrayBuffer>; layout: PieceLayout }> {
  const kernel = weights.get('fc1.weight')!;
  const bias = await floats(weights.get('fc1.bias')!, 0, kernel.shape[0]!);
  const [outputs, inputs] = kernel.shape as [number, number];
  if (!Number.isInteger(rowScales(encoding, inputs))) {
    throw new LikenessError(
      'bad-model',
      `fc1 has ${inputs} inputs, which are no multiple of ${blockValues}: they cannot be stored as ${encoding}; take f16.`,
    );
  }
  const count = piecesOf(encoding, outputs, inputs, shardBytes);
  const rows = outputs / count;
  const layout = pieceLayout(encoding, rows, inputs);
  for (let i = 0; i < count; i++) {
    const bytes = emptyPiece(layout, bias.subarray(i * rows, (i + 1) * rows));
    for (let from = 0; from < rows; from += rowsAtOnce(inputs)) {
      const to = Math.min(rows, from + rowsAtOnce(inputs));
      encodeRows(encoding, bytes, layout, from, await floats(kernel, i * rows + from, i * rows + to));
    }
    // Codes are finite always; what is float16 may have become infinite.
    if (encoding === 'f16') checkStored('fc1.weight', encoding, bytes.subarray(0, layout.scales), 'float16');
    else checkStored('fc1.weight', encoding, bytes.subarray(layout.scales, layout.bias), 'float16');
    yield { file: `dense-${i + 1}.bin`, bytes, layout };
  }
}

/** Rows of a weight as float32. */
async function floats({ dataType, data }: Weight, from: number, to: number): Promise<Float32Array> {
  const bytes = await data(from, to);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (dataType === 'float32')
    return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  return Float32Array.from(halves, fromFloat16);
}

/** Writes a tensor behind the one before, aligned, or into the next of the files `graph-1.bin`, `graph-2.bin`, … */
async function place(
  { name, dataType, shape, data }: Weight,
  before: ExternalTensor | undefined,
  sink: FileSink,
  maxBytes: number,
): Promise<ExternalTensor> {
  const bytes = await data(0, shape[0]!);
  const end = before ? before.offset + before.byteLength : 0;
  const isNew = !before || (end > 0 && end + bytes.length > maxBytes);
  const number = Number(before?.file.match(/\d+/)?.[0] ?? 0) + (isNew ? 1 : 0);
  const file = `graph-${number}.bin`;
  const gap = isNew ? 0 : -end & (alignment - 1);
  if (gap > 0) await sink.write(file, new Uint8Array(gap));
  await sink.write(file, bytes);
  return { name, dataType, shape, file, offset: isNew ? 0 : end + gap, byteLength: bytes.length };
}
