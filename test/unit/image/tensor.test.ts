// The cases of test/fixtures/pillow/tensors.json were made with Pillow and NumPy by scripts/fixtures/pillow.py.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from '../../../src/image/coefficients.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import type { Preprocessing } from '../../../src/image/preprocessing.ts';
import { toTensor } from '../../../src/image/tensor.ts';
import { readFixture } from '../../support/fixture.ts';
import { picture, pixelsOfMode, sha256 } from '../../support/pictures.ts';
import { referenceResampler } from '../../support/reference-resampler.ts';

const keras: Preprocessing = {
  width: 16,
  height: 16,
  resample: 'bicubic',
  channels: 'BGR',
  mean: [103.939, 116.779, 123.68],
};
// Every byte value once in each channel, in a different order.
const rgba = Uint8Array.from(
  { length: 1024 },
  (_, i) => [i >> 2, 255 - (i >> 2), (i >> 2) ^ 0x55, 255][i & 3]!,
);
const pixels = { width: 16, height: 16, rgba };

test('channels, order and float32 subtraction', () => {
  for (const channels of ['BGR', 'RGB'] as const) {
    const tensor = toTensor(pixels, { ...keras, channels });
    assert.equal(tensor.length, 3 * 256);
    for (let c = 0; c < 3; c++) {
      const from = channels === 'BGR' ? 2 - c : c;
      for (let i = 0; i < 256; i++) {
        // The two float32 operands and the float32 result, spelled out.
        const [value, mean] = new Float32Array([rgba[i * 4 + from]!, keras.mean[c]!]);
        assert.equal(tensor[c * 256 + i], Math.fround(value! - mean!));
      }
    }
  }
  // np.float32(0) - np.float32(103.939) and np.float32(255) - np.float32(103.939)
  const blue = toTensor(
    { width: 1, height: 1, rgba: Uint8Array.of(0, 0, 255, 255) },
    { ...keras, width: 1, height: 1 },
  );
  assert.deepEqual(Array.from(blue), [151.06100463867188, -116.77899932861328, -123.68000030517578]);
});

type Case = [
  ...[Filter, string, string, number, number, number],
  ...[number | null, number, number, string, string],
];

test('scaled, cut and normalised as torchvision does, to the bit', async () => {
  const { values, cases } = JSON.parse(new TextDecoder().decode(await readFixture('pillow/tensors.json')));
  const wrong: string[] = [];
  for (const [filter, mode, content, seed, w, h, side, width, height, name, expected] of cases as Case[]) {
    const source = pixelsOfMode(mode, picture(content, seed, w, h), seed, w, h);
    const preprocessing: Preprocessing = { width, height, resample: filter, ...values[name] };
    if (side !== null) preprocessing.shorterSide = side;
    for (const resample of [undefined, referenceResampler]) {
      const tensor = toTensor(source, preprocessing, undefined, resample);
      if ((await sha256(tensor as Float32Array<ArrayBuffer>)) !== expected)
        wrong.push(`${filter} ${mode} ${content} ${w}×${h} → ${side} → ${width}×${height} ${name}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(cases.length >= 60, `only ${cases.length} cases`);
});

test('ImageNet’s values, spelled out', () => {
  const tensor = toTensor(
    { width: 1, height: 1, rgba: Uint8Array.of(0, 128, 255, 255) },
    {
      ...{ width: 1, height: 1, resample: 'bilinear', channels: 'RGB', divisor: 255 },
      ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    },
  );
  // ((np.float32([0, 128, 255]) / np.float32(255)) - np.float32(mean)) / np.float32(std)
  assert.deepEqual(Array.from(tensor), [-2.1179039478302, 0.20518219470977783, 2.640000104904175]);
});

test('what cannot be divided by is refused', () => {
  for (const bad of [0, -1, 1e-60, Infinity, Number.NaN])
    for (const part of [{ divisor: bad }, { std: [1, bad, 1] as const }])
      assert.throws(() => toTensor(pixels, { ...keras, ...part }), {
        code: 'bad-argument',
        message: /"divisor" and "std" must be above 0/,
      });
});

test('the caller’s array is filled and returned', () => {
  const block = new Float32Array(3 * 256 * 2).fill(7);
  const out = block.subarray(768);
  assert.equal(toTensor(pixels, keras, out), out);
  assert.deepEqual(out.slice(), toTensor(pixels, keras));
  assert.ok(block.subarray(0, 768).every((v) => v === 7));
  assert.throws(() => toTensor(pixels, keras, new Float32Array(5)), {
    code: 'bad-argument',
    message: /768.*5/,
  });
});

test('rgbFirst converts as Pillow does before anything is resized', () => {
  const [width, height] = [9, 7];
  const noise = (seed: number): Uint8Array =>
    Uint8Array.from({ length: width * height * 4 }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255);
  const tensor = (pixels: Pixels, rgbFirst: boolean): Float32Array =>
    toTensor(pixels, {
      width: 5,
      height: 4,
      resample: 'bilinear',
      channels: 'RGB',
      mean: [0, 0, 0],
      ...(rgbFirst ? { rgbFirst } : {}),
    });
  const rgba = noise(1);
  const opaque = tensor({ width, height, rgba, mode: 'RGB' }, false);
  for (const mode of ['RGB', 'RGBA', 'P'] as const)
    assert.deepEqual(tensor({ width, height, rgba, mode }, true), opaque, mode);
  assert.notDeepEqual(tensor({ width, height, rgba, mode: 'RGBA' }, false), opaque);
  assert.notDeepEqual(tensor({ width, height, rgba, mode: 'P' }, false), opaque);

  const ink = noise(2);
  const kept = ink.slice();
  // ImagingConvert's cmyk2rgb: white less black, times what the ink leaves.
  const lit = ink.map((value, i) => {
    const white = 255 - ink[i | 3]!;
    const product = value * white + 128;
    return i % 4 === 3 ? 255 : white - ((product + (product >> 8)) >> 8);
  });
  const fromInk = tensor({ width, height, rgba: ink, mode: 'CMYK' }, true);
  assert.deepEqual(fromInk, tensor({ width, height, rgba: lit, mode: 'RGB' }, false));
  assert.deepEqual(ink, kept);

  const gray = Uint16Array.from({ length: width * height }, (_, i) => (i * 37) % 600);
  const clipped = Uint8Array.from({ length: gray.length * 4 }, (_, i) => Math.min(255, gray[i >> 2]!));
  assert.deepEqual(
    tensor({ width, height, rgba: new Uint8Array(0), gray, mode: 'I' }, true),
    tensor({ width, height, rgba: clipped, mode: 'RGB' }, false),
  );
});
