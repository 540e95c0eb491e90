import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDevice } from '../../src/gpu/device.ts';
import { createCpuExtractor } from '../../src/model/extractor.cpu.ts';
import { createGpuExtractor } from '../../src/model/extractor.webgpu.ts';
import { createWasmGraph } from '../../src/model/graph.wasm.ts';
import { probeInput } from '../../src/model/manifest.ts';
import { gpuBuild, loadRuntime } from '../../src/model/runtime.browser.ts';
import { cosine, largestDifference } from '../support/compare.ts';
import { readFixture } from '../support/fixture.ts';
import { fullSize, modelInMemory, seededWeights } from '../support/seeded-vgg16.ts';

test('VGG16 at full size, seeded weights: wasm and WebGPU agree with each other and with Node', async () => {
  const model = await modelInMemory(seededWeights(fullSize, 1));
  const input = probeInput(model.manifest.preprocessing);
  const runtime = await loadRuntime(
    gpuBuild(),
    new URL('/node_modules/onnxruntime-web/dist/', location.href).href,
  );

  let start = performance.now();
  const cpu = await createCpuExtractor(model, await createWasmGraph(model, runtime));
  console.log(`# wasm: created in ${(performance.now() - start).toFixed(0)} ms`);
  start = performance.now();
  const onCpu = await cpu.extract(input, 1);
  console.log(
    `# wasm: a picture took ${(performance.now() - start).toFixed(0)} ms on ${cpu.threads} threads`,
  );
  await cpu.close();

  const { device, adapter } = await openDevice();
  start = performance.now();
  const gpu = await createGpuExtractor(model, runtime, device);
  console.log(`# WebGPU (${adapter}): created in ${(performance.now() - start).toFixed(0)} ms`);
  start = performance.now();
  const onGpu = await gpu.extract(input, 1);
  console.log(`# WebGPU: a picture took ${(performance.now() - start).toFixed(0)} ms`);
  await gpu.close();
  device.destroy();

  const difference = largestDifference(onGpu, onCpu);
  console.log(
    `# cosine ${cosine(onGpu, onCpu)}, largest difference ${difference.toExponential(2)} of the largest value`,
  );
  assert.equal(onGpu.length, 4096);
  assert.ok(cosine(onGpu, onCpu) >= 0.99999);
  assert.ok(difference < 1e-4);
  const wanted: number[] = JSON.parse(new TextDecoder().decode(await readFixture('vgg16-full.json')));
  const sampled = Array.from(onCpu).filter((_, i) => i % 16 === 0);
  assert.ok(cosine(sampled, wanted) > 0.999999);
});
