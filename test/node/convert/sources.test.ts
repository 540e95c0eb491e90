import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import type { onnx } from 'onnx-proto';
import { LikenessError } from '../../../src/base/errors.ts';
import { bytesFile } from '../../../src/base/random-access.ts';
import { vgg16InOnnx } from '../../../src/convert/sources/onnx-zoo.node.ts';
import { openVgg16Weights, type SourceKind } from '../../../src/convert/sources/open.node.ts';
import type { Vgg16Shape, Weight } from '../../../src/convert/vgg16-weights.ts';
import { withFolder } from '../../support/cli.ts';
import { type MadeWeight, seededWeights } from '../../support/seeded-vgg16.ts';
import {
  encodeModel,
  encodeModelAsPython,
  type LayerConfig,
  namedTensors,
  vgg16Config,
  withFloatData,
  writeKeras,
  writeKeras3,
  writeSafetensors,
  writeZoo,
  zooModel,
} from '../../support/weight-files.ts';

// The flatten has 3×3 places, and no width is that of another block: an axis in the wrong place shows.
const shape: Vgg16Shape = { widths: [4, 6, 7, 9, 10], inputSize: 96, fc1: 11 };
const file = { shape, seed: 5 };
const seeded = seededWeights(shape, file.seed);

const whole = async (weight: Weight): Promise<number[]> => Array.from(await weight.data(0, weight.shape[0]!));

/** Names of the weights whose values are not those of `wanted`, read whole and in pieces of rows. */
async function differing(weights: ReadonlyMap<string, Weight>, wanted = seeded): Promise<string[]> {
  assert.deepEqual([...weights.keys()], [...wanted.keys()]);
  const differ: string[] = [];
  for (const [name, expected] of wanted) {
    const weight = weights.get(name)!;
    const rows = expected.shape[0]!;
    assert.equal(weight.name, name);
    assert.equal(weight.dataType, 'float32');
    assert.deepEqual(weight.shape, expected.shape);
    const starts = [0, 1, Math.floor(rows / 2), rows - 1];
    const pieces: number[] = [];
    for (const [i, from] of starts.entries()) {
      for (const byte of await weight.data(from, starts[i + 1] ?? rows)) pieces.push(byte);
    }
    const values = await whole(expected);
    const same = (other: number[]): boolean =>
      other.length === values.length && other.every((byte, i) => byte === values[i]);
    if (!same(await whole(weight)) || !same(pieces)) differ.push(name);
  }
  return differ;
}

async function opened(path: string): Promise<{ kind: SourceKind; differs: string[] }> {
  const { kind, weights, close } = await openVgg16Weights(path);
  try {
    return { kind, differs: await differing(weights) };
  } finally {
    close();
  }
}

const refused = (path: string, message: RegExp): Promise<void> =>
  assert.rejects(openVgg16Weights(path), (error: LikenessError) => {
    assert.equal(error.code, 'bad-file', error.stack);
    assert.match(error.message, message);
    assert.ok(error.message.startsWith(`${path}: `), error.message);
    return true;
  });

test("Keras' file: every value, in each of its layouts", () =>
  withFolder(async (folder) => {
    const path = join(folder, 'vgg16.h5');
    await writeKeras(path, file);
    assert.deepEqual(await opened(path), { kind: 'keras', differs: [] });
    const later = (layer: string): [string, string] => [`${layer}/kernel:0`, `${layer}/bias:0`];
    await writeKeras(path, { ...file, names: later });
    assert.deepEqual(await opened(path), { kind: 'keras', differs: [] });
    await writeKeras(path, { ...file, names: later, root: 'model_weights' });
    assert.deepEqual(await opened(path), { kind: 'keras', differs: [] });
    // A flatten in the other order is noticed, and only in fc1.
    await writeKeras(path, { ...file, flatten: 'chw' });
    assert.deepEqual((await opened(path)).differs, ['fc1.weight']);
  }));

test('a wide fc1 of Keras is read in several pieces', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'wide.h5');
    const wide = { shape: { widths: [4, 4, 4, 4, 30], inputSize: 224, fc1: 700 }, seed: 9 };
    await writeKeras(path, wide); // 1470 × 700 float32 are 4 MB
    const { weights, close } = await openVgg16Weights(path);
    assert.deepEqual(await differing(weights, seededWeights(wide.shape, wide.seed)), []);
    await close();
    await close();
    assert.throws(() => weights.get('fc1.bias')!.data(0, 1), { code: 'closed' });
  }));

test("Keras' file: what is missing or wrong is named", () =>
  withFolder(async (folder) => {
    const path = join(folder, 'vgg16.h5');
    await writeKeras(path, { ...file, top: false });
    await refused(path, /lacks fc1.*without the top layers.*vgg16_weights_tf_dim_ordering_tf_kernels\.h5/);
    const zeros = (...sides: number[]): { data: Float32Array; shape: number[] } => ({
      data: new Float32Array(sides.reduce((a, b) => a * b, 1)),
      shape: sides,
    });
    const wrong: [string, Parameters<typeof writeKeras>[1]['replace'] & object, RegExp][] = [
      ['block3_conv2_b_1:0', { 'block3_conv2_b_1:0': null }, /lacks the bias of "\/block3_conv2"/],
      [
        'float64',
        { 'fc1_b_1:0': { data: new Float64Array(11), shape: [11] } },
        /"\/fc1\/fc1_b_1:0" holds "<d"; wanted float32/,
      ],
      ['axes', { 'block1_conv2_W_1:0': zeros(9, 4, 4) }, /block1_conv2_W_1:0" has the shape 9×4×4; wanted 4/],
      [
        '5×5',
        { 'block1_conv2_W_1:0': zeros(5, 5, 4, 4) },
        /block1_conv2_W_1:0" has the shape 5×5×4×4.*4×4×3×3/,
      ],
      ['inputs', { 'block2_conv1_W_1:0': zeros(3, 3, 5, 6) }, /block2_conv1_W_1:0" .*3×3×5×6.*6×4×3×3/],
      ['no outputs', { 'block2_conv1_W_1:0': zeros(3, 3, 4, 0) }, /block2_conv1_W_1:0" .*3×3×4×0/],
      ['no square', { 'fc1_W_1:0': zeros(80, 11) }, /fc1_W_1:0" \(80×11\).*10 channels of a square/],
      ['bias', { 'fc1_b_1:0': zeros(12) }, /fc1_b_1:0" has the shape 12/],
      [
        'NaN',
        { 'fc1_b_1:0': { ...zeros(11), data: new Float32Array(11).fill(Number.NaN) } },
        /fc1_b_1:0" holds NaN/,
      ],
    ];
    for (const [, replace, message] of wrong) {
      await writeKeras(path, { ...file, replace });
      await refused(path, message);
    }
    writeFileSync(path, readFileSync(path).subarray(0, 20_000));
    await refused(path, /has 20000 bytes of \d+: it was not downloaded to its end/);
  }));

/** Kernel and bias of a layer that VGG16 has not. */
const layerOf = (path: string, kernel: number[]): Record<string, number[]> => ({
  [`${path}/kernel:0`]: kernel,
  [`${path}/bias:0`]: [kernel.at(-1)!],
});

const later = (layer: string): [string, string] => [`${layer}/kernel:0`, `${layer}/bias:0`];

test('layers of VGG16 are found in nested models, whatever lies beside them for training', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'nested.h5');
    const beside = {
      'optimizer_weights/Adam/block1_conv1/kernel/m:0': [3],
      'optimizer_weights/Adam/block9_conv9/kernel:0': [3],
    };
    for (const root of ['model_weights/vgg16', 'elsewhere', 'model_weights/model/vgg16']) {
      for (const names of [
        undefined,
        later,
        (layer: string): [string, string] => [`${layer}/kernel`, `${layer}/bias`],
      ]) {
        await writeKeras(path, { ...file, root, more: beside, ...(names && { names }) });
        assert.deepEqual(await opened(path), { kind: 'keras', differs: [] }, root);
      }
    }
  }));

test('a Keras file with layers of another network is refused, and they are named', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'other.h5');
    const vgg19 = {
      ...layerOf('block3_conv4/block3_conv4', [3, 3, 7, 7]),
      ...layerOf('block4_conv4/block4_conv4', [3, 3, 9, 9]),
      ...layerOf('block5_conv4/block5_conv4', [3, 3, 10, 10]),
    };
    const cases: [Record<string, number[]>, RegExp][] = [
      [vgg19, /layers that VGG16 has not: block3_conv4, block4_conv4, block5_conv4\. Wanted/],
      [layerOf('model_weights/inner/deep/block5_conv4', [3, 3, 10, 10]), /has not: block5_conv4/],
      [layerOf('dense_1/dense_1', [11, 4]), /has not: dense_1/],
      [
        { 'block1_bn/block1_bn/gamma:0': [4], 'block1_bn/block1_bn/moving_mean:0': [4] },
        /has not: block1_bn/,
      ],
      [{ 'block1_conv1/block1_conv1/gamma:0': [4] }, /"\/block1_conv1\/block1_conv1\/gamma:0" is no weight/],
      [layerOf('second/block1_conv1', [3, 3, 3, 4]), /holds block1_conv1 twice.*"\/second\/block1_conv1"/],
    ];
    for (const [more, message] of cases) {
      await writeKeras(path, { ...file, names: later, more });
      await refused(path, message);
    }
    await writeKeras(path, { ...file, top: false, names: later, more: layerOf('dense/dense', [90, 11]) });
    await refused(path, /has not: dense; and it lacks fc1.*"notop"/);
    const gone = { 'block4_conv3/kernel:0': null, 'block4_conv3/bias:0': null };
    await writeKeras(path, { ...file, names: later, replace: gone });
    await refused(path, /lacks block4_conv3\. Wanted/);
    await writeKeras(path, { ...file, root: 'optimizer_weights' });
    await refused(path, /holds no layers of VGG16 \(looked for "block1_conv1"\); it holds nothing/);
  }));

test('a configuration that is not VGG16’s is refused: weights do not show it', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'whole.h5');
    const write = (change: (layers: LayerConfig[]) => void): Promise<void> => {
      const config = vgg16Config();
      change(config.config.layers);
      return writeKeras(path, { ...file, names: later, root: 'model_weights', config });
    };
    const find = (layers: LayerConfig[], name: string): LayerConfig =>
      layers.find(({ config }) => config.name === name)!;
    await write(() => {});
    assert.deepEqual(await opened(path), { kind: 'keras', differs: [] });
    const cases: [(layers: LayerConfig[]) => void, RegExp][] = [
      [
        (all) => Object.assign(find(all, 'block2_conv1').config, { activation: 'elu' }),
        /"block2_conv1" has activation "elu"/,
      ],
      [
        (all) => Object.assign(find(all, 'fc1').config, { activation: 'tanh' }),
        /"fc1" has activation "tanh"/,
      ],
      [
        (all) => Object.assign(find(all, 'block3_pool').config, { strides: [1, 1] }),
        /"block3_pool" has strides \[1,1\]/,
      ],
      [
        (all) => Object.assign(find(all, 'block3_pool'), { class_name: 'AveragePooling2D' }),
        /"block3_pool" \(AveragePooling2D\)/,
      ],
      [
        (all) => void all.splice(1, 0, { class_name: 'Rescaling', config: { name: 'scale' } }),
        /"scale" \(Rescaling\)/,
      ],
      [(all) => void all.splice(all.indexOf(find(all, 'block5_pool')), 1), /has 4 MaxPooling2D/],
    ];
    for (const [change, message] of cases) {
      await write(change);
      await refused(path, message);
    }
  }));

test('Keras 3: .weights.h5 and .keras, with names and by order', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'vgg16.weights.h5');
    const archive = join(folder, 'vgg16.keras');
    const optimizer = { 'optimizer/vars/0': [1], 'layers/dropout/seed_generator/vars/0': [2] };
    for (const options of [
      { groups: 'name' },
      { groups: 'class', named: true },
      { groups: 'class' },
    ] as const) {
      await writeKeras3(path, { ...file, ...options, more: optimizer });
      assert.deepEqual(await opened(path), { kind: 'keras', differs: [] }, JSON.stringify(options));
      for (const [config, level] of [
        ['{}', 0],
        [JSON.stringify(vgg16Config()), 6],
      ] as const) {
        const entries = {
          'metadata.json': strToU8('{"keras_version":"3.3.3"}'),
          'config.json': strToU8(config),
          'model.weights.h5': new Uint8Array(readFileSync(path)),
        };
        writeFileSync(archive, zipSync(entries, { level }));
        assert.deepEqual(await opened(archive), { kind: 'keras', differs: [] });
      }
    }
    assert.deepEqual(
      readdirSync(tmpdir()).filter((name) => name.startsWith('likeness-keras-')),
      [],
    );
    // Of one dense layer it cannot be told whether it is fc1.
    await writeKeras3(path, { ...file, groups: 'class', dense: 1 });
    await refused(
      path,
      /\.weights\.h5 of Keras 3.*13 conv2d.*1 dense.*model\.load_weights\(.*model\.save\("vgg16\.h5"\)/,
    );
    const entries = {
      'config.json': strToU8(JSON.stringify(vgg16Config())),
      'model.weights.h5': new Uint8Array(readFileSync(path)),
    };
    writeFileSync(archive, zipSync(entries));
    assert.deepEqual(
      await opened(archive),
      { kind: 'keras', differs: [] },
      'the configuration says the names',
    );
    writeFileSync(archive, readFileSync(archive).subarray(0, 9000));
    await refused(archive, /zip archive is truncated/);

    const more = { 'layers/conv2d_13/vars/0': [3, 3, 10, 10], 'layers/conv2d_13/vars/1': [10] };
    await writeKeras3(path, { ...file, groups: 'class', more });
    await refused(path, /14 conv2d/);
    const named = { 'layers/block5_conv4/vars/0': [3, 3, 10, 10], 'layers/block5_conv4/vars/1': [10] };
    await writeKeras3(path, { ...file, groups: 'name', more: named });
    await refused(path, /has not: block5_conv4/);
    await writeKeras3(path, { ...file, groups: 'class', more: { 'layers/batch_normalization/vars/0': [4] } });
    await refused(path, /batch_normalization/);
  }));

test("the ONNX Model Zoo's file: every value, however its writer encodes lists", () =>
  withFolder(async (folder) => {
    const path = join(folder, 'vgg16-7.onnx');
    writeZoo(path, file);
    assert.deepEqual(await opened(path), { kind: 'onnx-zoo', differs: [] });
    for (const bytes of [
      encodeModelAsPython(zooModel(file)),
      encodeModel(withFloatData(zooModel(file))),
      encodeModelAsPython(withFloatData(zooModel(file))),
    ]) {
      writeFileSync(path, bytes);
      assert.deepEqual(await opened(path), { kind: 'onnx-zoo', differs: [] });
    }
    // Columns of fc1 in another order are noticed.
    const model = zooModel(file);
    const fc1 = model.graph!.initializer!.find(({ name }) => name === 'vgg0_dense0_weight')!;
    const values = new Float32Array(fc1.rawData!.slice().buffer);
    const swapped = values.map((_, i) => {
      const [row, column] = [Math.floor(i / 90), i % 90];
      return values[row * 90 + (column % 10) * 9 + Math.floor(column / 10)]!;
    });
    fc1.rawData = new Uint8Array(swapped.buffer);
    writeFileSync(path, encodeModel(model));
    assert.deepEqual((await opened(path)).differs, ['fc1.weight']);
  }));

test('the graph decides, not names or the order of the weights', async () => {
  const model = zooModel(file);
  const { graph } = model;
  const renamed = (name: string): string =>
    `t${[...name].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 1e9, 7)}`;
  for (const node of graph!.node!) {
    node.name = '';
    node.input = node.input!.map(renamed);
    node.output = node.output!.map(renamed);
  }
  for (const named of [...graph!.initializer!, ...graph!.input!]) named.name = renamed(named.name!);
  graph!.initializer!.reverse();
  graph!.input!.reverse();
  const found = await vgg16InOnnx(bytesFile(encodeModel(model)));
  for (const [name, weight] of seeded)
    assert.deepEqual(await whole(found.get(name)!.weight), await whole(weight), name);
});

test('another ONNX graph is refused with the node that differs', async () => {
  const graphOf = (
    model: onnx.IModelProto,
  ): { node: (name: string) => onnx.INodeProto; graph: onnx.IGraphProto } => ({
    node: (name) => model.graph!.node!.find((node) => node.name === name)!,
    graph: model.graph!,
  });
  const attribute = (node: onnx.INodeProto, wanted: string): onnx.IAttributeProto =>
    node.attribute!.find(({ name }) => name === wanted)!;
  const cases: [(model: onnx.IModelProto) => void, RegExp][] = [
    [
      (m) => {
        attribute(graphOf(m).node('vgg0_conv3_fwd'), 'pads').ints = [0, 0, 0, 0];
      },
      /"vgg0_conv3_fwd" \(Conv\) has pads 0, 0, 0, 0/,
    ],
    [
      (m) => {
        graphOf(m).node('vgg0_conv3_fwd').attribute = [];
      },
      /"vgg0_conv3_fwd" \(Conv\) has pads/,
    ],
    [
      (m) => {
        attribute(graphOf(m).node('vgg0_conv3_fwd'), 'strides').ints = [2, 2];
      },
      /strides 2, 2/,
    ],
    [
      (m) => {
        attribute(graphOf(m).node('vgg0_pool2_fwd'), 'kernel_shape').ints = [3, 3];
      },
      /"vgg0_pool2_fwd" \(MaxPool\) has kernel_shape 3, 3/,
    ],
    [
      (m) => {
        attribute(graphOf(m).node('vgg0_dense0_fwd'), 'transB').i = 0;
      },
      /"vgg0_dense0_fwd" \(Gemm\) has transB 0; wanted 1/,
    ],
    [
      (m) => {
        attribute(graphOf(m).node('vgg0_dense0_fwd'), 'alpha').f = 0.5;
      },
      /alpha 0\.5/,
    ],
    [
      (m) => {
        graphOf(m).node('vgg0_dense0_relu_fwd').opType = 'Sigmoid';
      },
      /"vgg0_dense0_relu_fwd" is Sigmoid where VGG16 has Relu/,
    ],
    [
      (m) => {
        graphOf(m).node('vgg0_relu4_fwd').opType = 'BatchNormalization';
      },
      /"vgg0_relu4_fwd" is BatchNormalization/,
    ],
    [
      (m) => {
        graphOf(m).node('vgg0_conv0_fwd').opType = 'QLinearConv';
      },
      /"vgg0_conv0_fwd" is QLinearConv.*not its int8/,
    ],
    [
      (m) => {
        graphOf(m).node('vgg0_conv0_fwd').input!.pop();
      },
      /"vgg0_conv0_fwd" \(Conv\) has no bias/,
    ],
    [
      (m) => {
        graphOf(m).graph.node!.splice(9);
      },
      /goes into 0 operators/,
    ],
    [
      (m) => {
        graphOf(m).graph.input!.push({ name: 'more' });
      },
      /has 2 inputs/,
    ],
    [
      (m) => {
        graphOf(m).graph.initializer![4]!.dataType = 10;
      },
      /"vgg0_conv2_weight" has ONNX's data type 10/,
    ],
    [
      (m) => {
        graphOf(m).graph.initializer![4]!.dataLocation = 1;
      },
      /"vgg0_conv2_weight" is in a file beside/,
    ],
    [
      (m) => {
        graphOf(m).graph.initializer![4]!.dims = [6, 4, 3, 4];
      },
      /"vgg0_conv2_weight" has 864 bytes.*6×4×3×4 needs 1152/,
    ],
    [
      (m) => {
        delete m.graph;
      },
      /holds no graph/,
    ],
    [
      (m) => {
        graphOf(m).node('vgg0_dense1_fwd').opType = 'Conv';
      },
      /"vgg0_dense1_fwd" \(Conv\) follows fc1/,
    ],
    [
      (m) => {
        graphOf(m).graph.node!.push({ opType: 'Conv', name: 'aside', input: ['other'], output: ['o'] });
      },
      /"aside" \(Conv\) follows fc1 or lies beside/,
    ],
    [
      (m) => {
        graphOf(m).graph.node!.push({ opType: 'Gemm', name: 'fourth', input: ['other'], output: ['o'] });
      },
      /3 dense layers follow fc1/,
    ],
  ];
  for (const [change, message] of cases) {
    const model = zooModel(file);
    change(model);
    await assert.rejects(vgg16InOnnx(bytesFile(encodeModel(model))), { code: 'bad-file', message });
  }
});

test('an ONNX file cut or damaged anywhere is an error, never a crash', async () => {
  const bytes = encodeModelAsPython(zooModel(file));
  for (let length = 0; length < bytes.length - 16; length += 61) {
    const cut = bytesFile(bytes.subarray(0, length));
    await assert.rejects(vgg16InOnnx(cut), { code: 'bad-file' }, `${length} bytes`);
  }
  let random = 1;
  for (let i = 0; i < 500; i++) {
    random = Math.imul(random, 1664525) + 1013904223;
    const damaged = bytes.slice();
    // The first bytes are nodes, where a change matters most.
    damaged[(random >>> 8) % 4000] = random >>> 24;
    try {
      await vgg16InOnnx(bytesFile(damaged));
    } catch (error) {
      assert.ok(error instanceof LikenessError && error.code === 'bad-file', (error as Error).stack);
    }
  }
});

test('the writer of safetensors writes what the format says', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'a.safetensors');
    const weight: MadeWeight = {
      name: '',
      dataType: 'float32',
      shape: [2],
      data: (from, to) => new Uint8Array([0, 0, 128, 63, 0, 0, 0, 64].slice(from * 4, to * 4)),
    };
    writeSafetensors(path, [['ab', [2], weight]]);
    const header = '{"__metadata__":{"format":"pt"},"ab":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    assert.equal(header.length, 86);
    assert.deepEqual(
      readFileSync(path),
      Buffer.concat([
        Buffer.from([88, 0, 0, 0, 0, 0, 0, 0]),
        Buffer.from(`${header}  `),
        Buffer.from([0, 0, 128, 63, 0, 0, 0, 64]),
      ]),
    );
  }));

test('safetensors: every value under the names of torchvision, timm and this project', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'model.safetensors');
    for (const names of ['torchvision', 'timm', 'canonical'] as const) {
      const head = seeded.get('fc1.bias')!;
      writeSafetensors(path, [...namedTensors(file, names).reverse(), ['head.fc.bias', [11], head]]);
      const kind = names === 'canonical' ? 'canonical' : 'torchvision';
      assert.deepEqual(await opened(path), { kind, differs: [] }, names);
    }
  }));

test('safetensors of another network are refused', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'model.safetensors');
    const tensors = namedTensors(file, 'torchvision');
    const nan: MadeWeight = {
      ...seeded.get('fc1.weight')!,
      data: (from, to) => new Uint8Array(new Float32Array((to - from) * 90).fill(Number.NaN).buffer),
    };
    const write = (change: (all: typeof tensors) => typeof tensors): void =>
      writeSafetensors(path, change(tensors));
    write((all) =>
      all.map(([name, sizes, weight]) => [name, sizes, name === 'classifier.0.weight' ? nan : weight]),
    );
    await refused(path, /"classifier\.0\.weight" holds NaN.*IMAGENET1K_FEATURES/);
    write((all) => all.filter(([name]) => !name.startsWith('classifier')));
    await refused(path, /lacks fc1 \("classifier\.0"\).*"notop"/);
    write((all) => all.filter(([name]) => name !== 'features.12.bias'));
    await refused(path, /lacks "features\.12\.bias"/);
    write((all) => [...all, ['features.30.weight', [10, 10, 3, 3], seeded.get('block5_conv3.weight')!]]);
    await refused(path, /another network: it holds layers that VGG16 has not: features\.30\./);
    // Batch normalisation, with a count that is no float.
    const norm = (place: number): typeof tensors =>
      ['weight', 'bias', 'running_mean', 'running_var'].map((part) => [
        `features.${place}.${part}`,
        [11],
        seeded.get('fc1.bias')!,
      ]);
    write((all) => [...norm(1), ...norm(4), ...all]);
    await refused(path, /has not: features\.1, features\.1\.running_mean, /);
    write((all) => [...all, ...norm(99)]);
    await refused(path, /has not: features\.99, /);
    write(() => norm(1).map(([name, ...rest]) => [name.replace('features', 'layer1'), ...rest]));
    await refused(path, /holds no layers of VGG16.*it holds layer1\.1, layer1\.1\.running_mean/);
    write((all) => [...all, ['features.0.weight_mask', [11], seeded.get('fc1.bias')!]]);
    await refused(path, /has not: features\.0\.weight_mask/);
    write((all) =>
      all.map(([name, sizes, weight]) => [name, name === 'features.2.weight' ? [4, 36] : sizes, weight]),
    );
    await refused(path, /"features\.2\.weight" has the shape 4×36; that is not a 3×3 convolution/);
    writeFileSync(path, readFileSync(path).subarray(0, 5000));
    await refused(path, /This safetensors file/);
  }));

test('what people have instead of the file is told', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'weights');
    const cases: [string | Uint8Array, RegExp][] = [
      ['', /is empty/],
      ['PK\x03\x04rest', /zip archive is truncated/],
      [`PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`, /PyTorch.*\.pth.*timm\/vgg16\.tv_in1k/],
      [zipSync({ 'archive/data.pkl': new Uint8Array(9), 'archive/data/0': new Uint8Array(4) }), /PyTorch/],
      [zipSync({ 'a.npy': new Uint8Array(9) }), /\.npz of NumPy.*it holds a\.npy/],
      [
        zipSync({ 'vgg16.h5': new Uint8Array(9) }),
        /zip archive, and no \.keras file: it holds vgg16\.h5.*Unpack/,
      ],
      [new Uint8Array([0x80, 2, 0x8a, 10, 0x6c, 0xfc]), /PyTorch.*\.pth.*weights_only=True/],
      [new Uint8Array([0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33]), /TensorFlow Lite/],
      ['\u0093NUMPY', /no file of weights/],
      [new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]), /NumPy array/],
      [new Uint8Array([0x1f, 0x8b, 8, 0]), /gzip archive; unpack/],
      [new Uint8Array([0, 5, 0x16, 7, 0, 2, 0, 0]), /macOS keeps beside a file/],
      [
        '{"format":"layers-model","modelTopology":{}}',
        /model\.json of TensorFlow\.js.*tensorflowjs_converter/,
      ],
      ['\ufeff<!DOCTYPE html>', /web page/],
      [new Uint8Array(100), /begins with zeros/],
      [
        'version https://git-lfs.github.com/spec/v1\noid sha256:f208\nsize 553437328\n',
        /Git LFS pointer to a file of 553437328 bytes.*git lfs pull/,
      ],
      ['\n<!DOCTYPE html>\n<html>', /web page/],
      ['<html>', /web page/],
      ['{"error":"not found"}', /JSON, no file of weights/],
      [new Uint8Array(4), /no file of weights/],
      [new Uint8Array([8, 3, 255, 255]), /Protocol Buffers/],
      [new Uint8Array([8, 3]), /holds no graph/],
    ];
    for (const [content, message] of cases) {
      writeFileSync(path, content);
      await refused(path, message);
    }
    await assert.rejects(openVgg16Weights(join(folder, 'none')), { code: 'not-found' });
  }));

test('what people have instead of a file is told', () =>
  withFolder(async (folder) => {
    const cases: [string[], RegExp][] = [
      [[], /is a folder; wanted a file/],
      [
        ['saved_model.pb', 'keras_metadata.pb'],
        /SavedModel of TensorFlow.*load_model\(".*"\)\.save\("vgg16\.h5"\)/,
      ],
      [
        ['group1-shard1of2.bin', 'model.json'],
        /TensorFlow\.js.*tensorflowjs_converter .*model\.json vgg16\.h5/,
      ],
      [['manifest.json', 'model.onnx'], /model that is built already/],
      [
        ['._model.safetensors', 'config.json', 'model.safetensors'],
        /give the file in it: .*[/\\]model\.safetensors\./,
      ],
    ];
    for (const [i, [names, message]] of cases.entries()) {
      const path = join(folder, String(i));
      mkdirSync(path);
      for (const name of names) writeFileSync(join(path, name), 'x');
      await assert.rejects(openVgg16Weights(path), { code: 'bad-argument', message });
    }
    // Opened as a file, a pipe would be waited for.
    const pipe = join(folder, 'pipe.h5');
    execFileSync('mkfifo', [pipe]);
    await assert.rejects(openVgg16Weights(pipe), { code: 'bad-argument', message: /is a pipe or a device/ });
    await assert.rejects(openVgg16Weights('/dev/zero'), {
      code: 'bad-argument',
      message: /is a pipe or a device/,
    });
    // Files of a terabyte that hold nothing.
    for (const head of [
      new Uint8Array(8),
      new Uint8Array([8, 3]),
      readFileSync('models/vgg16-compact/model.onnx'),
    ]) {
      const sparse = join(folder, 'sparse');
      writeFileSync(sparse, head);
      truncateSync(sparse, 2 ** 40);
      await assert.rejects(openVgg16Weights(sparse), { code: 'bad-file' });
    }
  }));
