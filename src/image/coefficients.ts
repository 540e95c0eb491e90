/**
 * Fraction bits of the fixed-point weights: 32 less 8 for the sample and 2 for weights that are negative or sum to
 * more than one (Pillow's `PRECISION_BITS`).
 */
export const PRECISION_BITS = 22;

/** One axis of a resize: output pixel `i` is the sum over `t < count[i]` of input `first[i] + t` times `weight[i * taps + t]`. */
export interface Coefficients {
  /** Weights kept for each output pixel, used or not. */
  taps: number;
  first: Int32Array;
  count: Int32Array;
  /** They sum to one for each output pixel; zero from `count[i]` on. */
  weight: Float64Array;
}

/** Keys' cubic convolution with a = -0.5; the operations in Pillow's order, so that it rounds alike. */
function bicubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((-0.5 + 2) * x - (-0.5 + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}

/**
 * Weights of Pillow's `BICUBIC` for a whole axis of `inSize` pixels made `outSize` pixels: `precompute_coeffs` of
 * libImaging/Resample.c. Downscaling stretches the kernel over all the pixels it stands for.
 */
export function bicubicCoefficients(inSize: number, outSize: number): Coefficients {
  const scale = inSize / outSize;
  const filterScale = Math.max(scale, 1);
  const inverse = 1 / filterScale;
  const support = 2 * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weight = new Float64Array(outSize * taps);
  for (let i = 0; i < outSize; i++) {
    const center = (i + 0.5) * scale;
    const low = Math.max(Math.trunc(center - support + 0.5), 0);
    const high = Math.min(Math.trunc(center + support + 0.5), inSize);
    const base = i * taps;
    let sum = 0;
    for (let t = 0; t < high - low; t++) {
      const w = bicubic((t + low - center + 0.5) * inverse);
      weight[base + t] = w;
      sum += w;
    }
    if (sum !== 0) for (let t = 0; t < high - low; t++) weight[base + t]! /= sum;
    first[i] = low;
    count[i] = high - low;
  }
  return { taps, first, count, weight };
}

/** The weights as integers of {@link PRECISION_BITS} fraction bits, rounded half away from zero (`normalize_coeffs_8bpc`). */
export function toFixedPoint(weight: Float64Array): Int32Array {
  const one = 1 << PRECISION_BITS;
  const fixed = new Int32Array(weight.length);
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i]!;
    fixed[i] = (w < 0 ? -0.5 : 0.5) + w * one; // storing drops the fraction, as C's cast does
  }
  return fixed;
}
