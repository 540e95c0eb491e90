import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crop } from '../../../src/image/crop.ts';
import { readJpeg } from '../../../src/image/jpeg.ts';
import { orient } from '../../../src/image/orient.ts';
import { isPixelRows, type Pixels } from '../../../src/image/pixels.ts';
import { asStored, readBitmap } from '../../../src/image/readback.ts';
import { resize } from '../../../src/image/resize.ts';
import { decode } from '../../support/browser-decode.ts';

const [width, height] = [2360, 1700];

/** A picture in which no part is like another, as a JPEG file without EXIF data and profile. */
async function makeJpeg(): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  const colours = context.createLinearGradient(0, 0, width, height);
  for (const [at, colour] of ['red', 'white', 'blue', 'black', 'lime'].entries())
    colours.addColorStop(at / 4, colour);
  context.fillStyle = colours;
  context.fillRect(0, 0, width, height);
  for (let n = 0; n < 300; n++) {
    context.fillStyle = `hsl(${(n * 47) % 360} 80% ${20 + (n % 60)}%)`;
    context.fillRect((n * 811) % width, (n * 577) % height, 20 + (n % 90), 15 + (n % 70));
  }
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
  // Some browsers put a profile into it, and obey it.
  return readJpeg(new Uint8Array(await blob.arrayBuffer())).bare;
}

/** The file with EXIF data that say how it is to be turned. */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array<ArrayBuffer> {
  const tiff = [
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    1,
    18,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ];
  const exif = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2, ...exif, ...jpeg.subarray(2)]);
}

const framing = { width: 160, height: 160, resample: 'bilinear' } as const;
const cut = { ...framing, shorterSide: 170 };

describe('a JPEG so large that its pixels are read some rows at a time', () => {
  test('is resized to the byte as one whose pixels are all there, however it is turned', async () => {
    const jpeg = await makeJpeg();
    const bitmap = await createImageBitmap(new Blob([jpeg]), { ...asStored, imageOrientation: 'none' });
    const whole: Pixels = await readBitmap(bitmap);
    bitmap.close();
    for (let orientation = 1; orientation <= 8; orientation++) {
      const wanted = orient(whole, orientation);
      const pixels = await decode(withOrientation(jpeg, orientation), { orient: true });
      assert.ok(isPixelRows(pixels));
      assert.deepEqual([pixels.width, pixels.height], [wanted.width, wanted.height]);
      for (const how of [framing, cut])
        assert.deepEqual(resize(pixels, how), resize(wanted, how), `orientation ${orientation}`);
      pixels.close();
    }
  });

  test('can be cropped, and gives all its pixels to whoever asks for them', async () => {
    const jpeg = await makeJpeg();
    const pixels = await decode(jpeg, { orient: true });
    assert.ok(isPixelRows(pixels));
    const region = { x: 700, y: 900, width: 301, height: 257 };
    const part = crop(pixels, region);
    const { rgba } = pixels;
    assert.equal(rgba.length, width * height * 4);
    const whole: Pixels = { width, height, rgba: rgba.slice(), mode: 'RGB' };
    assert.deepEqual(part.rgba, crop(whole, region).rgba);
    assert.deepEqual(resize(pixels, framing), resize(whole, framing));
    pixels.close();
  });
});
