// Pillow's resampling of 8-bit channels, readable: what the WebAssembly kernel has to give.
import { type Coefficients, PRECISION_BITS, toFixedPoint } from '../../src/image/coefficients.ts';
import type { Resampler } from '../../src/image/resize-wasm.ts';

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
function resampleBytes(
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

/** Colour times alpha, rounded (Pillow's RGBA → RGBa, `MULDIV255`). Writes `out`, which may be `rgba` itself. */
function premultiply(rgba: Bytes, out: Uint8Array): void {
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = rgba[i + c]! * alpha + 128;
      out[i + c] = ((product >> 8) + product) >> 8;
    }
    out[i + 3] = alpha;
  }
}

export const referenceResampler: Resampler = (given, width, height, across, down, premultiplied) => {
  const source = typeof given === 'function' ? given(0, height) : given;
  if (!premultiplied) return resampleBytes(source, width, height, across, down);
  const colour = new Uint8Array(source.length);
  premultiply(source, colour);
  return resampleBytes(colour, width, height, across, down);
};
