import { LikenessError } from '../errors.ts';
import { checkPixels } from './check.ts';
import type { PixelMode, Pixels } from './pixels.ts';
import {
  cmykToRgb,
  premultiply,
  resampleBicubic,
  resampleIntegers,
  resampleNearest,
  unpremultiply,
} from './resample.ts';

/**
 * A bicubic resize of four 8-bit channels; each one equals {@link resampleBicubic}.
 *
 * @param premultiplied the source's colour is to be multiplied by its alpha first, as {@link premultiply} does
 */
export type Resampler = (
  source: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  outWidth: number,
  outHeight: number,
  premultiplied: boolean,
) => Uint8Array;

/** Limit of what lies between the two passes of a resize, in bytes. */
const MAX_BETWEEN = 2 ** 30;

/** The plain TypeScript resampler. */
export const referenceResampler: Resampler = (source, width, height, outWidth, outHeight, premultiplied) => {
  if (!premultiplied) return resampleBicubic(source, width, height, outWidth, outHeight);
  const colour = new Uint8Array(source.length);
  premultiply(source, colour);
  return resampleBicubic(colour, width, height, outWidth, outHeight);
};

function hasTransparency(rgba: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return true;
  return false;
}

/** The mode that `pixels` has or, where it says nothing, implies. */
export function modeOf(pixels: Pixels): PixelMode {
  return pixels.mode ?? (hasTransparency(pixels.rgba) ? 'RGBA' : 'RGB');
}

function grayToBytes(gray: ArrayLike<number>): Uint8Array {
  const out = new Uint8Array(gray.length * 4);
  for (let i = 0; i < gray.length; i++) out.fill(Math.min(Math.max(gray[i]!, 0), 255), i * 4, i * 4 + 4);
  return out;
}

/**
 * Pillow's `image.resize((width, height), BICUBIC).convert('RGB')`, to the byte (`PIL.Image.Image.resize`, 7.0 and
 * later; mode I as Pillow 7 to 9 read 16-bit grey).
 *
 * @param width 1 or more, in pixels
 * @param height 1 or more, in pixels
 * @returns `width * height * 4` bytes: R, G, B and a fourth that means nothing
 * @throws LikenessError `bad-image` or `bad-argument`
 */
export function resize(
  pixels: Pixels,
  width: number,
  height: number,
  resample: Resampler = referenceResampler,
): Uint8Array {
  checkPixels(pixels);
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1))
    throw new LikenessError(
      'bad-argument',
      `cannot resize to ${width} × ${height}: both sides must be integers from 1`,
    );
  const same = pixels.width === width && pixels.height === height;
  if (pixels.mode === 'I' && pixels.gray) {
    return grayToBytes(
      same ? pixels.gray : resampleIntegers(pixels.gray, pixels.width, pixels.height, width, height),
    );
  }
  if (width * pixels.height * 4 > MAX_BETWEEN)
    throw new LikenessError(
      'bad-image',
      `a picture of ${pixels.width} × ${pixels.height} is too tall to be resized to ${width} × ${height}: crop it or scale it down first`,
    );
  const mode = modeOf(pixels);
  let out: Uint8Array;
  // Pillow copies here, before it looks at the mode: transparent pictures keep colours that premultiplying would blur.
  if (same) out = new Uint8Array(pixels.rgba);
  else if (mode === 'P') out = resampleNearest(pixels.rgba, pixels.width, pixels.height, width, height);
  else {
    out = resample(pixels.rgba, pixels.width, pixels.height, width, height, mode === 'RGBA');
    if (mode === 'RGBA') unpremultiply(out);
  }
  if (mode === 'CMYK') cmykToRgb(out);
  return out;
}
