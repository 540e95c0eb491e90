import type { Coefficients, Span } from './coefficients.ts';

// What Pillow resizes otherwise than `assembly/image.ts` does, and its conversions before and after. Pixels are 4 bytes.

type Bytes = Uint8Array | Uint8ClampedArray;

/** Weights that leave an axis as it is. */
const identity = (size: number): Coefficients => ({
  taps: 1,
  first: Int32Array.from({ length: size }, (_, i) => i),
  count: new Int32Array(size).fill(1),
  weight: new Float64Array(size).fill(1),
});

/** Resizes each line of integers and transposes the result: of two passes the second turns it back. */
function resizeLines(from: ArrayLike<number>, lines: number, axis: Coefficients): Int32Array {
  const length = from.length / lines;
  const to = new Int32Array(axis.first.length * lines);
  for (let i = 0; i < axis.first.length; i++) {
    for (let line = 0; line < lines; line++) {
      let sum = 0;
      const start = line * length + axis.first[i]!;
      for (let t = 0; t < axis.count[i]!; t++) sum += from[start + t]! * axis.weight[i * axis.taps + t]!;
      to[i * lines + line] = Math.trunc(sum >= 0 ? sum + 0.5 : sum - 0.5);
    }
  }
  return to;
}

/**
 * Resize of one channel of integers (Pillow's mode I): weights and sums in double precision, rounded half away from zero
 * after each pass.
 *
 * @param source `width * height` samples
 * @returns a sample for each pixel that the weights make; it may fall outside the range of the source
 */
export function resampleIntegers(
  source: Uint16Array,
  width: number,
  height: number,
  across: Coefficients = identity(width),
  down: Coefficients = identity(height),
): Int32Array {
  return resizeLines(resizeLines(source, height, across), across.first.length, down);
}

/**
 * Input position of each output pixel by nearest neighbour: a sum of steps from the first pixel on, as in
 * `ImagingScaleAffine`, or a product, as in `ImagingGenericTransform`. They sometimes round differently.
 */
function nearestPositions(inSize: number, { scaled, start, size }: Span, isProduct: boolean): Int32Array {
  const scale = inSize / scaled;
  if (isProduct) return Int32Array.from({ length: size }, (_, i) => Math.trunc(scale * (start + i + 0.5)));
  let position = scale * 0.5;
  for (let i = 0; i < start; i++) position += scale;
  return Int32Array.from({ length: size }, () => {
    const nearest = Math.trunc(position);
    position += scale;
    return nearest;
  });
}

/**
 * Nearest-neighbour resize of 4-byte pixels: what Pillow does to modes P, 1 and I;16, whatever filter is asked for.
 *
 * @param isProduct positions are found as Pillow finds them for I;16
 */
export function resampleNearest(
  source: Bytes,
  width: number,
  height: number,
  across: Span,
  down: Span,
  isProduct = false,
): Uint8Array {
  const columns = nearestPositions(width, across, isProduct);
  const rows = nearestPositions(height, down, isProduct);
  const out = new Uint8Array(across.size * down.size * 4);
  let to = 0;
  for (const row of rows)
    for (const column of columns) {
      const at = (row * width + column) * 4;
      for (let c = 0; c < 4; c++) out[to++] = source[at + c]!;
    }
  return out;
}

/** Colour divided by alpha, cut off and clipped; left alone where alpha is 0 or 255 (Pillow's RGBa → RGBA). In place. */
export function unpremultiply(rgba: Uint8Array): void {
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let c = 0; c < 3; c++) rgba[i + c] = Math.min(Math.trunc((255 * rgba[i + c]!) / alpha), 255);
  }
}

/** C M Y K to R G B, in place: no colour profile, ink simply taken from white (Pillow's `cmyk2rgb`). */
export function cmykToRgb(pixels: Uint8Array): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const white = 255 - pixels[i + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = pixels[i + c]! * white + 128;
      pixels[i + c] = white - ((product + (product >> 8)) >> 8);
    }
    pixels[i + 3] = 255;
  }
}
