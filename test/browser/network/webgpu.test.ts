import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gpuBuild } from '../../../src/assets/gpu-build.ts';
import type { Vgg16Shape } from '../../../src/convert/vgg16-weights.ts';
import { createStorageBuffer, readBuffer } from '../../../src/gpu/buffer.ts';
import { openDevice } from '../../../src/gpu/device.ts';
import { createGpuDense } from '../../../src/network/dense/dense.webgpu.ts';
import { encodings } from '../../../src/network/dense/encoding.ts';
import { createGpuExtractor } from '../../../src/network/extractor.webgpu.ts';
import type { Runtime } from '../../../src/network/ort.ts';
import { loadRuntime } from '../../../src/network/runtime.browser.ts';
import { largestDifference } from '../../support/compare.ts';
import {
  denseCases,
  denseError,
  denseProblem,
  denseTolerance,
  unevenCases,
} from '../../support/dense-cases.ts';
import { full } from '../../support/full.ts';
import { extractorOnCpu, noCpu } from '../../support/on-cpu.ts';
import { builtAssets } from '../../support/runtime.ts';
import { modelInMemory, pictures, seededWeights, wantedFeatures } from '../../support/seeded-vgg16.ts';

/** Nothing of this file runs without. */
export const needs = 'webgpu';

const shape: Vgg16Shape = { widths: [4, 6, 8, 8, 8], inputSize: 64, fc1: 21 };
const weights = seededWeights(shape, 5);
let runtime: Runtime;
let device: GPUDevice;

before(async () => {
  runtime = await loadRuntime(gpuBuild(), builtAssets());
  device = (await openDevice()).device;
});
after(() => device.destroy());

for (const encoding of encodings) {
  test(`the ${encoding} kernel on WebGPU gives what float64 sums over the stored weights give`, async () => {
    const codes = encoding === 'q8' || encoding === 'q4';
    for (const given of codes ? denseCases : [...denseCases, ...unevenCases]) {
      const problem = denseProblem(given, encoding);
      const { n, inputs, outputs } = given;
      const dense = await createGpuDense(device, problem.layer);
      const x = createStorageBuffer(device, n * inputs * 4, 'x');
      const y = createStorageBuffer(device, n * outputs * 4, 'y');
      device.queue.writeBuffer(x, 0, problem.x as Float32Array<ArrayBuffer>);
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      dense.encode(pass, { buffer: x, size: n * inputs * 4 }, { buffer: y, size: n * outputs * 4 }, n);
      pass.end();
      device.queue.submit([encoder.finish()]);
      const error = denseError(new Float32Array(await readBuffer(device, y, n * outputs * 4)), problem);
      assert.ok(error < denseTolerance, `${given.name}: ${error}`);
      for (const buffer of [x, y]) buffer.destroy();
      dense.close();
    }
  });
}

// Each kernel is compared above; here the encodings share all but this one layer.
const wholeNetworks = full ? encodings : (['f32', 'q8'] as const);

test(`WebGPU computes what the float64 forward pass does, alone and in batches: ${wholeNetworks}`, async () => {
  for (const encoding of wholeNetworks) {
    const model = await modelInMemory(weights, encoding, encoding === 'f32' ? 2048 : undefined);
    const extractor = await createGpuExtractor(model, runtime, device, () => extractorOnCpu(model));
    for (const n of [1, 3, 8]) {
      const { block, each } = pictures(shape, n);
      const features = await extractor.extract(block, n);
      assert.equal(features.length, n * shape.fc1);
      for (const [i, picture] of each.entries()) {
        const difference = largestDifference(
          features.subarray(i * shape.fc1, (i + 1) * shape.fc1),
          await wantedFeatures(weights, encoding, picture),
        );
        assert.ok(difference < 1e-5, `${encoding}, picture ${i} of ${n}: ${difference}`);
      }
      // The device holds the same values.
      const buffer = await extractor.extractToBuffer(block, n);
      assert.deepEqual(new Float32Array(await readBuffer(device, buffer, features.byteLength)), features);
    }
    await assert.rejects(extractor.extract(pictures(shape, 9).block, 9), { code: 'bad-argument' });
    await extractor.close(); // the device stays ours: the next round runs on it
  }
});

test('features that are all zero stay zero', async () => {
  // Without biases a tensor of zeros stays one in every layer; the known question, which is none, has an answer.
  const noBias = (from: number, to: number): Uint8Array => new Uint8Array(4 * (to - from));
  const unbiased = new Map(
    [...weights].map(([name, weight]) => [
      name,
      name.endsWith('.bias') ? { ...weight, data: noBias } : weight,
    ]),
  );
  const extractor = await createGpuExtractor(await modelInMemory(unbiased), runtime, device, noCpu);
  const zeros = new Float32Array(pictures(shape, 2).block.length);
  assert.deepEqual(await extractor.extract(zeros, 2), new Float32Array(2 * shape.fc1));
  await extractor.close();
});

test('a lost device is an error that says so', async () => {
  const { device: doomed } = await openDevice();
  const extractor = await createGpuExtractor(await modelInMemory(weights), runtime, doomed, noCpu);
  doomed.destroy();
  await doomed.lost;
  await assert.rejects(extractor.extract(pictures(shape, 1).block, 1), {
    name: 'LikenessError',
    code: 'device-lost',
  });
});
