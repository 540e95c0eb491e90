import { LikenessError } from '../../base/errors.ts';
import { type RandomAccess, readBytes } from '../../base/random-access.ts';
import { type Field, fieldsIn, floatOf, intsOf, textOf } from '../onnx/protobuf-reader.ts';
import { convolutions } from '../vgg16-weights.ts';
import type { SourceWeight } from './vgg16-source.ts';

const bad = (what: string): LikenessError =>
  new LikenessError(
    'bad-file',
    `${what} Read are vgg16-7.onnx and vgg16-12.onnx of the ONNX Model Zoo, not its int8 and qdq files.`,
  );

interface GraphNode {
  name: string;
  op: string;
  inputs: string[];
  outputs: string[];
  ints: Map<string, number[]>;
  floats: Map<string, number>;
}

interface Initializer {
  name: string;
  dims: number[];
  dataType: number;
  external: boolean;
  /** Where the values are, little-endian float32. */
  values?: Field;
}

/**
 * Finds VGG16 in an ONNX model by its graph, not by names: from the input on, the convolutions and the first Gemm, each
 * with its Relu. Nothing but the graph itself is read, the weights only when they are asked for.
 *
 * @throws LikenessError `bad-file` when the graph is another one, or a weight is no float32 inside the file
 */
export async function vgg16InOnnx(file: RandomAccess): Promise<Map<string, SourceWeight>> {
  const nodes: GraphNode[] = [];
  const inputs: string[] = [];
  const initializers = new Map<string, Initializer>();
  // Field numbers here and below: onnx.proto, ModelProto, GraphProto, …
  for await (const field of fieldsIn(file, 0, await file.size())) {
    if (field.number !== 7 || field.wire !== 2) continue;
    for await (const part of fieldsIn(file, field.from, field.to)) {
      if (part.number === 1) nodes.push(await readNode(file, part));
      if (part.number === 5) {
        const tensor = await readInitializer(file, part);
        initializers.set(tensor.name, tensor);
      }
      if (part.number === 11) inputs.push(await readName(file, part));
    }
  }
  if (nodes.length === 0) throw bad('The ONNX model holds no graph.');

  // Before IR version 4 weights are among the inputs too.
  const data = inputs.filter((name) => !initializers.has(name));
  if (data.length !== 1) throw bad(`The ONNX graph has ${data.length} inputs; wanted one, the picture.`);
  let value = data[0]!;
  const passed = new Set<GraphNode>();
  /** The next operator, which has to be one of `ops`. */
  const next = (...ops: string[]): GraphNode => {
    for (;;) {
      const users = nodes.filter((node) => node.inputs[0] === value);
      const node = users[0];
      if (!node || users.length > 1)
        throw bad(`"${value}" goes into ${users.length} operators; wanted one, ${ops.join(' or ')}.`);
      passed.add(node);
      value = node.outputs[0] ?? '';
      if (ops.includes(node.op)) return node;
      if (node.op !== 'Dropout' && node.op !== 'Identity')
        throw bad(`"${node.name}" is ${node.op} where VGG16 has ${ops.join(' or ')}.`);
    }
  };
  const found = new Map<string, SourceWeight>();
  const take = (layer: string, node: GraphNode): void => {
    for (const [i, part] of ['weight', 'bias'].entries()) {
      const initializer = initializers.get(node.inputs[i + 1] ?? '');
      if (!initializer) throw bad(`"${node.name}" (${node.op}) has no ${part} in the file.`);
      found.set(`${layer}.${part}`, sourceWeight(file, initializer));
    }
  };

  for (const { name, pool: pooled } of convolutions({ widths: [1, 1, 1, 1, 1] })) {
    const node = next('Conv');
    wants(node, 'pads', [1, 1, 1, 1], [0, 0, 0, 0]);
    wants(node, 'strides', [1, 1]);
    wants(node, 'dilations', [1, 1]);
    wants(node, 'group', [1]);
    take(name, node);
    const { stored, origin } = found.get(`${name}.weight`)!;
    if (stored.length !== 4 || stored[2] !== 3 || stored[3] !== 3)
      throw bad(`"${origin}" has the shape ${stored.join('×')}; wanted a 3×3 convolution.`);
    next('Relu');
    if (pooled) {
      const pool = next('MaxPool');
      wants(pool, 'kernel_shape', [2, 2]);
      wants(pool, 'strides', [2, 2], [1, 1]);
      wants(pool, 'pads', [0, 0, 0, 0]);
    }
  }
  next('Flatten', 'Reshape');
  const gemm = next('Gemm');
  wants(gemm, 'transB', [1], [0]);
  wants(gemm, 'transA', [0]);
  for (const factor of ['alpha', 'beta']) {
    const given = gemm.floats.get(factor) ?? 1;
    if (given !== 1) throw bad(`"${gemm.name}" (Gemm) has ${factor} ${given}; wanted 1.`);
  }
  take('fc1', gemm);
  next('Relu');
  checkRest(nodes.filter((node) => !passed.has(node)));
  return found;
}

/** What may follow fc1: fc2 and predictions, which are not read. */
const afterFc1 = new Set([
  ...['Gemm', 'MatMul', 'Add', 'Relu', 'Softmax', 'LogSoftmax'],
  ...['Dropout', 'Identity', 'Flatten', 'Reshape', 'Constant', 'Shape'],
]);

function checkRest(nodes: readonly GraphNode[]): void {
  const other = nodes.find(({ op }) => !afterFc1.has(op));
  if (other)
    throw bad(`"${other.name}" (${other.op}) follows fc1 or lies beside the network; VGG16 has none there.`);
  const dense = nodes.filter(({ op }) => op === 'Gemm' || op === 'MatMul').length;
  if (dense > 2) throw bad(`${dense} dense layers follow fc1; VGG16 has two.`);
}

/** Checks an attribute; `absent` is what the operator takes without it. */
function wants(node: GraphNode, attribute: string, wanted: number[], absent = wanted): void {
  const given = node.ints.get(attribute) ?? absent;
  if (given.join() !== wanted.join())
    throw bad(
      `"${node.name}" (${node.op}) has ${attribute} ${given.join(', ')}; wanted ${wanted.join(', ')}.`,
    );
}

function sourceWeight(file: RandomAccess, initializer: Initializer): SourceWeight {
  const { name, dims, dataType, external, values } = initializer;
  if (external) throw bad(`"${name}" is in a file beside the model.`);
  if (dataType !== 1) throw bad(`"${name}" has ONNX's data type ${dataType}; wanted 1, float32.`);
  const size = dims.reduce((a, b) => a * b, 4);
  const came = values ? values.to - values.from : 0;
  if (!values || came !== size)
    throw bad(`"${name}" has ${came} bytes; its shape ${dims.join('×')} needs ${size}.`);
  const rowBytes = size / (dims[0] || 1);
  return {
    origin: name,
    stored: dims,
    weight: {
      name,
      dataType: 'float32',
      shape: dims,
      data: (from, to) => readBytes(file, values.from + from * rowBytes, (to - from) * rowBytes),
    },
  };
}

async function readNode(file: RandomAccess, { from, to }: Field): Promise<GraphNode> {
  const node: GraphNode = { name: '', op: '', inputs: [], outputs: [], ints: new Map(), floats: new Map() };
  for await (const field of fieldsIn(file, from, to)) {
    if (field.number === 1) node.inputs.push(await textOf(file, field));
    if (field.number === 2) node.outputs.push(await textOf(file, field));
    if (field.number === 3) node.name = await textOf(file, field);
    if (field.number === 4) node.op = await textOf(file, field);
    if (field.number === 5) await readAttribute(file, field, node);
  }
  node.name ||= node.outputs[0] ?? '';
  return node;
}

async function readAttribute(file: RandomAccess, { from, to }: Field, node: GraphNode): Promise<void> {
  let name = '';
  const ints: number[] = [];
  let float: number | undefined;
  for await (const field of fieldsIn(file, from, to)) {
    if (field.number === 1) name = await textOf(file, field);
    // A list is packed or not, as the writer likes.
    if (field.number === 3 || field.number === 8) ints.push(...(await intsOf(file, field)));
    if (field.number === 2) float = await floatOf(file, field);
  }
  if (ints.length > 0) node.ints.set(name, ints);
  if (float !== undefined) node.floats.set(name, float);
}

async function readInitializer(file: RandomAccess, { from, to }: Field): Promise<Initializer> {
  const tensor: Initializer = { name: '', dims: [], dataType: 0, external: false };
  for await (const field of fieldsIn(file, from, to)) {
    if (field.number === 1) tensor.dims.push(...(await intsOf(file, field)));
    if (field.number === 2) tensor.dataType = (await intsOf(file, field))[0]!;
    if (field.number === 8) tensor.name = await textOf(file, field);
    if (field.number === 14) tensor.external = (await intsOf(file, field))[0] === 1;
    // raw_data, or float_data packed: the bytes are the same.
    if ((field.number === 9 || field.number === 4) && field.wire === 2) tensor.values = field;
  }
  return tensor;
}

/** The first field of a ValueInfoProto. */
async function readName(file: RandomAccess, { from, to }: Field): Promise<string> {
  for await (const field of fieldsIn(file, from, to))
    if (field.number === 1) return await textOf(file, field);
  return '';
}
