import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine } from '../../../src/engine/engine.ts';
import { rocchio } from '../../../src/engine/rocchio.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import { FlatIndex } from '../../../src/knn/flat-index.ts';
import type { Extractor } from '../../../src/network/extractor.ts';
import { loadedNetwork } from '../../support/loaded-network.ts';

const dimension = 3;

/** An engine whose features are a pixel's colour, divided by its norm; it notes what its network has seen. */
async function noted() {
  let seen = 0;
  const preprocessing = { width: 1, height: 1, channels: 'RGB', mean: [0, 0, 0], resample: 'bicubic' };
  const extractor = {
    manifest: { preprocessing },
    dimension,
    batchSize: 2,
    threads: 1,
    backend: 'wasm',
    extract: async (input: Float32Array, count: number) => {
      seen += count;
      const features = input.slice(0, count * dimension);
      for (let n = 0; n < count; n++) {
        const one = features.subarray(n * dimension, (n + 1) * dimension);
        one.set(one.map((value) => value / Math.hypot(...one)));
      }
      return features;
    },
    close: async () => {},
  };
  const index = await FlatIndex.create({ dimension });
  const reader = { pixels: async (pixels: Pixels) => pixels, bytes: async () => undefined };
  const engine = new Engine(loadedNetwork(extractor as unknown as Extractor), index, reader, {
    openStore: () => assert.fail('no store is named'),
  });
  /** How many pictures the network sees in a call. */
  const seenBy = async (call: () => Promise<unknown>): Promise<number> => {
    seen = 0;
    await call();
    return seen;
  };
  return { engine, seenBy };
}

const pixels = (...colours: [number, number, number][]): Pixels => ({
  width: colours.length,
  height: 1,
  rgba: Uint8Array.from(colours.flatMap((colour) => [...colour, 255])),
  mode: 'RGB',
});

test('the network sees the images of a query, each once, and no picture of the index', async () => {
  const { engine, seenBy } = await noted();
  const colours: [number, number, number][] = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [200, 200, 0],
  ];
  const items = colours.map((colour, n) => ({ id: 'rgby'[n]!, source: pixels(colour) }));
  assert.equal(await seenBy(() => engine.add(items)), 4);
  const k = 4;
  const source = pixels([255, 0, 0], [0, 0, 255]);
  const region = { x: 1, y: 0, width: 1, height: 1 };
  const two = [[1, -0.5]];
  assert.equal(await seenBy(() => engine.query([{ id: 'r' }], { k })), 0);
  assert.equal(await seenBy(() => engine.query([{ id: 'r' }, { id: 'g' }], { k, weights: two })), 0);
  assert.equal(
    await seenBy(() => engine.distances([{ id: 'r' }, { id: 'g' }], { bins: 2, weights: two })),
    0,
  );
  assert.equal(await seenBy(() => engine.query([{ id: 'r' }, { source }], { k, weights: two })), 1);
  const five = [
    { source },
    { id: 'g' },
    { source, region },
    { vector: Float32Array.of(1, 0, 0) },
    { source },
  ];
  assert.equal(
    await seenBy(() =>
      engine.query(five, {
        k,
        weights: [
          [1, 1],
          [1, -1, 1],
        ],
      }),
    ),
    3,
  );

  const [[first]] = (await engine.query([{ source, region }], { k: 1 })) as [
    [{ id: string; distance: number }],
  ];
  assert.deepEqual(first, { id: 'b', distance: 0 }, 'the right half is blue');
  const answer = await engine.query([{ id: 'y' }, { id: 'g' }], { k, weights: [[1, -0.5]] });
  assert.deepEqual(
    answer[0]!.map(({ id }) => id),
    ['r', 'b'],
    'yellow, but less green',
  );
  await engine.close();
});

test('Rocchio’s formula: means of both sides, of weights of any size', () => {
  const x = Float32Array.of(1, 0);
  const y = Float32Array.of(0, 5);
  const rounded = (vector: Float32Array): number[] => Array.from(vector, (value) => Number(value.toFixed(6)));
  const half = Number(Math.SQRT1_2.toFixed(6));
  assert.deepEqual(rounded(rocchio([x, y], [1, 1])), [half, half]);
  assert.deepEqual(rounded(rocchio([x, y], [1, -1])), [half, -half]);
  // Three that are alike count as one: each side by its mean.
  assert.deepEqual(rounded(rocchio([x, y, y, y], [1, -1, -1, -1])), [half, -half]);
  assert.deepEqual(rounded(rocchio([x, y, y], [2, -1, -3])), [half, -half]);
  assert.deepEqual(rounded(rocchio([x, y], [3, 4])), [0.6, 0.8]);
  assert.deepEqual(rounded(rocchio([x, y], [3e307, 4e307])), [0.6, 0.8]);
  assert.deepEqual(rounded(rocchio([x, x, y], [Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE])), [
    half,
    -half,
  ]);
  assert.deepEqual(rounded(rocchio([x, y], [3e-308, 4e-308])), [0.6, 0.8]);
  assert.deepEqual(rounded(rocchio([x, y], [1e300, 1e-300])), [1, 0]);
  const almost = Float32Array.of(1, 1e-7);
  for (const [vectors, weights] of [
    [
      [x, x],
      [1, -1],
    ],
    [
      [x, almost],
      [1, -1],
    ],
    [
      [x, x, x],
      [2, -1, -3],
    ],
    [
      [x, new Float32Array(2)],
      [1, 1],
    ],
  ] as const) {
    assert.throws(() => rocchio(vectors, weights), { name: 'LikenessError', code: 'bad-argument' });
  }
});
