import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Vgg16Shape, Weight } from '../../../src/convert/vgg16-weights.ts';
import { loadNetwork } from '../../../src/network/convolution/network.ts';
import { createThread } from '../../../src/network/convolution/thread.ts';
import { type Encoding, encodings } from '../../../src/network/dense/encoding.ts';
import { createCpuExtractor } from '../../../src/network/extractor.cpu.ts';
import type { CpuGraph } from '../../../src/network/graph.ts';
import type { Model } from '../../../src/network/load.ts';
import { cosine, largestDifference } from '../../support/compare.ts';
import { createWasmGraph } from '../../support/graph.wasm.ts';
import { cpuRuntime } from '../../support/runtime.ts';
import { modelInMemory, pictures, seededWeights, wantedFeatures } from '../../support/seeded-vgg16.ts';

/**
 * float32 against float64 through fourteen layers, as a part of the largest value. Winograd's sums round by the largest
 * value of a tile; in networks as narrow as these nothing averages it out.
 */
const tolerances = { 'our kernels': 3e-5, 'ONNX Runtime': 1e-5 };

const shapes: Record<string, Vgg16Shape> = {
  even: { widths: [4, 6, 8, 8, 8], inputSize: 64, fc1: 16 },
  odd: { widths: [3, 5, 7, 9, 11], inputSize: 64, fc1: 10 },
  wide: { widths: [2, 3, 5, 4, 32], inputSize: 96, fc1: 33 },
};

/** The two ways to run the convolutions on the CPU. */
const graphs: Record<keyof typeof tolerances, (model: Model) => Promise<CpuGraph>> = {
  'our kernels': async (model) => {
    const network = await loadNetwork(model, { threads: 1, shared: false, batch: 2 });
    const { run } = await createThread(network, 0);
    return { threads: 1, run: async (values, n) => run(values, n), close: async () => {} };
  },
  'ONNX Runtime': async (model) => createWasmGraph(model, await cpuRuntime()),
};

async function run(
  weights: Map<string, Weight>,
  encoding: Encoding,
  input: Float32Array,
  n: number,
  { shardBytes, graph = 'our kernels' }: { shardBytes?: number; graph?: keyof typeof graphs } = {},
): Promise<Float32Array> {
  const model = await modelInMemory(weights, encoding, shardBytes);
  const extractor = await createCpuExtractor(model, await graphs[graph](model));
  try {
    return await extractor.extract(input, n);
  } finally {
    await extractor.close();
  }
}

for (const [name, shape] of Object.entries(shapes)) {
  for (const encoding of encodings) {
    const codes = encoding === 'q8' || encoding === 'q4';
    if (codes && name === 'odd') continue; // 12 channels at 4 spots are no multiple of a block
    test(`the ${name} network in ${encoding} computes what the float64 forward pass does, alone and in a batch`, async () => {
      const weights = seededWeights(shape, 7);
      for (const n of [1, 3, 9]) {
        const { block, each } = pictures(shape, n);
        const wanted = await Promise.all(each.map((picture) => wantedFeatures(weights, encoding, picture)));
        for (const graph of Object.keys(graphs) as (keyof typeof graphs)[]) {
          const features = await run(weights, encoding, block, n, { graph });
          assert.equal(features.length, n * shape.fc1);
          for (const [i, values] of wanted.entries()) {
            assert.ok(values.some((value) => value > 0));
            const ours = features.subarray(i * shape.fc1, (i + 1) * shape.fc1);
            const difference = largestDifference(ours, values);
            assert.ok(difference < tolerances[graph], `${graph}, picture ${i} of ${n}: ${difference}`);
          }
        }
      }
    });
  }
}

test('each encoding stays as near to float32 as its bits allow', async () => {
  const shape = shapes.wide!;
  const weights = seededWeights(shape, 7);
  const [picture] = pictures(shape, 1).each;
  const exact = await wantedFeatures(weights, 'f32', picture!);
  const distance = async (encoding: Encoding): Promise<number> =>
    1 - cosine(await wantedFeatures(weights, encoding, picture!), exact);
  const [f16, q8, q4] = [await distance('f16'), await distance('q8'), await distance('q4')];
  assert.ok(f16 < 1e-6, `f16 ${f16}`);
  assert.ok(q8 < 1e-4, `q8 ${q8}`);
  assert.ok(q4 < 2e-2, `q4 ${q4}`);
  assert.ok(f16 > 0 && q8 > f16 && q4 > q8);
});

test('codes need whole blocks', async () => {
  const weights = seededWeights(shapes.odd!, 7);
  await assert.rejects(modelInMemory(weights, 'q8'), { code: 'bad-model', message: /multiple of 32/ });
});

test('fc1 in pieces and weights in several shards compute the same', async () => {
  const shape: Vgg16Shape = { widths: [4, 6, 8, 8, 8], inputSize: 64, fc1: 24 };
  const weights = seededWeights(shape, 3);
  const { block } = pictures(shape, 2);
  for (const encoding of encodings) {
    const { manifest } = await modelInMemory(weights, encoding, 512);
    assert.ok(manifest.shards.filter(({ file }) => file.startsWith('graph')).length > 2);
    assert.ok(manifest.dense!.files.length > 1);
    const whole = await run(weights, encoding, block, 2);
    assert.deepEqual(await run(weights, encoding, block, 2, { shardBytes: 512 }), whole);
  }
});

test('channels the other way round, a channels-last flatten or a missing ReLU would be noticed', async () => {
  const shape: Vgg16Shape = { widths: [4, 6, 8, 8, 8], inputSize: 64, fc1: 16 };
  const weights = seededWeights(shape, 7);
  const { block } = pictures(shape, 1);
  const features = await run(weights, 'f32', block, 1);
  const farOff = (wrong: Float32Array, what: string): void => {
    assert.ok(largestDifference(wrong, features) > 0.01, what);
  };
  const plane = block.length / 3;
  const swapped = new Float32Array(block.length);
  for (let c = 0; c < 3; c++) swapped.set(block.subarray(c * plane, (c + 1) * plane), (2 - c) * plane);
  farOff(await wantedFeatures(weights, 'f32', swapped), 'RGB for BGR');

  const fc1 = weights.get('fc1.weight')!;
  const columns = fc1.shape[1]!;
  const spots = (shape.inputSize / 32) ** 2;
  const values = new Float32Array(fc1.data(0, shape.fc1).buffer);
  const moved = values.map((_, i) => {
    const column = i % columns; // of a channels-last flatten: spot · channels + channel
    const [spot, channel] = [Math.floor(column / shape.widths[4]!), column % shape.widths[4]!];
    return values[i - column + channel * spots + spot]!;
  });
  const bytes = new Uint8Array(moved.buffer);
  const rowBytes = columns * 4;
  const channelsLast = {
    ...fc1,
    data: (from: number, to: number) => bytes.subarray(from * rowBytes, to * rowBytes),
  };
  farOff(
    await wantedFeatures(new Map([...weights, ['fc1.weight', channelsLast]]), 'f32', block),
    'a channels-last flatten',
  );
  assert.ok(
    features.every((value) => value >= 0) && features.some((value) => value === 0),
    'the ReLU after fc1',
  );
});
