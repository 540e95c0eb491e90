import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCpuExtractor } from '../../src/model/extractor.cpu.ts';
import { createWasmGraph } from '../../src/model/graph.wasm.ts';
import { probeInput } from '../../src/model/manifest.ts';
import { loadCpuRuntime } from '../../src/model/runtime.node.ts';
import { root } from '../support/cli.ts';
import { cosine, largestDifference } from '../support/compare.ts';
import { fullSize, modelInMemory, seededWeights } from '../support/seeded-vgg16.ts';

/** Every 16th feature, as this test wrote them; Chromium's test compares itself with the same file. */
const fixture = join(root, 'test/fixtures/vgg16-full.json');
const sampled = (features: Float32Array): number[] => Array.from(features).filter((_, i) => i % 16 === 0);

test('VGG16 at full size, seeded weights, on wasm: the known features', async () => {
  const began = performance.now();
  const model = await modelInMemory(seededWeights(fullSize, 1));
  console.log(`# built in ${(performance.now() - began).toFixed(0)} ms`);
  const extractor = await createCpuExtractor(model, await createWasmGraph(model, await loadCpuRuntime()));
  const input = probeInput(model.manifest.preprocessing);
  const start = performance.now();
  const features = await extractor.extract(input, 1);
  console.log(
    `# a picture took ${(performance.now() - start).toFixed(0)} ms on ${extractor.threads} threads; peak memory ${(process.resourceUsage().maxRSS / 2 ** 10).toFixed(0)} MiB`,
  );
  await extractor.close();
  assert.equal(features.length, 4096);
  if (process.env.UPDATE_FIXTURES)
    await writeFile(fixture, `${JSON.stringify(sampled(features).map((v) => Number(v.toPrecision(7))))}\n`);
  const wanted: number[] = JSON.parse(await readFile(fixture, 'utf8'));
  assert.ok(wanted.some((value) => value === 0) && wanted.filter((value) => value > 0).length > 64);
  assert.ok(cosine(sampled(features), wanted) > 0.999999);
  assert.ok(largestDifference(sampled(features), wanted) < 1e-4);
});
