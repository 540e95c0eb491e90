import { LikenessError } from '../base/errors.ts';
import { badImage } from './bad-image.ts';
import { checkPixels } from './check.ts';
import { resampleCoefficients, type Span } from './coefficients.ts';
import { isPixelRows, type PixelMode, type Pixels } from './pixels.ts';
import type { Preprocessing } from './preprocessing.ts';
import { cmykToRgb, resampleIntegers, resampleNearest, unpremultiply } from './resample.ts';
import { fastResampler, type Resampler } from './resize-wasm.ts';

/** Bytes that may lie between the two passes of a resize. */
const MAX_BETWEEN = 2 ** 30;

function hasTransparency(rgba: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return true;
  return false;
}

/** The mode of `pixels`: the one they name, or the one that their alpha implies. */
export function modeOf(pixels: Pixels): PixelMode {
  return pixels.mode ?? (hasTransparency(pixels.rgba) ? 'RGBA' : 'RGB');
}

function grayToBytes(gray: ArrayLike<number>): Uint8Array {
  const out = new Uint8Array(gray.length * 4);
  for (let i = 0; i < gray.length; i++) out.fill(Math.min(Math.max(gray[i]!, 0), 255), i * 4, i * 4 + 4);
  return out;
}

/** The part of a {@link Preprocessing} that says which pixels there are. */
export type Framing = Pick<Preprocessing, 'width' | 'height' | 'resample' | 'shorterSide'>;

/** Python's `round(n / 2)` for n from 0: a half goes to the even neighbour. */
function roundedHalf(n: number): number {
  const half = Math.floor(n / 2);
  return half + (n % 2) * (half % 2);
}

/** The columns and rows of the scaled picture that are wanted, as in torchvision's `Resize` and `CenterCrop`. */
function spansOf(inWidth: number, inHeight: number, { width, height, shorterSide }: Framing): [Span, Span] {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1))
    throw new LikenessError(
      'bad-argument',
      `cannot resize to ${width} × ${height}: both sides must be integers from 1`,
    );
  if (shorterSide === undefined)
    return [
      { scaled: width, start: 0, size: width },
      { scaled: height, start: 0, size: height },
    ];
  if (!(Number.isInteger(shorterSide) && shorterSide >= Math.max(width, height)))
    throw new LikenessError(
      'bad-argument',
      `cannot cut ${width} × ${height} from a picture whose shorter side is made ${shorterSide}: "shorterSide" must be an integer from ${Math.max(width, height)}`,
    );
  const shorter = Math.min(inWidth, inHeight);
  const span = (inSize: number, size: number): Span => {
    const scaled = Math.trunc((shorterSide * inSize) / shorter);
    return { scaled, start: roundedHalf(scaled - size), size };
  };
  return [span(inWidth, width), span(inHeight, height)];
}

/** The part of a picture that a {@link resize} sees, in pixels of the picture; fractions where it cuts the middle out. */
export function areaOf(
  { width, height }: Pick<Pixels, 'width' | 'height'>,
  framing: Framing,
): { x: number; y: number; width: number; height: number } {
  const [columns, rows] = spansOf(width, height, framing);
  const [across, down] = [width / columns.scaled, height / rows.scaled];
  return {
    x: columns.start * across,
    y: rows.start * down,
    width: columns.size * across,
    height: rows.size * down,
  };
}

/**
 * Pillow's `image.resize((width, height), BICUBIC or BILINEAR).convert('RGB')`, to the byte (`PIL.Image.Image.resize`,
 * 7.0 and later; mode I as Pillow 7 to 9 read 16-bit grey). With `shorterSide` torchvision's `Resize(shorterSide)` and
 * `CenterCrop((height, width))` of a PIL image: the aspect ratio is kept, the longer side cut off to an integer, and
 * only what the cut keeps is computed.
 *
 * @param framing `width` and `height` are 1 or more, in pixels; `shorterSide` is no less than either
 * @returns `width * height * 4` bytes: R, G, B and a fourth that means nothing
 * @throws LikenessError `bad-image` or `bad-argument`
 */
export function resize(pixels: Pixels, framing: Framing, resample: Resampler = fastResampler()): Uint8Array {
  checkPixels(pixels);
  const { width, height, gray } = pixels;
  const [columns, rows] = spansOf(width, height, framing);
  const mode = modeOf(pixels);
  const integers = mode === 'I' && gray !== undefined;
  const same = columns.scaled === width && rows.scaled === height;
  let out: Uint8Array;
  // Pillow copies a picture of the right size before it looks at the mode, so colour under alpha stays as it is.
  if (!integers && (same || mode === 'P' || mode === 'I;16'))
    out = resampleNearest(pixels.rgba, width, height, columns, rows, mode === 'I;16');
  else {
    const across = resampleCoefficients(framing.resample, width, columns);
    const down = resampleCoefficients(framing.resample, height, rows);
    // Only the rows that some output pixel needs: those from `top` to `bottom`.
    const top = down ? down.first[0]! : 0;
    const bottom = down ? down.first.at(-1)! + down.count.at(-1)! : height;
    if (down) down.first = down.first.map((row) => row - top);
    if (integers)
      return grayToBytes(
        resampleIntegers(gray.subarray(top * width, bottom * width), width, bottom - top, across, down),
      );
    if (columns.size * (bottom - top) * 4 > MAX_BETWEEN)
      throw badImage(
        `a picture of ${width} × ${height} is too tall to be resized to ${columns.size} × ${rows.size}: crop it or scale it down first`,
      );
    const part = isPixelRows(pixels)
      ? (from: number, to: number) => pixels.read(top + from, top + to)
      : pixels.rgba.subarray(top * width * 4, bottom * width * 4);
    out = resample(part, width, bottom - top, across, down, mode === 'RGBA');
    if (mode === 'RGBA') unpremultiply(out);
  }
  if (mode === 'CMYK') cmykToRgb(out);
  return out;
}
