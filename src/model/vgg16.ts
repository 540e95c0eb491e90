import { type ExternalTensor, encodeGraph, type Node } from './onnx/graph.ts';
import { padChannels } from './pad-channels.ts';
import { checkWeights, convolutions, shapeOfWeights, type Weight } from './vgg16-weights.ts';

/** Sizes of what is stored. */
export interface StorageLimits {
  /** A tensor beyond this is cut by rows. Default 64 MiB: half of the smallest limit of a GPU buffer binding. */
  tensorBytes: number;
  /** A shard holds no more, unless a single tensor is larger. Default 64 MiB. */
  shardBytes: number;
}

const defaultLimits: StorageLimits = { tensorBytes: 64 * 2 ** 20, shardBytes: 64 * 2 ** 20 };
const alignment = 64;

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
 * @param given all of {@link weightShapes}, by name
 * @param write takes the shards' bytes, in order, piece by piece
 * @throws LikenessError `bad-model` when a weight is missing or has another shape
 */
export async function buildVgg16(
  given: ReadonlyMap<string, Weight>,
  write: (file: string, bytes: Uint8Array) => void | Promise<void>,
  limits: StorageLimits = defaultLimits,
): Promise<BuiltModel> {
  checkWeights(given);
  const weights = padChannels(given);
  const shape = shapeOfWeights(weights);
  const layout = new ShardLayout(write, limits.shardBytes);
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

  const pieces = splitRows(weights.get('fc1.weight')!, limits.tensorBytes);
  const biases = splitRows(weights.get('fc1.bias')!, limits.tensorBytes, pieces.length);
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

/** Cuts a weight by rows into equal pieces of at most `most` bytes, or into `count`. */
function splitRows(weight: Weight, most: number, count?: number): Weight[] {
  const rows = weight.shape[0]!;
  const rowBytes = weight.shape.slice(1).reduce((a, b) => a * b, 1) * (weight.dataType === 'float16' ? 2 : 4);
  let pieces = count ?? Math.ceil((rows * rowBytes) / most);
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
  readonly #most: number;
  readonly shards: { file: string; byteLength: number }[] = [];

  constructor(write: (file: string, bytes: Uint8Array) => void | Promise<void>, most: number) {
    this.#write = write;
    this.#most = most;
  }

  async add({ name, dataType, shape, data }: Weight): Promise<void> {
    const bytes = data(0, shape[0]!);
    let shard = this.shards.at(-1);
    if (!shard || (shard.byteLength > 0 && shard.byteLength + bytes.length > this.#most)) {
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
