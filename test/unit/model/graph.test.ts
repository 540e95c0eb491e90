import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWasmExtractor } from '../../../src/model/extractor.wasm.ts';
import { probeInput } from '../../../src/model/manifest.ts';
import { normaliseRows } from '../../../src/model/normalise.ts';
import { forward } from '../../../src/model/reference.ts';
import type { StorageLimits } from '../../../src/model/vgg16.ts';
import type { Vgg16Shape, Weight } from '../../../src/model/vgg16-weights.ts';
import { largestDifference } from '../../support/compare.ts';
import { cpuRuntime } from '../../support/runtime.ts';
import { inFloat16, modelInMemory, seededWeights } from '../../support/seeded-vgg16.ts';

/** float32 sums of some thousand products, through fourteen layers, against float64. */
const tolerance = 1e-5;

const shapes: Record<string, Vgg16Shape> = {
  even: { widths: [4, 6, 8, 8, 8], inputSize: 32, fc1: 16 },
  odd: { widths: [3, 5, 7, 9, 11], inputSize: 64, fc1: 10 },
  wide: { widths: [2, 3, 5, 4, 6], inputSize: 96, fc1: 33 },
};

async function run(
  weights: Map<string, Weight>,
  shape: Vgg16Shape,
  input: Float32Array,
  n: number,
  limits?: StorageLimits,
): Promise<Float32Array> {
  const extractor = await createWasmExtractor(
    await modelInMemory(weights, shape, limits),
    await cpuRuntime(),
  );
  try {
    return await extractor.extract(input, n);
  } finally {
    await extractor.close();
  }
}

const reference = (weights: Map<string, Weight>, input: Float32Array): Float32Array => {
  const values = Float32Array.from(forward(weights, input));
  return normaliseRows(values, values.length);
};

/** `n` different pictures in one block, and apart. */
function pictures(shape: Vgg16Shape, n: number): { block: Float32Array; each: Float32Array[] } {
  const one = probeInput({ width: shape.inputSize, height: shape.inputSize });
  const each = Array.from({ length: n }, (_, i) => one.map((value) => (value * (i + 2)) % 127));
  const block = new Float32Array(n * one.length);
  for (const [i, picture] of each.entries()) block.set(picture, i * one.length);
  return { block, each };
}

for (const [name, shape] of Object.entries(shapes)) {
  for (const type of ['float32', 'float16'] as const) {
    test(`the ${name} network in ${type} computes what the float64 forward pass does, alone and in a batch`, async () => {
      const seeded = seededWeights(shape, 7);
      const weights = type === 'float16' ? inFloat16(seeded) : seeded;
      for (const n of [1, 3]) {
        const { block, each } = pictures(shape, n);
        const features = await run(weights, shape, block, n);
        assert.equal(features.length, n * shape.fc1);
        for (const [i, picture] of each.entries()) {
          const wanted = reference(weights, picture);
          assert.ok(wanted.some((value) => value > 0));
          const difference = largestDifference(features.subarray(i * shape.fc1, (i + 1) * shape.fc1), wanted);
          assert.ok(difference < tolerance, `picture ${i} of ${n}: ${difference}`);
        }
      }
    });
  }
}

test('fc1 in pieces and weights in several shards compute the same', async () => {
  const shape: Vgg16Shape = { widths: [4, 6, 8, 8, 8], inputSize: 64, fc1: 24 };
  const weights = seededWeights(shape, 3);
  const { block } = pictures(shape, 2);
  const limits = { tensorBytes: 512, shardBytes: 2048 };
  const model = await modelInMemory(weights, shape, limits);
  assert.ok(model.shards.size > 3, `${model.shards.size} shards`);
  assert.ok(new TextDecoder('latin1').decode(model.graph).includes('fc1.weight.3'));
  const whole = await run(weights, shape, block, 2);
  const cut = await run(weights, shape, block, 2, limits);
  assert.ok(largestDifference(cut, whole) < 1e-6);
});

test('channels the other way round, a channels-last flatten or a missing ReLU would be noticed', async () => {
  const shape: Vgg16Shape = { widths: [4, 6, 8, 8, 8], inputSize: 64, fc1: 16 };
  const weights = seededWeights(shape, 7);
  const { block } = pictures(shape, 1);
  const features = await run(weights, shape, block, 1);
  const farOff = (wrong: Float32Array, what: string): void => {
    assert.ok(largestDifference(wrong, features) > 1000 * tolerance, what);
  };
  const plane = block.length / 3;
  const swapped = new Float32Array(block.length);
  for (let c = 0; c < 3; c++) swapped.set(block.subarray(c * plane, (c + 1) * plane), (2 - c) * plane);
  farOff(reference(weights, swapped), 'RGB for BGR');

  const fc1 = weights.get('fc1.weight')!;
  const columns = fc1.shape[1]!;
  const spots = (shape.inputSize / 32) ** 2;
  const values = new Float32Array(fc1.data(0, shape.fc1).buffer);
  const moved = values.map((_, i) => {
    const column = i % columns; // of a channels-last flatten: spot · channels + channel
    const [spot, channel] = [Math.floor(column / shape.widths[4]!), column % shape.widths[4]!];
    return values[i - column + channel * spots + spot]!;
  });
  farOff(
    reference(
      new Map([...weights, ['fc1.weight', { ...fc1, data: () => new Uint8Array(moved.buffer) }]]),
      block,
    ),
    'a channels-last flatten',
  );
  assert.ok(
    features.every((value) => value >= 0) && features.some((value) => value === 0),
    'the ReLU after fc1',
  );
});
