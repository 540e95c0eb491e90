import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { decode, decodeWithoutSharp } from '../../../src/image/decode.node.ts';
import { readJpeg } from '../../../src/image/jpeg.ts';
import { decodeColourJpeg, decodeScaledJpeg } from '../../../src/image/jpeg-turbo.ts';
import type { Pixels } from '../../../src/image/pixels.ts';
import { smallWebp } from '../../../src/image/small.ts';
import { samples } from '../../support/cli.ts';

const sample = (name = 'A001'): string => join(samples, `${name}.jpeg`);

/** What a picture is on average, over `size` × `size` pixels at a time; the last ones of a line are left out. */
function averages({ width, height, rgba }: Pixels, size: number): number[] {
  const values: number[] = [];
  for (let top = 0; top + size <= height; top += size) {
    for (let left = 0; left + size <= width; left += size) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let y = top; y < top + size; y++)
          for (let x = left; x < left + size; x++) sum += rgba[4 * (y * width + x) + channel]!;
        values.push(sum / size ** 2);
      }
    }
  }
  return values;
}

/** @returns how far apart two pictures of the same thing are on average, of 255 */
function apart(whole: Pixels, scaled: Pixels, eighths: number): number {
  const [some, others] = [averages(whole, 8), averages(scaled, eighths)];
  // The scaled one has a line for what is left of a block.
  const across = Math.floor(whole.width / 8);
  const acrossScaled = Math.floor(scaled.width / eighths);
  let sum = 0;
  for (const [n, value] of some.entries()) {
    const [row, rest] = [Math.floor(n / (3 * across)), n % (3 * across)];
    sum += Math.abs(value - others[3 * acrossScaled * row + rest]!);
  }
  return sum / some.length;
}

for (const kind of ['baseline', 'progressive', 'grey'] as const) {
  test(`a ${kind} JPEG is decoded to a half, a quarter and an eighth: its blocks, smaller`, async () => {
    for (const [width, height] of [
      [333, 250],
      [320, 240],
      [9, 17],
      [2, 3],
    ] as const) {
      let picture = sharp(sample()).resize(width, height, { fit: 'fill' });
      if (kind === 'grey') picture = picture.greyscale();
      const file = await picture.jpeg({ quality: 90, progressive: kind === 'progressive' }).toBuffer();
      const jpeg = readJpeg(file);
      const whole = await decodeColourJpeg(jpeg.bare, width, height);
      for (const eighths of [1, 2, 4, 8]) {
        const scaled = await decodeScaledJpeg(jpeg.bare, jpeg, eighths);
        assert.equal(scaled.width, Math.ceil((width * eighths) / 8));
        assert.equal(scaled.height, Math.ceil((height * eighths) / 8));
        assert.equal(scaled.rgba.length, 4 * scaled.width * scaled.height);
        if (eighths === 8) assert.deepEqual(scaled.rgba, whole.rgba);
        else if (width > 16) assert.ok(apart(whole, scaled, eighths) < 2, `${eighths}: ${width}`);
      }
    }
  });
}

test('only as many pixels are decoded as a small picture needs, upright, also of ink', async () => {
  const large = sharp(sample()).resize(1000, 600, { fit: 'fill' });
  const turned = await large.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const asked: { width: number; height: number }[] = [];
  const of = (least: number) => ({
    orient: true,
    least: (size: { width: number; height: number }) => {
      asked.push(size);
      return least;
    },
  });
  const sizes: Record<number, [number, number]> = {
    125: [75, 125],
    126: [150, 250],
    500: [300, 500],
    501: [600, 1000],
    2000: [600, 1000],
  };
  for (const read of [decode, decodeWithoutSharp]) {
    for (const [least, size] of Object.entries(sizes)) {
      const { width, height } = await read(turned, of(Number(least)));
      assert.deepEqual([width, height], size, `${least}`);
    }
  }
  assert.deepEqual(asked[0], { width: 600, height: 1000 });
  const stored = await decodeWithoutSharp(turned, { orient: false, least: () => 100 });
  assert.deepEqual([stored.width, stored.height], [125, 75]);

  const ink = await large.clone().toColourspace('cmyk').jpeg({ quality: 90 }).toBuffer();
  assert.equal(readJpeg(ink).components, 4);
  const [whole, scaled] = await Promise.all([
    decodeWithoutSharp(ink, { orient: true }),
    decodeWithoutSharp(ink, { orient: true, least: () => 120 }),
  ]);
  assert.equal(scaled.mode, 'CMYK');
  assert.deepEqual([scaled.width, scaled.height], [125, 75]);
  assert.ok(apart(whole, scaled, 1) < 2);
});

test('a small picture of a large JPEG looks the same when it is made of a fraction of its pixels', async () => {
  const file = await sharp(sample('B012'))
    .resize(2016, 1512, { fit: 'fill' })
    .jpeg({ quality: 90 })
    .toBuffer();
  const encoding = { side: 240, quality: 76, method: 2 };
  const whole = await decodeWithoutSharp(file, { orient: true });
  const scaled = await decodeWithoutSharp(file, { orient: true, least: () => encoding.side });
  assert.deepEqual([scaled.width, scaled.height], [252, 189]);
  const [some, others] = await Promise.all(
    [whole, scaled].map(async (pixels) =>
      decodeWithoutSharp(await smallWebp(pixels, encoding), { orient: true }),
    ),
  );
  assert.deepEqual([some!.width, some!.height], [others!.width, others!.height]);
  let sum = 0;
  for (const [n, value] of some!.rgba.entries()) sum += Math.abs(value - others!.rgba[n]!);
  assert.ok(sum / some!.rgba.length < 4, `${sum / some!.rgba.length} of 255`);
});

test('a JPEG that is cut or broken is refused, also where a small picture is wanted', async () => {
  const file = await sharp(sample()).resize(1000, 600, { fit: 'fill' }).jpeg().toBuffer();
  for (const bytes of [file.subarray(0, 3000), file.subarray(0, file.length - 2).fill(0, 300, 320)]) {
    const [whole, small] = await Promise.allSettled([
      decodeWithoutSharp(bytes, { orient: true }),
      decodeWithoutSharp(bytes, { orient: true, least: () => 100 }),
    ]);
    assert.equal(whole.status, 'rejected');
    assert.equal(small.status, 'rejected');
    assert.equal(small.reason.code, 'bad-image');
  }
});
