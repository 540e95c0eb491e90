import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFile } from '../../../src/base/random-access.ts';
import { convolve, maxPool } from '../../../src/convert/reference.ts';
import { bestBuild } from '../../../src/network/convolution/kernel.ts';
import { loadNetwork } from '../../../src/network/convolution/network.ts';
import { createThread } from '../../../src/network/convolution/thread.ts';
import type { Model } from '../../../src/network/load.ts';
import type { Convolution, Manifest } from '../../../src/network/manifest.ts';
import { largestDifference } from '../../support/compare.ts';
import { gaussian, seeded } from '../../support/random.ts';

/** A chain of layers: outputs of each, and whether a pooling follows. */
interface Case {
  size: number;
  layers: [outputs: number, pool: boolean][];
  /** Makes input `i` of a standard normal value. */
  input?: (value: number, i: number) => number;
}

/** Sides around the tiles of 4, channels around the panels of 8, and inputs that are hard on sums. */
const cases: Case[] = [
  { size: 1, layers: [[4, false]] },
  { size: 2, layers: [[4, true]] },
  { size: 3, layers: [[8, false]] },
  { size: 4, layers: [[12, true]] },
  { size: 5, layers: [[20, false]] },
  {
    size: 6,
    layers: [
      [8, true],
      [4, false],
    ],
  },
  {
    size: 14,
    layers: [
      [36, false],
      [8, true],
    ],
  },
  {
    size: 16,
    layers: [
      [4, false],
      [12, true],
      [16, true],
    ],
  },
  {
    size: 34,
    layers: [
      [24, true],
      [4, false],
    ],
  },
  { size: 8, layers: [[8, false]], input: () => 0 },
  { size: 8, layers: [[8, false]], input: () => 127 },
  { size: 8, layers: [[8, false]], input: (v) => v * 1e-30 },
  { size: 8, layers: [[8, false]], input: (v) => v * 1e30 },
  { size: 12, layers: [[8, false]], input: (v, i) => (i % 97 === 0 ? 1e4 * v : v) },
];

function problem({ size, layers, input = (v) => v }: Case, n: number) {
  const normal = gaussian(seeded(size + layers.length));
  const values: number[] = [];
  let inputs = 3;
  const convolutions = layers.map(([outputs, pool]): Convolution => {
    const place = (count: number, scale: number): Convolution['kernel'] => {
      const offset = values.length * 4;
      for (let i = 0; i < count; i++) values.push(Math.fround(normal() * scale));
      return { file: 'w.bin', offset, dataType: 'float32' };
    };
    const kernel = place(outputs * inputs * 9, Math.sqrt(2 / (inputs * 9)));
    const layer = { inputs, outputs, pool, kernel, bias: place(outputs, 0.1) };
    inputs = outputs;
    return layer;
  });
  const model: Model = {
    manifest: { preprocessing: { width: size, height: size }, convolutions } as Manifest,
    files: new Map([['w.bin', bytesFile(new Uint8Array(Float32Array.from(values).buffer))]]),
  };
  const pixels = 3 * size * size;
  const pictures = Float32Array.from({ length: n * pixels }, (_, i) => input(normal(), i));
  const wanted = Array.from({ length: n }, (_, p) => {
    let picture: Float64Array = Float64Array.from(pictures.subarray(p * pixels, (p + 1) * pixels));
    let side = size;
    for (const { inputs: from, outputs: to, pool, kernel, bias } of convolutions) {
      const part = (offset: number, count: number): Float64Array =>
        Float64Array.from(values.slice(offset / 4, offset / 4 + count));
      picture = convolve(picture, side, part(kernel.offset, from * to * 9), part(bias.offset, to), from, to);
      if (!pool) continue;
      picture = maxPool(picture, side, to);
      side /= 2;
    }
    return picture;
  });
  return { model, pictures, wanted };
}

/** A transformed sum rounds by the largest value of its tile: some 2⁻²⁴ of the largest value of a layer, for each. */
const tolerance = 1e-5;

for (const build of bestBuild() === 'relaxed' ? (['simd', 'relaxed'] as const) : (['simd'] as const)) {
  test(`layers give what float64 sums give (${build})`, async () => {
    for (const given of cases) {
      for (const n of [1, 2, 5]) {
        const { model, pictures, wanted } = problem(given, n);
        for (const shared of [false, true]) {
          const network = await loadNetwork(model, { threads: 2, shared, batch: 2, build });
          const all: Float32Array[] = [];
          for (const index of [0, 1]) {
            const thread = await createThread(network, index);
            const out = thread.run(pictures, n);
            assert.deepEqual(thread.run(pictures, n), out, 'a second run');
            all.push(out);
          }
          assert.deepEqual(all[1], all[0], 'another thread');
          const width = wanted[0]!.length;
          assert.equal(all[0]!.length, n * width);
          for (const [p, values] of wanted.entries()) {
            const ours = all[0]!.subarray(p * width, (p + 1) * width);
            if (values.every((value) => value === 0)) assert.ok(ours.every((value) => value === 0));
            else {
              const difference = largestDifference(ours, values);
              const name = `${given.size}: ${given.layers.join(' ')}, picture ${p} of ${n}`;
              assert.ok(difference < tolerance, `${name}: ${difference}`);
            }
          }
        }
      }
    }
  });
}
