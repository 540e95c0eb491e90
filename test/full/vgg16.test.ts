import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import h5wasm, { type Dataset, type Group } from 'h5wasm/node';
import type { Preprocessing } from '../../src/image/preprocessing.ts';
import type { Encoding } from '../../src/network/dense/encoding.ts';
import type { Manifest } from '../../src/network/manifest.ts';
import { ImageSearch } from '../../src/node.ts';
import type { Vgg16 } from '../peers/tfjs-vgg16.mjs';
import { likeness, likenessMeasured, root } from '../support/cli.ts';
import { cosine } from '../support/compare.ts';
import { type FullReference, fullModels, fullReference } from '../support/full-models.ts';
import { framed, kerasReference, photograph } from '../support/keras-reference.ts';
import { fullSize } from '../support/seeded-vgg16.ts';
import { namedTensors, writeKeras, writeSafetensors, writeZoo } from '../support/weight-files.ts';

/** The files that people have, here with seeded weights; sizes in bytes of those whose size their publishers tell. */
const sources = {
  keras: {
    file: 'vgg16_weights_tf_dim_ordering_tf_kernels.h5',
    published: 553_467_096,
    licence: /Creative\s+Commons/,
  },
  torchvision: { file: 'model.safetensors', published: undefined, licence: /BSD/ },
  'onnx-zoo': { file: 'vgg16-12.onnx', published: 553_437_752, licence: /Apache/ },
};
/** Of VGG16's 138,357,544 weights as float32. */
const weightBytes = 553_430_176;
type Source = keyof typeof sources;

const weights = { shape: fullSize, seed: 1, classes: 1000 };
const photographs = ['A001', 'B005', 'C010', 'H001'];
const folder = join(root, 'build/full');
const pathOf = (source: Source): string => join(folder, sources[source].file);

let tfjs: Vgg16;
/** TensorFlow.js' features of the photographs, by the preprocessing that a source wants. */
const wanted = new Map<'caffe' | 'torch', Float32Array[]>();

async function reference(mode: 'caffe' | 'torch', preprocessing: Preprocessing): Promise<Float32Array[]> {
  const known = wanted.get(mode);
  if (known) return known;
  const features: Float32Array[] = [];
  for (const id of photographs) features.push(await tfjs.extract(await framed(id, preprocessing), mode));
  wanted.set(mode, features);
  return features;
}

before(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(root, fullModels), { recursive: true });
  await writeKeras(pathOf('keras'), weights);
  writeSafetensors(pathOf('torchvision'), namedTensors(weights, 'timm'));
  writeZoo(pathOf('onnx-zoo'), weights);
  tfjs = await kerasReference(pathOf('keras'), fullSize);
});
after(() => {
  tfjs.dispose();
  // 1.7 GB that nothing reads any more; the models stay for Chromium.
  for (const source of Object.keys(sources) as Source[]) rmSync(pathOf(source), { force: true });
});

test('the files are built as the published ones', async () => {
  for (const [source, { published = weightBytes }] of Object.entries(sources)) {
    const { size } = statSync(pathOf(source as Source));
    console.log(
      `# ${source}: ${size} bytes, ${size - published} more than the published file or its weights`,
    );
    // What writers differ in: names, attributes, alignment.
    assert.ok(size > weightBytes && Math.abs(size - published) < 10_000, source);
  }
  await h5wasm.ready;
  const file = new h5wasm.File(pathOf('keras'), 'r');
  const names = file.attrs.layer_names!.value as string[];
  assert.equal(names.length, 23);
  assert.deepEqual([...names].sort(), file.keys().sort());
  assert.deepEqual(names.slice(0, 4), ['input_1', 'block1_conv1', 'block1_conv2', 'block1_pool']);
  assert.deepEqual(names.slice(-4), ['flatten', 'fc1', 'fc2', 'predictions']);
  const stored = (name: string): unknown => {
    const { shape, dtype } = file.get(name) as Dataset;
    return { shape, dtype };
  };
  for (const name of names) {
    const group = file.get(name) as Group;
    assert.deepEqual(group.attrs.weight_names!.value, group.keys().sort(), name);
  }
  assert.deepEqual(stored('block1_conv1/block1_conv1_W_1:0'), { shape: [3, 3, 3, 64], dtype: '<f' });
  assert.deepEqual(stored('fc1/fc1_W_1:0'), { shape: [25088, 4096], dtype: '<f' });
  assert.deepEqual(stored('predictions/predictions_b_1:0'), { shape: [1000], dtype: '<f' });
  file.close();
});

const built: [Source, Encoding, string][] = [
  ['keras', 'f32', 'keras-f32'],
  ['keras', 'q8', 'keras-q8'],
  ['torchvision', 'f32', 'torchvision-f32'],
  ['onnx-zoo', 'f32', 'onnx-zoo-f32'],
];
/** Our features in Node, by folder. */
const ours = new Map<string, Float32Array[]>();

for (const [source, variant, name] of built) {
  test(`VGG16 as ${variant} from ${sources[source].file}: built in less than 1 GB, verified, equal to TensorFlow.js`, async () => {
    const model = join(root, fullModels, name);
    const from = pathOf(source);
    const start = performance.now();
    const build = await likenessMeasured(
      'model',
      'build',
      'vgg16',
      '--from',
      from,
      '--variant',
      variant,
      '-o',
      model,
    );
    assert.equal(build.code, 0, build.stderr);
    const seconds = (performance.now() - start) / 1000;
    console.log(
      `# ${name}: built in ${seconds.toFixed(0)} s, peak memory ${build.peakMegabytes.toFixed(0)} MB`,
    );
    assert.ok(build.peakMegabytes < 1000, `peak memory ${build.peakMegabytes} MB`);

    const manifest: Manifest = JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8'));
    assert.match(manifest.fingerprint, new RegExp(`^vgg16-${source}-${variant}@`));
    assert.ok(manifest.shards.every(({ byteLength }) => byteLength <= 64 * 2 ** 20));
    assert.match(await readFile(join(model, 'LICENCE.md'), 'utf8'), sources[source].licence);
    const verified = await likeness('model', 'verify', model);
    assert.equal(verified.code, 0, verified.stderr);
    assert.match(verified.stdout, /the known answer is right/);

    await using search = await ImageSearch.open({ model, parity: 'keras' });
    const features: Float32Array[] = [];
    for (const id of photographs) features.push(await search.extract(photograph(id)));
    ours.set(name, features);
    const right = await reference(source === 'keras' ? 'caffe' : 'torch', manifest.preprocessing);
    const cosines = features.map((vector, i) => cosine(vector, right[i]!));
    console.log(
      `# ${name}: cosines with TensorFlow.js ${cosines.map((value) => value.toFixed(9)).join(', ')}`,
    );
    assert.ok(Math.min(...cosines) >= (variant === 'f32' ? 0.999999 : 0.9999), cosines.join(', '));
  });
}

test('the three sources are three models', async () => {
  const listed = await likeness('model', 'list', join(root, fullModels), '--json');
  const fingerprints: string[] = JSON.parse(listed.stdout).map(
    (row: { fingerprint: string }) => row.fingerprint,
  );
  assert.equal(fingerprints.length, built.length);
  assert.equal(new Set(fingerprints).size, built.length);
});

test('what Chromium is compared with is left for it', async () => {
  const values = (features: Float32Array[] | undefined): number[] => Array.from(features![0]!);
  const left: FullReference = {
    photograph: photographs[0]!,
    features: {
      tfjs: values(wanted.get('caffe')),
      'keras-f32': values(ours.get('keras-f32')),
      'keras-q8': values(ours.get('keras-q8')),
    },
  };
  await writeFile(join(root, fullReference), JSON.stringify(left));
});
