import type { Pixels } from './pixels.ts';
import { resize } from './resize.ts';
import { toRgb } from './rgb.ts';
import { encodeWebp } from './webp-encode.ts';

/**
 * A picture as a small WebP file, the same bytes on every machine. What shines through is white, as on paper; a small
 * picture is not made larger.
 *
 * @param options.side of the longer side, in pixels
 * @param options.quality 0 … 100
 * @param options.method of the encoder: 0 (fast) … 6 (small)
 */
export async function smallWebp(
  pixels: Pixels,
  { side, quality, method }: { side: number; quality: number; method?: number },
): Promise<Uint8Array> {
  const opaque = onWhite(pixels);
  const scale = Math.min(1, side / Math.max(opaque.width, opaque.height));
  const width = Math.max(1, Math.round(opaque.width * scale));
  const height = Math.max(1, Math.round(opaque.height * scale));
  // A bicubic filter takes twice the time, which is most of what this takes, and shows nothing more at this size.
  const small = resize(opaque, { width, height, resample: 'bilinear' });
  for (let i = 3; i < small.length; i += 4) small[i] = 255;
  return encodeWebp(small, width, height, { quality, method });
}

function onWhite(pixels: Pixels): Pixels {
  if (pixels.mode === 'CMYK' || pixels.mode === 'I') return toRgb(pixels);
  const { width, height } = pixels;
  // A large photograph is not copied.
  if (isOpaque(pixels.rgba)) return { ...pixels, mode: 'RGB' };
  const rgba = new Uint8Array(pixels.rgba);
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3]!;
    if (alpha === 255) continue;
    for (let c = i; c < i + 3; c++) rgba[c] = Math.round((rgba[c]! * alpha + 255 * (255 - alpha)) / 255);
    rgba[i + 3] = 255;
  }
  return { width, height, rgba, mode: 'RGB' };
}

function isOpaque(rgba: Pixels['rgba']): boolean {
  let alpha = 255;
  for (let i = 3; i < rgba.length; i += 4) alpha &= rgba[i]!;
  return alpha === 255;
}
