import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convolve, denseRow, maxPool } from '../../../src/convert/reference.ts';
import { densePieces, storedWeights } from '../../../src/convert/vgg16.ts';
import { convolutions, shapeOfWeights, type Vgg16Shape } from '../../../src/convert/vgg16-weights.ts';
import type { Encoding } from '../../../src/network/dense/encoding.ts';
import { sensitivity } from '../../../src/network/explain.ts';
import { cosine } from '../../support/compare.ts';
import { decodePiece } from '../../support/dense-piece.ts';
import { extractorOnCpu, graphOnCpu } from '../../support/on-cpu.ts';
import { seeded } from '../../support/random.ts';
import { modelInMemory, pictures, seededWeights } from '../../support/seeded-vgg16.ts';

/** Where the network is cut: layers before, and the side of what they give. */
interface Cut {
  shape: Vgg16Shape;
  layer: number;
  places: number;
}

const cuts: Record<string, Cut> = {
  'before the third block': {
    shape: { widths: [4, 6, 8, 12, 16], inputSize: 64, fc1: 32 },
    layer: 4,
    places: 16,
  },
  'before the second block': {
    shape: { widths: [4, 8, 8, 8, 8], inputSize: 32, fc1: 32 },
    layer: 2,
    places: 16,
  },
  'after channels that were padded': {
    shape: { widths: [3, 5, 7, 9, 11], inputSize: 96, fc1: 33 },
    layer: 4,
    places: 24,
  },
};

type Values = Float64Array<ArrayBuffer>;

/** What a map has to be: float64, each cell's square written out, nothing left out or done at once. */
async function wanted(
  { shape, layer, places }: Cut,
  encoding: Encoding,
  input: Float32Array,
  other: Float32Array,
) {
  const stored = storedWeights(seededWeights(shape, 7), encoding);
  const layers = convolutions(shapeOfWeights(stored));
  const valuesOf = async (name: string): Promise<Float64Array> => {
    const { data, shape: sizes, dataType } = stored.get(name)!;
    assert.equal(dataType, 'float32');
    const bytes = (await data(0, sizes[0]!)).slice();
    return Float64Array.from(new Float32Array(bytes.buffer));
  };
  const kernels: [Float64Array, Float64Array][] = [];
  for (const { name } of layers)
    kernels.push([await valuesOf(`${name}.weight`), await valuesOf(`${name}.bias`)]);
  const run = (start: Values, size: number, from: number, to: number): Values => {
    let [picture, side] = [start, size];
    for (let at = from; at < to; at++) {
      const { inputs, outputs, pool } = layers[at]!;
      picture = convolve(picture, side, ...kernels[at]!, inputs, outputs);
      if (!pool) continue;
      picture = maxPool(picture, side, outputs);
      side /= 2;
    }
    return picture;
  };
  const rows: [Float32Array, number][] = [];
  for await (const { bytes, layout } of densePieces(stored, encoding, Number.POSITIVE_INFINITY)) {
    const kernel = decodePiece(encoding, bytes, layout.rows, layout.inputs);
    const bias = new Float32Array(bytes.buffer, layout.bias, layout.rows);
    for (let row = 0; row < layout.rows; row++) {
      rows.push([kernel.subarray(row * layout.inputs, (row + 1) * layout.inputs), bias[row]!]);
    }
  }
  const similarityOf = (activations: Values): number => {
    const flat = run(activations, places, layer, layers.length);
    return cosine(
      rows.map(([row, bias]) => denseRow(row, bias, flat)),
      other,
    );
  };
  const activations = run(Float64Array.from(input), shape.inputSize, 0, layer);
  const similarity = similarityOf(activations);
  const ofNothing = similarityOf(new Float64Array(activations.length));
  const side = places / 2;
  const values: number[] = [];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const isIn = (i: number): boolean => {
        const [y, x] = [Math.floor(i / places) % places, i % places];
        return Math.abs(y + 0.5 - (2 * row + 1)) < 3 && Math.abs(x + 0.5 - (2 * column + 1)) < 3;
      };
      const without = similarityOf(activations.map((value, i) => (isIn(i) ? 0 : value)));
      const alone = similarityOf(activations.map((value, i) => (isIn(i) ? value : 0)));
      values.push(Math.max(0, (similarity - without + (alone - ofNothing)) / 2));
    }
  }
  return { side, similarity, values };
}

/** A vector of features, some of which are 0. */
function features(seed: number, d: number): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length: d }, () => Math.max(0, random() - 0.3));
}

for (const [name, cut] of Object.entries(cuts)) {
  test(`a map is what the float64 sums say, cell by cell: ${name}`, async () => {
    const input = pictures(cut.shape, 1).each[0]!;
    const other = features(1, cut.shape.fc1);
    const { side, similarity, values } = await wanted(cut, 'f32', input, other);
    assert.ok(Math.max(...values) > 1e-3, `${Math.max(...values)}`);
    const extractor = await extractorOnCpu(await modelInMemory(seededWeights(cut.shape, 7)));
    const told: [number, number][] = [];
    const map = await extractor.explain(input, other, async (...step) => void told.push(step));
    assert.equal(map.side, side);
    assert.equal(map.values.length, side * side);
    assert.ok(Math.abs(map.similarity - similarity) < 1e-5, `${map.similarity}, ${similarity}`);
    for (const [cell, value] of values.entries()) {
      assert.ok(Math.abs(map.values[cell]! - value) < 1e-5, `cell ${cell}: ${map.values[cell]}, ${value}`);
    }
    assert.ok(told.every(([done, total], n) => total === side ** 2 && done >= (told[n - 1]?.[0] ?? 0)));
    assert.deepEqual(
      [told[0], told.at(-1)],
      [
        [0, side ** 2],
        [side ** 2, side ** 2],
      ],
    );
    // The same bits again, and for a vector of another length up to rounding.
    const again = await extractor.explain(input, other, async () => {});
    assert.deepEqual(again, map);
    const longer = await extractor.explain(
      input,
      other.map((value) => 5 * value),
      async () => {},
    );
    assert.ok(longer.values.every((value, cell) => Math.abs(value - map.values[cell]!) < 1e-6));
    await extractor.close();
  });
}

test('a network without a dense layer is explained as well; a picture of no features has a map of zeros', async () => {
  const { shape } = cuts['before the third block']!;
  const model = await modelInMemory(seededWeights(shape, 7));
  const graph = await graphOnCpu(model);
  const input = pictures(shape, 1).each[0]!;
  const width = (await graph.run(input, 1)).length;
  const { dense: _, output, ...rest } = model.manifest;
  const manifest = { ...rest, output: { ...output, dimension: width } };
  const other = features(2, width);
  const map = await sensitivity({ manifest, graph, dense: undefined }, input, other, async () => {});
  assert.ok(Math.abs(map.similarity - cosine(await graph.run(input, 1), other)) < 1e-6);
  assert.ok(map.values.some((value) => value > 0));
  const nothing = await sensitivity(
    { manifest, graph, dense: undefined },
    input,
    new Float32Array(width),
    async () => {},
  );
  assert.equal(nothing.similarity, 0);
  assert.ok(nothing.values.every((value) => value === 0));
});

test('some of the layers after the others give what all of them give', async () => {
  for (const { shape } of Object.values(cuts)) {
    const graph = await graphOnCpu(await modelInMemory(seededWeights(shape, 7)));
    const { block } = pictures(shape, 3);
    const whole = await graph.run(block, 3);
    for (const cut of [1, 2, 4, 7, 9, 10, 12]) {
      const first = await graph.run(block, 3, { to: cut });
      assert.deepEqual(await graph.run(first, 3, { from: cut }), whole, `cut before layer ${cut}`);
    }
  }
});

test('what a step rejects with ends the work', async () => {
  const { shape } = cuts['before the third block']!;
  const extractor = await extractorOnCpu(await modelInMemory(seededWeights(shape, 7)));
  const reason = new Error('enough');
  let steps = 0;
  const work = extractor.explain(pictures(shape, 1).each[0]!, features(1, shape.fc1), async () => {
    if (++steps === 3) throw reason;
  });
  await assert.rejects(work, reason);
  assert.equal(steps, 3);
});
