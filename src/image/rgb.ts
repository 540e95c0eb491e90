import { checkPixels } from './check.ts';
import { isPixelRows, type Pixels } from './pixels.ts';
import { cmykToRgb } from './resample.ts';

/**
 * Pillow's `image.convert('RGB')`: alpha is dropped, ink is subtracted from white, 16-bit grey is clipped to 0..255.
 * The caller's pixels stay as they are.
 *
 * @throws LikenessError `bad-image`
 */
export function toRgb(pixels: Pixels): Pixels {
  checkPixels(pixels);
  if (isPixelRows(pixels)) return pixels;
  const { width, height, mode, gray } = pixels;
  let { rgba } = pixels;
  if (mode === 'CMYK') {
    const copy = new Uint8Array(rgba);
    cmykToRgb(copy);
    rgba = copy;
  } else if (mode === 'I' && gray) {
    rgba = new Uint8Array(gray.length * 4);
    for (const [i, value] of gray.entries()) rgba.fill(Math.min(value, 255), i * 4, i * 4 + 4);
  }
  return { width, height, rgba, mode: 'RGB' };
}
