import { type Coefficients, PRECISION_BITS, type Span, toFixedPoint } from './coefficients.ts';

// Pillow's resampling, readable: the oracle of the WebAssembly kernel, and what serves where that cannot run.
// Pictures are rows of 4-byte pixels.

type Bytes = Uint8Array | Uint8ClampedArray;

/** Pillow's `clip8`: drops the fraction bits of a sum and clips it to a byte. */
function clip8(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : Math.min(value, 255);
}

/** Output pixel `i` of a line whose pixels lie `stride` bytes apart, all four channels. */
function weigh(
  line: Bytes,
  start: number,
  stride: number,
  axis: Coefficients,
  fixed: Int32Array,
  i: number,
  out: Uint8Array,
  outIndex: number,
): void {
  let s0 = 1 << (PRECISION_BITS - 1);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let at = start + axis.first[i]! * stride;
  const base = i * axis.taps;
  for (let t = 0; t < axis.count[i]!; t++, at += stride) {
    const k = fixed[base + t]!;
    s0 += line[at]! * k;
    s1 += line[at + 1]! * k;
    s2 += line[at + 2]! * k;
    s3 += line[at + 3]! * k;
  }
  out[outIndex] = clip8(s0);
  out[outIndex + 1] = clip8(s1);
  out[outIndex + 2] = clip8(s2);
  out[outIndex + 3] = clip8(s3);
}

/**
 * Resize of four 8-bit channels, none of them treated as alpha: `ImagingResample`. First across, then down, rounding to
 * bytes in between; an axis without weights is left out.
 *
 * @param source `width * height * 4` bytes
 * @returns 4 bytes for each pixel that the weights make
 */
export function resampleBytes(
  source: Bytes,
  width: number,
  height: number,
  across: Coefficients | undefined,
  down: Coefficients | undefined,
): Uint8Array {
  const outWidth = across?.first.length ?? width;
  let lines = source;
  if (across) {
    const fixed = toFixedPoint(across.weight);
    const to = new Uint8Array(outWidth * height * 4);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < outWidth; x++)
        weigh(source, y * width * 4, 4, across, fixed, x, to, (y * outWidth + x) * 4);
    lines = to;
  }
  if (!down) return lines === source ? new Uint8Array(source) : (lines as Uint8Array);
  const outHeight = down.first.length;
  const fixed = toFixedPoint(down.weight);
  const out = new Uint8Array(outWidth * outHeight * 4);
  for (let y = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++)
      weigh(lines, x * 4, outWidth * 4, down, fixed, y, out, (y * outWidth + x) * 4);
  return out;
}

/**
 * Resize of one channel of integers (Pillow's mode I), as {@link resampleBytes} but with weights and sums in double
 * precision, rounded half away from zero after each pass.
 *
 * @param source `width * height` samples
 * @returns a sample for each pixel that the weights make; it may fall outside the range of the source
 */
export function resampleIntegers(
  source: Uint16Array,
  width: number,
  height: number,
  across: Coefficients | undefined,
  down: Coefficients | undefined,
): Int32Array {
  const pass = (
    from: Uint16Array | Int32Array,
    lines: number,
    lineStride: number,
    pixelStride: number,
    axis: Coefficients,
    to: Int32Array,
    outLineStride: number,
    outPixelStride: number,
  ): void => {
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < axis.first.length; i++) {
        let sum = 0;
        let at = line * lineStride + axis.first[i]! * pixelStride;
        for (let t = 0; t < axis.count[i]!; t++, at += pixelStride)
          sum += from[at]! * axis.weight[i * axis.taps + t]!;
        to[line * outLineStride + i * outPixelStride] = Math.trunc(sum >= 0 ? sum + 0.5 : sum - 0.5);
      }
    }
  };
  let rows: Uint16Array | Int32Array = source;
  const outWidth = across?.first.length ?? width;
  if (across) {
    const to = new Int32Array(outWidth * height);
    pass(source, height, width, 1, across, to, outWidth, 1);
    rows = to;
  }
  if (!down) return Int32Array.from(rows);
  const out = new Int32Array(outWidth * down.first.length);
  pass(rows, outWidth, 1, outWidth, down, out, 1, outWidth);
  return out;
}

/**
 * Input position of each output pixel by nearest neighbour. The position is summed up step by step from the first pixel
 * on, as `ImagingScaleAffine` does, or a product, as in `ImagingGenericTransform`: they round differently now and then.
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

/** Colour times alpha, rounded (Pillow's RGBA → RGBa, `MULDIV255`). Writes `out`, which may be `rgba` itself. */
export function premultiply(rgba: Bytes, out: Uint8Array): void {
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = rgba[i + c]! * alpha + 128;
      out[i + c] = ((product >> 8) + product) >> 8;
    }
    out[i + 3] = alpha;
  }
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
