import { LikenessError } from '../base/errors.ts';
import { checkPixels } from './check.ts';
import { isPixelRows, type Pixels } from './pixels.ts';

/**
 * A part of a picture, in whole pixels of the picture as it is read: upright, its EXIF orientation applied (with
 * `exif: 'ignore'`, as it is stored).
 */
export interface Region {
  /** Columns left of it, from 0. */
  x: number;
  /** Rows above it, from 0. */
  y: number;
  /** From 1. */
  width: number;
  /** From 1. */
  height: number;
}

/**
 * Pillow's `image.crop((x, y, x + width, y + height))` of a region within the picture. The caller's pixels stay as they
 * are.
 *
 * @throws LikenessError `bad-argument` where the region leads out of the picture, `bad-image`
 */
export function crop(pixels: Pixels, region: Region): Pixels {
  checkPixels(pixels);
  const { x, y, width, height } = region;
  if (x + width > pixels.width || y + height > pixels.height) {
    throw new LikenessError(
      'bad-argument',
      `The region { x: ${x}, y: ${y}, width: ${width}, height: ${height} } leads out of the picture, which is ${pixels.width} × ${pixels.height} pixels.`,
    );
  }
  if (isPixelRows(pixels)) {
    const rgba = pixels.read(y, y + height);
    const rows: Pixels = { width: pixels.width, height, rgba, mode: 'RGB' };
    return crop(rows, { ...region, y: 0 });
  }
  const cut = <T extends Uint8Array | Uint8ClampedArray | Uint16Array>(from: T, to: T, each: number): T => {
    for (let row = 0; row < height; row++) {
      const start = ((y + row) * pixels.width + x) * each;
      to.set(from.subarray(start, start + width * each), row * width * each);
    }
    return to;
  };
  const { rgba, gray } = pixels;
  const size = width * height;
  return pixels.mode === 'I' && gray
    ? { ...pixels, width, height, gray: cut(gray, new Uint16Array(size), 1) }
    : { ...pixels, width, height, rgba: cut(rgba, new Uint8Array(4 * size), 4) };
}
