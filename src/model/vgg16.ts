import { LikenessError } from '../errors.ts';
import { type DataType, type ExternalTensor, encodeGraph, type Node } from './onnx/graph.ts';

/** Convolutions in each of the five blocks (Simonyan & Zisserman, arXiv 1409.1556, configuration D). */
const convolutionsPerBlock = [2, 2, 3, 3, 3] as const;
/** A tensor beyond this is cut by rows: smallest limit of a GPU buffer binding (128 MiB) and easy to deliver. */
const mostTensorBytes = 64 * 2 ** 20;
/** A shard is closed when it reaches this. */
const mostShardBytes = 64 * 2 ** 20;
const alignment = 64;

/** A named weight. Its data are asked for in pieces, so that a large network never is in memory as a whole. */
export interface Weight {
  name: string;
  dataType: DataType;
  shape: number[];
  /** Little-endian values in C order of the rows (first axis) `from` … `to` − 1. */
  data(from: number, to: number): Uint8Array;
}

/** Widths and sizes of a network of VGG16's shape. */
export interface Vgg16Shape {
  /** Channels of the five blocks: 64 128 256 512 512 in the original. */
  widths: number[];
  /** Side of the square input in pixels, a multiple of 32: 224. */
  inputSize: number;
  /** Width of fc1: 4096. */
  fc1: number;
}

/** `block1_conv1` … `block5_conv3`, as Keras names them, with their channels. */
export function convolutions({
  widths,
}: Pick<Vgg16Shape, 'widths'>): { name: string; block: number; inputs: number; outputs: number }[] {
  let inputs = 3;
  return convolutionsPerBlock.flatMap((count, block) =>
    Array.from({ length: count }, (_, i) => {
      const layer = { name: `block${block + 1}_conv${i + 1}`, block, inputs, outputs: widths[block]! };
      inputs = layer.outputs;
      return layer;
    }),
  );
}

/** Names and shapes of all weights: kernels [out, in, 3, 3], `fc1.weight` [out, C·h·w] over a channels-first flatten. */
export function weightShapes(shape: Vgg16Shape): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const { name, inputs, outputs } of convolutions(shape)) {
    shapes.set(`${name}.weight`, [outputs, inputs, 3, 3]);
    shapes.set(`${name}.bias`, [outputs]);
  }
  shapes.set('fc1.weight', [shape.fc1, shape.widths[4]! * (shape.inputSize / 32) ** 2]);
  shapes.set('fc1.bias', [shape.fc1]);
  return shapes;
}

/** The shape that weights imply. */
export function shapeOfWeights(weights: ReadonlyMap<string, Pick<Weight, 'shape'>>): Vgg16Shape {
  const of = (name: string): number[] => {
    const weight = weights.get(name);
    if (!weight)
      throw new LikenessError(
        'bad-model',
        `The weights lack "${name}"; they are not of a VGG16 with its fc1.`,
      );
    return weight.shape;
  };
  const widths = [1, 2, 3, 4, 5].map((block) => of(`block${block}_conv1.weight`)[0]!);
  const [fc1, flat] = of('fc1.weight');
  return { widths, fc1: fc1!, inputSize: 32 * Math.sqrt(flat! / widths[4]!) };
}

export interface BuiltModel {
  /** Bytes of the `.onnx` file; its weights are in the shards. */
  graph: Uint8Array<ArrayBuffer>;
  shards: { file: string; byteLength: number }[];
}

/**
 * Builds the ONNX graph of VGG16 up to `fc1` and its ReLU, for any widths and input size, and lays its weights out in
 * shards. Input `input` is N × 3 × size × size float32, output `fc1` N × fc1 float32. Float16 weights are cast up in
 * the graph, which a runtime does once when it loads.
 *
 * @param weights all of {@link weightShapes}, by name
 * @param write takes the shards' bytes, in order, piece by piece
 * @throws LikenessError `bad-model` when a weight is missing or has another shape
 */
export async function buildVgg16(
  weights: ReadonlyMap<string, Weight>,
  write: (file: string, bytes: Uint8Array) => void | Promise<void>,
): Promise<BuiltModel> {
  const shape = shapeOfWeights(weights);
  check(weights, shape);
  const layout = new ShardLayout(write);
  const nodes: Node[] = [];
  let value = 'input';
  const then = (op: string, output: string, inputs: string[], attributes?: Node['attributes']): void => {
    nodes.push({ op, inputs: [value, ...inputs], output, ...(attributes ? { attributes } : {}) });
    value = output;
  };
  /** Lays a weight out and returns the name of its float32 form. */
  const use = async (weight: Weight): Promise<string> => {
    await layout.add(weight);
    if (weight.dataType === 'float32') return weight.name;
    nodes.push({
      op: 'Cast',
      inputs: [weight.name],
      output: `${weight.name}.float32`,
      attributes: { to: 1 },
    });
    return `${weight.name}.float32`;
  };

  const layers = convolutions(shape);
  for (const [i, { name, block }] of layers.entries()) {
    const operands = [await use(weights.get(`${name}.weight`)!), await use(weights.get(`${name}.bias`)!)];
    // Pads are written out: with auto_pad the WebGPU provider transposes the kernel in every run.
    then('Conv', `${name}.sum`, operands, { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] });
    then('Relu', name, []);
    if (layers[i + 1]?.block !== block) {
      then('MaxPool', `block${block + 1}_pool`, [], { kernel_shape: [2, 2], strides: [2, 2] });
    }
  }
  then('Flatten', 'flatten', [], { axis: 1 });

  const pieces = splitRows(weights.get('fc1.weight')!);
  const biases = splitRows(weights.get('fc1.bias')!, pieces.length);
  const flat = value;
  const sums: string[] = [];
  for (const [i, piece] of pieces.entries()) {
    value = flat;
    then(
      'Gemm',
      pieces.length === 1 ? 'fc1.sum' : `fc1.sum.${i}`,
      [await use(piece), await use(biases[i]!)],
      { transB: 1 },
    );
    sums.push(value);
  }
  if (sums.length > 1) {
    nodes.push({ op: 'Concat', inputs: sums, output: 'fc1.sum', attributes: { axis: 1 } });
    value = 'fc1.sum';
  }
  then('Relu', 'fc1', []);

  const { inputSize, fc1 } = shape;
  const { shards } = layout;
  const graph = encodeGraph({
    name: 'vgg16',
    nodes,
    weights: layout.tensors,
    input: { name: 'input', shape: ['N', 3, inputSize, inputSize] },
    output: { name: 'fc1', shape: ['N', fc1] },
  });
  return { graph, shards };
}

function check(weights: ReadonlyMap<string, Weight>, shape: Vgg16Shape): void {
  if (!Number.isInteger(shape.inputSize / 32)) {
    throw new LikenessError(
      'bad-model',
      `fc1.weight has ${weights.get('fc1.weight')?.shape[1]} columns, which is not ${shape.widths[4]} channels of a square.`,
    );
  }
  for (const [name, wanted] of weightShapes(shape)) {
    const came = weights.get(name)?.shape;
    if (came?.join() !== wanted.join()) {
      throw new LikenessError(
        'bad-model',
        `The weight "${name}" ${came ? `has the shape ${came.join('×')}` : 'is missing'}; wanted ${wanted.join('×')}.`,
      );
    }
  }
}

/** Cuts a weight by rows into equal pieces of at most {@link mostTensorBytes}, or into `count`. */
function splitRows(weight: Weight, count?: number): Weight[] {
  const rows = weight.shape[0]!;
  const rowBytes = weight.shape.slice(1).reduce((a, b) => a * b, 1) * (weight.dataType === 'float16' ? 2 : 4);
  let pieces = count ?? Math.ceil((rows * rowBytes) / mostTensorBytes);
  while (rows % pieces !== 0) pieces++;
  if (pieces === 1) return [weight];
  const size = rows / pieces;
  return Array.from({ length: pieces }, (_, i) => ({
    ...weight,
    name: `${weight.name}.${i}`,
    shape: [size, ...weight.shape.slice(1)],
    data: (from, to) => weight.data(i * size + from, i * size + to),
  }));
}

/** Places tensors one after another, aligned, in files `weights-1.bin`, `weights-2.bin`, … */
class ShardLayout {
  readonly tensors: ExternalTensor[] = [];
  readonly #write: (file: string, bytes: Uint8Array) => void | Promise<void>;
  readonly shards: { file: string; byteLength: number }[] = [];

  constructor(write: (file: string, bytes: Uint8Array) => void | Promise<void>) {
    this.#write = write;
  }

  async add({ name, dataType, shape, data }: Weight): Promise<void> {
    const bytes = data(0, shape[0]!);
    let shard = this.shards.at(-1);
    if (!shard || (shard.byteLength > 0 && shard.byteLength + bytes.length > mostShardBytes)) {
      shard = { file: `weights-${this.shards.length + 1}.bin`, byteLength: 0 };
      this.shards.push(shard);
    }
    const gap = -shard.byteLength & (alignment - 1);
    if (gap > 0) await this.#write(shard.file, new Uint8Array(gap));
    const offset = shard.byteLength + gap;
    await this.#write(shard.file, bytes);
    shard.byteLength = offset + bytes.length;
    this.tensors.push({ name, dataType, shape, file: shard.file, offset, byteLength: bytes.length });
  }
}
