import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import h5wasm, { type Group as H5Group } from 'h5wasm/node';
import onnxProto, { type onnx } from 'onnx-proto';
import { convolutions, type Vgg16Shape } from '../../src/convert/vgg16-weights.ts';
import { type MadeWeight, seededWeights } from './seeded-vgg16.ts';

/** Rows of a weight that are made at once. */
const piece = 64;

export interface WeightFile {
  shape: Vgg16Shape;
  seed: number;
  /** Outputs of the last layer, which is not read. */
  classes?: number;
}

function floats(weight: MadeWeight, from = 0, to = weight.shape[0]!): Float32Array {
  const bytes = weight.data(from, to);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** [out, in, 3, 3] as Keras has it: value (h, w, i, o). */
function kernelForKeras(weight: MadeWeight): Float32Array {
  const [outputs, inputs] = weight.shape as [number, number];
  const values = floats(weight);
  const out = new Float32Array(values.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let h = 0; h < 3; h++) {
        for (let w = 0; w < 3; w++)
          out[((h * 3 + w) * inputs + i) * outputs + o] = values[((o * inputs + i) * 3 + h) * 3 + w]!;
      }
    }
  }
  return out;
}

/** [out, C·h·w] as Keras has it: a column an output, the rows in the order of `flatten`. */
function denseForKeras(weight: MadeWeight, channels: number, flatten: 'hwc' | 'chw'): Float32Array {
  const [outputs, length] = weight.shape as [number, number];
  const side = Math.sqrt(length / channels);
  const out = new Float32Array(outputs * length);
  for (let from = 0; from < outputs; from += piece) {
    const to = Math.min(outputs, from + piece);
    const values = floats(weight, from, to);
    for (let c = 0; c < channels; c++) {
      for (let h = 0; h < side; h++) {
        for (let w = 0; w < side; w++) {
          const ours = (c * side + h) * side + w;
          const row = flatten === 'hwc' ? (h * side + w) * channels + c : ours;
          for (let o = from; o < to; o++) out[row * outputs + o] = values[(o - from) * length + ours]!;
        }
      }
    }
  }
  return out;
}

export interface KerasFile extends WeightFile {
  /** False for the file without fc1, fc2 and predictions. */
  top?: boolean;
  /** Order of fc1's rows: Keras' own, or a wrong one. */
  flatten?: 'hwc' | 'chw';
  /** Names of the datasets in a layer's group; default those of the official file. */
  names?: (layer: string) => [kernel: string, bias: string];
  /** Group of the layers, e.g. `model_weights` of a whole model. */
  root?: string;
  /** Datasets of zeros besides, by path. */
  more?: Record<string, number[]>;
  /** Configuration of the model, as a whole model is saved with. */
  config?: object;
  /** Datasets to write instead, by name; null to leave out. */
  replace?: Record<string, { data: Float32Array | Float64Array; shape: number[] } | null>;
}

/**
 * Writes a weight file as Keras 1.1 and h5py did, by the HDF5 library: the oldest version of the format, a group a layer,
 * pools and flatten empty, the names of layers and weights in attributes, data contiguous and uncompressed. At full size
 * it takes 1 GB of memory, since h5wasm creates a dataset in one piece.
 */
export async function writeKeras(path: string, options: KerasFile): Promise<void> {
  const {
    shape,
    seed,
    classes = 10,
    top = true,
    flatten = 'hwc',
    root = '',
    more = {},
    replace = {},
  } = options;
  const names = options.names ?? ((layer) => [`${layer}_W_1:0`, `${layer}_b_1:0`]);
  await h5wasm.ready;
  const weights = seededWeights(shape, seed);
  const file = new h5wasm.File(path, 'w', { track_order: false, libver: ['earliest', 'latest'] });
  const parent = root ? groupAt(file, root) : file;
  const layerNames: string[] = [];
  const layer = (name: string, kernel?: () => [Float32Array, number[]], bias?: Float32Array): void => {
    layerNames.push(name);
    const group = parent.create_group(name);
    const [weightName, biasName] = names(name);
    const members = kernel ? [weightName, biasName] : [];
    group.create_attribute('weight_names', members, [members.length], `S${weightName.length}`);
    if (!kernel || !bias) return;
    const inner = weightName.includes('/') ? group.create_group(name) : group;
    const [data, sizes] = kernel();
    const own = { [weightName]: { data, shape: sizes }, [biasName]: { data: bias, shape: [bias.length] } };
    for (const [full, usual] of Object.entries(own)) {
      const dataset = full in replace ? replace[full] : usual;
      if (dataset) inner.create_dataset({ name: full.split('/').at(-1)!, ...dataset });
    }
  };

  layer('input_1');
  for (const { name, inputs, outputs, pool } of convolutions(shape)) {
    const kernel = weights.get(`${name}.weight`)!;
    layer(
      name,
      () => [kernelForKeras(kernel), [3, 3, inputs, outputs]],
      floats(weights.get(`${name}.bias`)!),
    );
    if (pool) layer(name.replace(/conv\d/, 'pool'));
  }
  if (top) {
    layer('flatten');
    const fc1 = weights.get('fc1.weight')!;
    const [outputs, length] = fc1.shape as [number, number];
    layer(
      'fc1',
      () => [denseForKeras(fc1, shape.widths[4]!, flatten), [length, outputs]],
      floats(weights.get('fc1.bias')!),
    );
    const blank = (rows: number, columns: number): [Float32Array, number[]] => [
      new Float32Array(rows * columns),
      [rows, columns],
    ];
    layer('fc2', () => blank(outputs, outputs), new Float32Array(outputs));
    layer('predictions', () => blank(outputs, classes), new Float32Array(classes));
  }
  parent.create_attribute('layer_names', layerNames, [layerNames.length], 'S12');
  if (options.config) file.create_attribute('model_config', JSON.stringify(options.config));
  addZeros(file, more);
  file.close();
}

/** The group at a path, made where it is missing. */
function groupAt(file: H5Group, path: string): H5Group {
  let group = file;
  for (const name of path.split('/')) group = (group.get(name) as H5Group | null) ?? group.create_group(name);
  return group;
}

function addZeros(file: H5Group, datasets: Record<string, number[]>): void {
  for (const [path, shape] of Object.entries(datasets)) {
    const at = path.lastIndexOf('/');
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    groupAt(file, path.slice(0, at)).create_dataset({ name: path.slice(at + 1), data, shape });
  }
}

export interface Keras3File extends WeightFile {
  /** What a layer's group is called: after its class, as Keras 3 does, or after the layer. */
  groups: 'class' | 'name';
  /** Whether each group says its layer's name, as Keras does from 3.5 on. */
  named?: boolean;
  /** Datasets of zeros besides, by path. */
  more?: Record<string, number[]>;
  /** How many dense layers: 3 for all of VGG16. */
  dense?: number;
}

/** Layers of VGG16 in order with their classes. */
export const vgg16Layers: readonly { name: string; kind: string }[] = [
  { name: 'input_layer', kind: 'InputLayer' },
  ...[2, 2, 3, 3, 3].flatMap((count, block) => [
    ...Array.from({ length: count }, (_, i) => ({ name: `block${block + 1}_conv${i + 1}`, kind: 'Conv2D' })),
    { name: `block${block + 1}_pool`, kind: 'MaxPooling2D' },
  ]),
  { name: 'flatten', kind: 'Flatten' },
  ...['fc1', 'fc2', 'predictions'].map((name) => ({ name, kind: 'Dense' })),
];

/** The configuration of VGG16 as Keras writes it. */
export function vgg16Config(): { class_name: string; config: { layers: LayerConfig[] } } {
  const settings: Record<string, object> = {
    Conv2D: { activation: 'relu', padding: 'same', strides: [1, 1], dilation_rate: [1, 1], groups: 1 },
    MaxPooling2D: { pool_size: [2, 2], strides: [2, 2], padding: 'valid' },
    Dense: { activation: 'relu' },
  };
  const layers = vgg16Layers.map(({ name, kind }) => ({
    class_name: kind,
    config: { name, ...settings[kind], ...(name === 'predictions' && { activation: 'softmax' }) },
  }));
  return { class_name: 'Functional', config: { layers } };
}

export interface LayerConfig {
  class_name: string;
  config: { name: string; [setting: string]: unknown };
}

/** Writes the weights of VGG16 as Keras 3 does (keras/src/saving/saving_lib.py): `layers/…/vars/0` and `1`. */
export async function writeKeras3(path: string, options: Keras3File): Promise<void> {
  const { shape, seed, groups, named = false, more = {}, dense = 3, classes = 10 } = options;
  await h5wasm.ready;
  const weights = seededWeights(shape, seed);
  const file = new h5wasm.File(path, 'w');
  const classNames: Record<string, string> = {
    Conv2D: 'conv2d',
    MaxPooling2D: 'max_pooling2d',
    Dense: 'dense',
  };
  const counts = new Map<string, number>();
  for (const { name, kind } of vgg16Layers) {
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    if (kind === 'Dense' && count >= dense) continue;
    const base = classNames[kind] ?? (kind === 'Flatten' ? 'flatten' : 'input_layer');
    const group = groups === 'name' ? name : count === 0 ? base : `${base}_${count}`;
    const vars = groupAt(file, `layers/${group}/vars`);
    if (named) vars.create_attribute('name', name);
    const put = (data: Float32Array, sizes: number[], bias: Float32Array): void => {
      vars.create_dataset({ name: '0', data, shape: sizes });
      vars.create_dataset({ name: '1', data: bias, shape: [bias.length] });
    };
    const weight = weights.get(`${name}.weight`);
    const { fc1 } = shape;
    if (kind === 'Conv2D' && weight) {
      const [outputs, inputs] = weight.shape as [number, number];
      put(kernelForKeras(weight), [3, 3, inputs, outputs], floats(weights.get(`${name}.bias`)!));
    } else if (weight) {
      const length = weight.shape[1]!;
      put(denseForKeras(weight, shape.widths[4]!, 'hwc'), [length, fc1], floats(weights.get('fc1.bias')!));
    } else if (kind === 'Dense') {
      const outputs = name === 'fc2' ? fc1 : classes;
      put(new Float32Array(fc1 * outputs), [fc1, outputs], new Float32Array(outputs));
    }
  }
  addZeros(file, more);
  file.close();
}

const int = (name: string, i: number): onnx.IAttributeProto => ({ name, i, type: 2 });
const ints = (name: string, values: number[]): onnx.IAttributeProto => ({ name, ints: values, type: 7 });
const float = (name: string, f: number): onnx.IAttributeProto => ({ name, f, type: 1 });

/** VGG16 as in the ONNX Model Zoo (vgg16-7.onnx), its nodes and weights named as there, as a plain object. */
export function zooModel({ shape, seed, classes = 10 }: WeightFile): onnx.IModelProto {
  const weights = seededWeights(shape, seed);
  const node: onnx.INodeProto[] = [];
  const initializer: onnx.ITensorProto[] = [];
  let value = 'data';
  const then = (
    opType: string,
    name: string,
    inputs: string[] = [],
    attribute: onnx.IAttributeProto[] = [],
  ): void => {
    node.push({ opType, name, input: [value, ...inputs], output: [name], attribute });
    value = name;
  };
  const use = (name: string, dims: number[], rawData: Uint8Array): string => {
    initializer.push({ name, dims, dataType: 1, rawData });
    return name;
  };
  const stored = (name: string, ours: string): string => {
    const weight = weights.get(ours)!;
    return use(name, weight.shape, weight.data(0, weight.shape[0]!));
  };
  const dense = (i: number, operands: string[]): void => {
    then('Flatten', `flatten_${60 + 5 * i}`);
    then('Gemm', `vgg0_dense${i}_fwd`, operands, [
      float('alpha', 1),
      float('beta', 1),
      int('transA', 0),
      int('transB', 1),
    ]);
  };

  for (const [i, { name, pool }] of convolutions(shape).entries()) {
    const prefix = `vgg0_conv${i}`;
    then(
      'Conv',
      `${prefix}_fwd`,
      [stored(`${prefix}_weight`, `${name}.weight`), stored(`${prefix}_bias`, `${name}.bias`)],
      [
        ints('dilations', [1, 1]),
        int('group', 1),
        ints('kernel_shape', [3, 3]),
        ints('pads', [1, 1, 1, 1]),
        ints('strides', [1, 1]),
      ],
    );
    then('Relu', `vgg0_relu${i}_fwd`);
    if (pool) {
      then(
        'MaxPool',
        `vgg0_pool${name[5]}_fwd`,
        [],
        [ints('kernel_shape', [2, 2]), ints('pads', [0, 0, 0, 0]), ints('strides', [2, 2])],
      );
    }
  }
  const sizes = [shape.fc1, shape.fc1, classes];
  for (const [i, size] of sizes.entries()) {
    const operands =
      i === 0
        ? [stored('vgg0_dense0_weight', 'fc1.weight'), stored('vgg0_dense0_bias', 'fc1.bias')]
        : [
            use(`vgg0_dense${i}_weight`, [size, shape.fc1], new Uint8Array(4 * size * shape.fc1)),
            use(`vgg0_dense${i}_bias`, [size], new Uint8Array(4 * size)),
          ];
    dense(i, operands);
    if (i === 2) break;
    then('Relu', `vgg0_dense${i}_relu_fwd`);
    then('Dropout', `vgg0_dropout${i}_fwd`, [], [float('ratio', 0.5)]);
  }

  const info = (name: string, dims: number[]): onnx.IValueInfoProto => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  return {
    irVersion: 3,
    graph: {
      name: 'mxnet_converted_model',
      node,
      initializer,
      input: [
        info('data', [1, 3, shape.inputSize, shape.inputSize]),
        ...initializer.map(({ name, dims }) => info(name!, dims as number[])),
      ],
      output: [info(value, [1, classes])],
    },
    opsetImport: [{ domain: '', version: 7 }],
  };
}

/** Values as `float_data` instead of raw bytes, as `onnx.helper.make_tensor` writes them. */
export function withFloatData(model: onnx.IModelProto): onnx.IModelProto {
  for (const tensor of model.graph!.initializer!) {
    tensor.floatData = Array.from(new Float32Array(tensor.rawData!.slice().buffer));
    delete tensor.rawData;
  }
  return model;
}

/** The bytes of a model, lists of whole numbers packed, as proto3 writes them. */
export function encodeModel(model: onnx.IModelProto): Uint8Array {
  return onnxProto.onnx.ModelProto.encode(model).finish();
}

/** The same, each number a field of its own: so Python writes ONNX, whose schema is of proto2. */
export function encodeModelAsPython(model: onnx.IModelProto): Uint8Array {
  const { ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto } = onnxProto.onnx;
  const { graph, opsetImport, ...head } = model;
  const { node, initializer, input, output, ...graphHead } = graph!;
  const writer = ModelProto.encode(head);
  writer.uint32(7 * 8 + 2).fork();
  for (const { attribute, ...rest } of node!) {
    NodeProto.encode(rest, writer.uint32(1 * 8 + 2).fork());
    for (const { ints: values, ...own } of attribute ?? []) {
      AttributeProto.encode(own, writer.uint32(5 * 8 + 2).fork());
      for (const number of values ?? []) writer.uint32(8 * 8).int64(number);
      writer.ldelim();
    }
    writer.ldelim();
  }
  GraphProto.encode(graphHead, writer);
  for (const { dims, ...rest } of initializer!) {
    writer.uint32(5 * 8 + 2).fork();
    for (const side of dims ?? []) writer.uint32(1 * 8).int64(side);
    TensorProto.encode(rest, writer).ldelim();
  }
  GraphProto.encode({ input: input!, output: output! }, writer).ldelim();
  return ModelProto.encode({ opsetImport: opsetImport! }, writer).finish();
}

export function writeZoo(path: string, options: WeightFile): void {
  writeFileSync(path, encodeModel(zooModel(options)));
}

/** A tensor of a safetensors file: a weight in float32. */
export type NamedTensors = [name: string, shape: number[], weight: MadeWeight][];

/**
 * Weights under the names of torchvision, of timm or of this project; with `classes`, also the layers after fc1, as
 * zeros.
 */
export function namedTensors(
  { shape, seed, classes }: WeightFile,
  names: 'torchvision' | 'timm' | 'canonical',
): NamedTensors {
  const places = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
  const layers = convolutions(shape).map(({ name }) => name);
  const side = shape.inputSize / 32;
  const tensors = [...seededWeights(shape, seed)].map(([name, weight]): NamedTensors[number] => {
    const [layer, part] = name.split('.') as [string, string];
    if (names === 'canonical') return [name, weight.shape, weight];
    if (layer !== 'fc1') return [`features.${places[layers.indexOf(layer)]}.${part}`, weight.shape, weight];
    if (names === 'torchvision') return [`classifier.0.${part}`, weight.shape, weight];
    return [
      `pre_logits.fc1.${part}`,
      part === 'weight' ? [shape.fc1, shape.widths[4]!, side, side] : weight.shape,
      weight,
    ];
  });
  if (!classes || names === 'canonical') return tensors;
  const [fc2, last] = names === 'timm' ? ['pre_logits.fc2', 'head.fc'] : ['classifier.3', 'classifier.6'];
  const { fc1 } = shape;
  const zeros = (name: string, sizes: number[]): NamedTensors[number] => {
    const rowBytes = 4 * sizes.slice(1).reduce((a, b) => a * b, 1);
    const data = (from: number, to: number): Uint8Array => new Uint8Array((to - from) * rowBytes);
    return [name, sizes, { name, dataType: 'float32', shape: sizes, data }];
  };
  return [
    ...tensors,
    zeros(`${fc2}.weight`, names === 'timm' ? [fc1, fc1, 1, 1] : [fc1, fc1]),
    zeros(`${fc2}.bias`, [fc1]),
    zeros(`${last}.weight`, [classes, fc1]),
    zeros(`${last}.bias`, [classes]),
  ];
}

/** Writes safetensors, 64 rows at a time: length of the header, header padded with spaces to eights, data. */
export function writeSafetensors(path: string, tensors: NamedTensors): void {
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const [name, shape] of tensors) {
    const end = offset + 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(header);
  const head = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  head.writeBigUInt64LE(BigInt(head.length - 8));
  head.write(text, 8);
  const file = openSync(path, 'w');
  writeSync(file, head);
  for (const [, [rows], weight] of tensors) {
    for (let from = 0; from < rows!; from += piece)
      writeSync(file, weight.data(from, Math.min(rows!, from + piece)));
  }
  closeSync(file);
}
