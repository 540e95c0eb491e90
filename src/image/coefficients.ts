/**
 * Fraction bits of the fixed-point weights: 32 less 8 for the sample and 2 for weights that are negative or sum to
 * more than one (Pillow's `PRECISION_BITS`).
 */
export const PRECISION_BITS = 22;

/** Pillow's filters of these names, `Image.BICUBIC` and `Image.BILINEAR`. */
export type Filter = 'bicubic' | 'bilinear';

/** What is wanted of an axis: it is scaled to `scaled` pixels, and `size` of them from `start` on are kept. */
export interface Span {
  scaled: number;
  start: number;
  size: number;
}

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
function bicubic(x: number): number {
  if (x < 1) return ((-0.5 + 2) * x - (-0.5 + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}

/** A triangle. */
function bilinear(x: number): number {
  return x < 1 ? 1 - x : 0;
}

/** Weight by distance (0 or more), and the distance from which on it is zero. */
const filters: Record<Filter, { weigh: (x: number) => number; support: number }> = {
  bicubic: { weigh: bicubic, support: 2 },
  bilinear: { weigh: bilinear, support: 1 },
};

/**
 * Weights of a filter of Pillow's for an axis of `inSize` pixels: `precompute_coeffs` of libImaging/Resample.c, for the
 * output pixels of the span alone. Downscaling stretches the kernel over all the pixels it stands for.
 *
 * @returns nothing where the axis stays as it is: Pillow leaves it out then
 */
export function resampleCoefficients(
  filter: Filter,
  inSize: number,
  { scaled, start, size }: Span,
): Coefficients | undefined {
  if (scaled === inSize && size === inSize) return;
  const { weigh, support: reach } = filters[filter];
  const scale = inSize / scaled;
  const filterScale = Math.max(scale, 1);
  const inverse = 1 / filterScale;
  const support = reach * filterScale;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(size);
  const count = new Int32Array(size);
  const weight = new Float64Array(size * taps);
  for (let i = 0; i < size; i++) {
    const center = (start + i + 0.5) * scale;
    const low = Math.max(Math.trunc(center - support + 0.5), 0);
    const high = Math.min(Math.trunc(center + support + 0.5), inSize);
    const base = i * taps;
    let sum = 0;
    for (let t = 0; t < high - low; t++) {
      const w = weigh(Math.abs((t + low - center + 0.5) * inverse));
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
