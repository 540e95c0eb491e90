import { free } from '../base/free.ts';
import { orient } from './orient.ts';
import type { PixelRows } from './pixels.ts';
import { readOpaquePart } from './readback.ts';

/**
 * An opaque bitmap whose pixels are read some rows at a time.
 *
 * @param bitmap is closed when the pixels are not needed any more
 * @param orientation how it is turned: EXIF's, 1 (as it is) … 8
 */
export function bitmapRows(bitmap: ImageBitmap, orientation = 1): PixelRows {
  const isTurned = orientation >= 5;
  const [width, height] = isTurned ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
  /** Whether the first row is the bitmap's last row or column. */
  const isBackwards = [3, 4, 7, 8].includes(orientation);
  let whole: Uint8Array | undefined;
  const read = (from: number, to: number): Uint8Array => {
    if (whole) return whole.subarray(from * width * 4, to * width * 4);
    const first = isBackwards ? height - to : from;
    const size = to - from;
    const part = isTurned
      ? { x: first, y: 0, width: size, height: bitmap.height }
      : { x: 0, y: first, width: bitmap.width, height: size };
    const rgba = readOpaquePart(bitmap, part);
    const upright = orient({ width: part.width, height: part.height, rgba, mode: 'RGB' }, orientation);
    if (upright.rgba !== rgba) free(rgba);
    return upright.rgba as Uint8Array;
  };
  const rows: Omit<PixelRows, 'rgba'> = {
    width,
    height,
    mode: 'RGB',
    read,
    turned: (by) => bitmapRows(bitmap, by),
    close: () => {
      bitmap.close();
      free(whole);
    },
  };
  return Object.defineProperty(rows, 'rgba', {
    enumerable: true,
    get: () => {
      if (!whole) {
        const all = new Uint8Array(width * height * 4);
        for (let y = 0; y < height; y += bandRows) {
          const end = Math.min(height, y + bandRows);
          const band = read(y, end);
          all.set(band, y * width * 4);
          free(band);
        }
        whole = all;
        bitmap.close();
      }
      return whole;
    },
  }) as PixelRows;
}

const bandRows = 256;
