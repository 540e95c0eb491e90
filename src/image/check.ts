import { classOf } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import { badImage } from './bad-image.ts';
import { isPixelRows, type PixelMode, type Pixels } from './pixels.ts';

/** More pixels than this are refused: a small file can claim a picture that fills the memory. 16383², sharp's own limit. */
export const MAX_PIXELS = 268_402_689;

/** A resize keeps weights for every pixel of a side, so sides have a limit, too. */
const MAX_SIDE = 1 << 22;

const modes: readonly PixelMode[] = ['RGB', 'RGBA', 'P', 'I;16', 'CMYK', 'I'];

/** Throws `bad-image` unless both sides are at least one pixel and the picture is not absurdly large. */
export function checkSize(width: number, height: number, what = 'the picture'): void {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1))
    throw badImage(`${what} is ${width} × ${height}: both sides must be at least 1 pixel`);
  if (Math.max(width, height) > MAX_SIDE)
    throw badImage(`${what} is ${width} × ${height}; no side may exceed ${MAX_SIDE} pixels`);
  if (width * height > MAX_PIXELS)
    throw badImage(
      `${what} is ${width} × ${height} = ${Math.round((width * height) / 1e6)} million pixels; the limit is 268 million. Scale it down first`,
    );
}

/** Throws `bad-image` or `bad-argument` unless `pixels` is what {@link Pixels} says. */
export function checkPixels(pixels: Pixels): void {
  checkSize(pixels.width, pixels.height);
  if (isPixelRows(pixels)) return; // of our own
  const { width, height, rgba, mode, gray } = pixels;
  if (mode !== undefined && !modes.includes(mode))
    throw new LikenessError(
      'bad-argument',
      `pixels have the mode ${JSON.stringify(mode)}; known are ${modes.join(', ')}`,
    );
  if (mode === 'I') {
    if (classOf(gray) !== 'Uint16Array' || gray?.length !== width * height)
      throw badImage(
        `pixels of mode I, ${width} × ${height}, need a Uint16Array "gray" of ${width * height} samples; got ${gray?.length ?? 'none'}`,
      );
  } else if (
    !['Uint8Array', 'Uint8ClampedArray'].includes(classOf(rgba)) ||
    rgba.length !== width * height * 4
  ) {
    throw badImage(
      `pixels of ${width} × ${height} need ${width * height * 4} bytes of "rgba"; got ${rgba?.length ?? 'none'}`,
    );
  }
}
