import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readBuffer } from '../../../src/gpu/buffer.ts';
import { openDevice } from '../../../src/gpu/device.ts';
import { createGpuExtractor } from '../../../src/model/extractor.webgpu.ts';
import { probeInput } from '../../../src/model/manifest.ts';
import { normaliseRows } from '../../../src/model/normalise.ts';
import type { Runtime } from '../../../src/model/ort.ts';
import { forward } from '../../../src/model/reference.ts';
import { gpuBuild, loadRuntime } from '../../../src/model/runtime.browser.ts';
import type { Vgg16Shape } from '../../../src/model/vgg16-weights.ts';
import { largestDifference } from '../../support/compare.ts';
import { inFloat16, modelInMemory, seededWeights } from '../../support/seeded-vgg16.ts';

const shape: Vgg16Shape = { widths: [4, 6, 8, 8, 8], inputSize: 32, fc1: 21 };
const weights = seededWeights(shape, 5);
let runtime: Runtime;
let device: GPUDevice;

before(async () => {
  runtime = await loadRuntime(gpuBuild(), new URL('/node_modules/onnxruntime-web/dist/', location.href).href);
  device = (await openDevice()).device;
});
after(() => device.destroy());

const input = (n: number): Float32Array => {
  const one = probeInput({ width: shape.inputSize, height: shape.inputSize });
  return Float32Array.from(
    { length: n * one.length },
    (_, i) => (one[i % one.length]! * (Math.floor(i / one.length) + 2)) % 127,
  );
};

test('WebGPU computes what the float64 forward pass does, alone and in batches, from float16 and float32', async () => {
  for (const stored of [weights, inFloat16(weights)]) {
    const extractor = await createGpuExtractor(await modelInMemory(stored, shape), runtime, device);
    for (const n of [1, 3, 8]) {
      const block = input(n);
      const features = await extractor.extract(block, n);
      assert.equal(features.length, n * shape.fc1);
      const size = block.length / n;
      for (let i = 0; i < n; i++) {
        const wanted = Float32Array.from(forward(stored, block.subarray(i * size, (i + 1) * size)));
        const difference = largestDifference(
          features.subarray(i * shape.fc1, (i + 1) * shape.fc1),
          normaliseRows(wanted, shape.fc1),
        );
        assert.ok(difference < 1e-5, `picture ${i} of ${n}: ${difference}`);
      }
      // The device holds the same values.
      const buffer = await extractor.extractToBuffer(block, n);
      assert.deepEqual(new Float32Array(await readBuffer(device, buffer, features.byteLength)), features);
    }
    await assert.rejects(extractor.extract(input(9), 9), { code: 'bad-argument' });
    await extractor.close(); // the device stays ours: the second round runs on it
  }
});

test('features that are all zero stay zero', async () => {
  const bias = weights.get('fc1.bias')!;
  const low = new Float32Array(shape.fc1).fill(-1e9);
  const dead = new Map([...weights, ['fc1.bias', { ...bias, data: () => new Uint8Array(low.buffer) }]]);
  const extractor = await createGpuExtractor(await modelInMemory(dead, shape), runtime, device);
  assert.deepEqual(await extractor.extract(input(2), 2), new Float32Array(2 * shape.fc1));
  await extractor.close();
});

test('a lost device is an error that says so', async () => {
  const { device: doomed } = await openDevice();
  const extractor = await createGpuExtractor(await modelInMemory(weights, shape), runtime, doomed);
  doomed.destroy();
  await doomed.lost;
  await assert.rejects(extractor.extract(input(1), 1), { name: 'LikenessError', code: 'device-lost' });
});
