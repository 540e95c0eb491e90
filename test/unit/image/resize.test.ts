// Against the real Pillow (test/fixtures/pillow/bicubic.json and bilinear.json, made by scripts/fixtures/pillow.py), byte for byte.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { LikenessError } from '../../../src/base/errors.ts';
import { type Filter, resampleCoefficients } from '../../../src/image/coefficients.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import { type Framing, resize } from '../../../src/image/resize.ts';
import { createWasmResampler, fastResampler, type Resampler } from '../../../src/image/resize-wasm.ts';
import { readFixture } from '../../support/fixture.ts';
import { dropAlpha, noise, picture, pixelsOfMode, sha256 } from '../../support/pictures.ts';
import { referenceResampler } from '../../support/reference-resampler.ts';

type Case = [string, string, number, number, number, number, number, string];
const filters: readonly Filter[] = ['bicubic', 'bilinear'];
const cases = new Map<Filter, Case[]>();

before(async () => {
  for (const filter of filters)
    cases.set(filter, JSON.parse(new TextDecoder().decode(await readFixture(`pillow/${filter}.json`))).cases);
});

/** Weights of a whole axis. */
const axis = (filter: Filter, from: number, to: number) =>
  resampleCoefficients(filter, from, { scaled: to, start: 0, size: to });

for (const [name, make] of [
  ['reference', () => referenceResampler],
  ['wasm', createWasmResampler],
] as [string, () => Resampler][]) {
  describe(name, () => {
    for (const wanted of ['RGB', 'RGBA', 'L', 'LA', 'CMYK', 'P', '1', 'I']) {
      test(`mode ${wanted} equals Pillow`, async () => {
        const resample = make();
        const wrong: string[] = [];
        for (const filter of filters) {
          const ours = cases.get(filter)!.filter(([mode]) => mode === wanted);
          assert.ok(ours.length >= (filter === 'bicubic' ? 30 : 11), `only ${ours.length} cases`);
          for (const [mode, content, seed, width, height, outWidth, outHeight, expected] of ours) {
            const pixels = pixelsOfMode(mode, picture(content, seed, width, height), seed, width, height);
            const out = resize(pixels, { width: outWidth, height: outHeight, resample: filter }, resample);
            if ((await sha256(dropAlpha(out))) !== expected)
              wrong.push(`${filter} ${content} ${width}×${height} → ${outWidth}×${outHeight}`);
          }
        }
        assert.deepEqual(wrong, []);
      });
    }
  });
}

test('the wasm resampler equals the reference, all four channels, over many shapes', () => {
  const wasm = createWasmResampler();
  const sides = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 64, 97];
  let seed = 1;
  for (const width of sides)
    for (const outWidth of sides) {
      seed++;
      const height = sides[seed % sides.length]!;
      const outHeight = sides[(seed * 5) % sides.length]!;
      const source = seed % 3 ? noise(seed, width * height * 4) : picture('extremes', seed, width, height);
      for (const filter of filters) {
        const across = axis(filter, width, outWidth);
        const down = axis(filter, height, outHeight);
        for (const premultiplied of [false, true])
          assert.deepEqual(
            wasm(source, width, height, across, down, premultiplied),
            referenceResampler(source, width, height, across, down, premultiplied),
            `${filter} ${width}×${height} → ${outWidth}×${outHeight}`,
          );
      }
    }
});

test('a part equals what is cut from the whole, with both resamplers', () => {
  const [width, height, side] = [23, 61, 29];
  const rgba = noise(9, width * height * 4);
  const gray = Uint16Array.from({ length: width * height }, (_, i) => rgba[i]! * 257);
  const whole = { width: side, height: Math.trunc((side * height) / width), resample: 'bicubic' } as const;
  const part = { ...whole, width: 14, height: 21, shorterSide: side };
  const [left, top] = [8, 28]; // of 15 / 2 and 55 / 2; a half goes to the even neighbour
  assert.equal(whole.height, 76);
  for (const mode of ['RGB', 'RGBA', 'CMYK', 'P', 'I'] as const)
    for (const resample of [referenceResampler, createWasmResampler()])
      for (const filter of filters) {
        const pixels = { width, height, rgba, mode, gray };
        const all = resize(pixels, { ...whole, resample: filter }, resample);
        const cut = new Uint8Array(part.width * part.height * 4);
        for (let y = 0; y < part.height; y++) {
          const at = ((top + y) * whole.width + left) * 4;
          cut.set(all.subarray(at, at + part.width * 4), y * part.width * 4);
        }
        assert.deepEqual(resize(pixels, { ...part, resample: filter }, resample), cut, `${filter} ${mode}`);
      }
});

test('a very tall picture is no trouble where little of it is kept', () => {
  const pixels = {
    width: 1,
    height: 2_000_000,
    rgba: new Uint8Array(8_000_000).fill(7),
    mode: 'RGB',
  } as const;
  for (const resample of filters)
    for (const resampler of [referenceResampler, createWasmResampler()]) {
      const out = resize(pixels, { width: 224, height: 224, shorterSide: 256, resample }, resampler);
      assert.ok(out.length === 224 * 224 * 4 && out.every((byte, i) => byte === 7 || i % 4 === 3));
    }
});

test('a picture larger than a band, and a smaller one after it', () => {
  const wasm = createWasmResampler();
  for (const [width, height] of [
    [1100, 1000],
    [1_100_000, 1],
    [3, 360_000],
    [64, 20],
  ] as [number, number][]) {
    const source = noise(width, width * height * 4);
    for (const filter of filters) {
      const across = axis(filter, width, 40);
      const down = axis(filter, height, 30);
      assert.deepEqual(
        wasm(source, width, height, across, down, true),
        referenceResampler(source, width, height, across, down, true),
        `${filter} ${width}×${height}`,
      );
    }
  }
});

test('premultiplication equals the reference for every colour and alpha', () => {
  const source = new Uint8Array(256 * 256 * 4);
  for (let i = 0; i < 65536; i++) source.set([i >> 8, 255 - (i >> 8), (i * 7) & 255, i & 255], i * 4);
  const down = axis('bicubic', 256, 257);
  assert.deepEqual(
    createWasmResampler()(source, 256, 256, undefined, down, true),
    referenceResampler(source, 256, 256, undefined, down, true),
  );
});

test('a thread has one resampler', () => {
  assert.equal(fastResampler(), fastResampler());
});

test('resizing leaves the source alone', () => {
  const rgba = noise(5, 16 * 16 * 4);
  const copy = rgba.slice();
  for (const mode of ['RGB', 'RGBA', 'P'] as const)
    for (const side of [8, 16, 20])
      for (const resample of [referenceResampler, fastResampler()]) {
        const framing = { width: side, height: side, resample: 'bicubic' } as const;
        const out = resize({ width: 16, height: 16, rgba, mode }, framing, resample);
        assert.notEqual(out.buffer, rgba.buffer);
      }
  assert.deepEqual(rgba, copy);
});

test('bad pixels and sizes are named', () => {
  const to = (width: number, height: number, shorterSide?: number): Framing => ({
    width,
    height,
    resample: 'bicubic',
    ...(shorterSide !== undefined && { shorterSide }),
  });
  const fails = (pixels: Partial<Pixels>, code: string, message: RegExp) =>
    assert.throws(
      () => resize({ width: 2, height: 2, rgba: new Uint8Array(16), ...pixels }, to(4, 4)),
      (error: unknown) => (error as LikenessError).code === code && message.test(String(error)),
    );
  fails({ width: 0 }, 'bad-image', /0 × 2/);
  fails({ height: -1 }, 'bad-image', /2 × -1/);
  fails({ width: 1.5 }, 'bad-image', /1\.5/);
  fails({ width: Number.NaN }, 'bad-image', /NaN/);
  fails({ width: 20_000, height: 20_000 }, 'bad-image', /400 million/);
  fails({ rgba: new Uint8Array(15) }, 'bad-image', /16 bytes.*15/);
  fails({ mode: 'I' }, 'bad-image', /4 samples/);
  fails({ mode: 'I', gray: new Uint16Array(3) }, 'bad-image', /4 samples.*3/);
  fails({ mode: 'HSV' as never }, 'bad-argument', /HSV/);
  fails({ width: 5_000_000 }, 'bad-image', /no side may exceed/);
  const tall = { width: 1, height: 1_300_000, rgba: new Uint8Array(5_200_000) };
  assert.throws(() => resize(tall, to(224, 224)), { code: 'bad-image', message: /too tall/ });
  const good = { width: 1, height: 1, rgba: new Uint8Array(4) };
  for (const side of [0, -1, 1.5, Number.NaN])
    assert.throws(() => resize(good, to(side, 4)), { code: 'bad-argument' });
  for (const side of [0, 4, 4.5, 5.5, Number.NaN, Infinity])
    assert.throws(() => resize(good, to(3, 5, side)), {
      code: 'bad-argument',
      message: /3 × 5.*"shorterSide" must be an integer from 5/,
    });
  assert.equal(resize(good, to(3, 5, 5)).length, 60);
});
