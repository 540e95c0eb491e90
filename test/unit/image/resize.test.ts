// Against the real Pillow (test/fixtures/pillow/resize.json, made by scripts/fixtures/pillow.py), byte for byte.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { LikenessError } from '../../../src/errors.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import { type Resampler, referenceResampler, resize } from '../../../src/image/resize.ts';
import { createWasmResampler, fastResampler } from '../../../src/image/resize-wasm.ts';
import { readFixture } from '../../support/fixture.ts';
import { dropAlpha, noise, picture, pixelsOfMode, sha256 } from '../../support/pictures.ts';

type Case = [string, string, number, number, number, number, number, string];
let cases: Case[] = [];

before(async () => {
  cases = JSON.parse(new TextDecoder().decode(await readFixture('pillow/resize.json'))).cases;
});

for (const [name, make] of [
  ['reference', () => referenceResampler],
  ['wasm', createWasmResampler],
] as [string, () => Resampler][]) {
  describe(name, () => {
    for (const wanted of ['RGB', 'RGBA', 'L', 'LA', 'CMYK', 'P', '1', 'I']) {
      test(`mode ${wanted} equals Pillow`, async () => {
        const resample = make();
        const wrong: string[] = [];
        let ran = 0;
        for (const [mode, content, seed, width, height, outWidth, outHeight, expected] of cases) {
          if (mode !== wanted) continue;
          const pixels = pixelsOfMode(mode, picture(content, seed, width, height), seed, width, height);
          const out = resize(pixels, outWidth, outHeight, resample);
          if ((await sha256(dropAlpha(out))) !== expected)
            wrong.push(`${content} ${width}×${height} → ${outWidth}×${outHeight}`);
          ran++;
        }
        assert.deepEqual(wrong, []);
        assert.ok(ran >= 30, `only ${ran} cases`);
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
      for (const premultiplied of [false, true])
        assert.deepEqual(
          wasm(source, width, height, outWidth, outHeight, premultiplied),
          referenceResampler(source, width, height, outWidth, outHeight, premultiplied),
          `${width}×${height} → ${outWidth}×${outHeight}`,
        );
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
    assert.deepEqual(
      wasm(source, width, height, 40, 30, true),
      referenceResampler(source, width, height, 40, 30, true),
      `${width}×${height}`,
    );
  }
});

test('premultiplication equals the reference for every colour and alpha', () => {
  const source = new Uint8Array(256 * 256 * 4);
  for (let i = 0; i < 65536; i++) source.set([i >> 8, 255 - (i >> 8), (i * 7) & 255, i & 255], i * 4);
  assert.deepEqual(
    createWasmResampler()(source, 256, 256, 256, 257, true),
    referenceResampler(source, 256, 256, 256, 257, true),
  );
});

test('this platform has the fast resampler', () => {
  assert.notEqual(fastResampler(), referenceResampler);
  assert.equal(fastResampler(), fastResampler());
});

test('resizing leaves the source alone', () => {
  const rgba = noise(5, 16 * 16 * 4);
  const copy = rgba.slice();
  for (const mode of ['RGB', 'RGBA', 'P'] as const)
    for (const side of [8, 16, 20])
      for (const resample of [referenceResampler, fastResampler()]) {
        const out = resize({ width: 16, height: 16, rgba, mode }, side, side, resample);
        assert.notEqual(out.buffer, rgba.buffer);
      }
  assert.deepEqual(rgba, copy);
});

test('bad pixels and sizes are named', () => {
  const fails = (pixels: Partial<Pixels>, code: string, message: RegExp) =>
    assert.throws(
      () => resize({ width: 2, height: 2, rgba: new Uint8Array(16), ...pixels }, 4, 4),
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
  assert.throws(() => resize(tall, 224, 224), { code: 'bad-image', message: /too tall/ });
  const good = { width: 1, height: 1, rgba: new Uint8Array(4) };
  for (const side of [0, -1, 1.5, Number.NaN])
    assert.throws(() => resize(good, side, 4), { code: 'bad-argument' });
});
