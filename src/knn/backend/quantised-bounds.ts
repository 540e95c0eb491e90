/**
 * Bounds on distances from rows quantised to four bits (assembly/quantised.ts).
 *
 * Row x = b·c + e, where c are whole numbers and the scale b is the one that makes e shortest, so that e stands across c
 * but for the rounding of b. The query q is rounded to q̃ = scale·q̂, with whole numbers q̂; ρ = ‖q − q̃‖. Then
 *
 *     ‖q̃ − x‖² = ‖q̃‖² + ‖x‖² − 2·b·⟨q̃, c⟩ − 2·⟨q̃, e⟩,   |⟨q̃, e⟩| ≤ ‖e‖·‖q̃ across c‖ = ‖e‖·√(‖q̃‖² − ⟨q̃, c⟩²/‖c‖²),
 *
 * which is never looser than the triangle inequality over b·c, and ⟨q̃, c⟩ is a sum of whole numbers: exact.
 *
 * What the kernel computes of it in float32, unit roundoff u = 2⁻²⁴, N = ‖q̃‖² + ‖x‖²:
 * - The middle N − 2·b·⟨q̃, c⟩: both norms are rounded (u·N), so are their sum (u·N), ⟨q̃, c⟩ and its product with 2b
 *   (2u of at most 2N) and the difference (u of at most 3N): below 10u·N.
 * - b is rounded, so e is not quite across c: 2·⟨q̃, c⟩·⟨c, e⟩/‖c‖² is at most 2.1u·N.
 * - The root: ‖q̃‖² is taken 16u larger, 1/‖c‖² 16u smaller and 2‖e‖ 16u larger than they are, which is more than the
 *   at most five roundings that each meets.
 * - The last sums: margin and lower bound are rounded, u of at most 2N + 7N.
 * Together below 22u·N; the kernel widens the margin by 2⁻¹⁹·N = 32u·N. Norms that are not 0 lie within 2⁻⁸⁰ … 2⁸⁰, so
 * nothing overflows and what underflows is nothing beside that.
 *
 * From ‖q̃ − x‖ to ‖q − x‖ it is ρ at most, either way.
 */
export interface QuantisedQuery {
  /** The dimensions in which q̂ is not zero: entries as the kernel's `scan` takes them. */
  nonZero: Uint32Array;
  /** Entries. */
  count: number;
  /** Σ q̂_j. */
  sum: number;
  /** A power of two. */
  scale: number;
  /** ‖q̃‖². */
  norm: number;
  /** ρ, rounded up. */
  rounding: number;
}

/** Norms (squared) with which the kernels' float32 arithmetic neither overflows nor loses what matters. */
export function isUsualNorm(squared: number): boolean {
  return squared === 0 || (squared >= 2 ** -80 && squared <= 2 ** 80);
}

/** Σ|q̂_j| has to stay below: 2³¹ / (15 · 256), codes of 15 at 256 times their value in an int32. */
const maxSum = Math.floor(2 ** 31 / (15 * 256)) - 1;
const maxTerm = 32767;
/** Bytes of a dimension in a block, and so between the offsets that `scan` adds. */
const bytesPerDimension = 2048;

/** Rounds a query for the kernel; undefined when its norm is not usual. */
export function quantiseQuery(query: Float32Array): QuantisedQuery | undefined {
  const d = query.length;
  let sumOfSizes = 0;
  let largest = 0;
  let squares = 0;
  for (let j = 0; j < d; j++) {
    const size = Math.abs(query[j]!);
    sumOfSizes += size;
    if (size > largest) largest = size;
    squares += size * size;
  }
  if (!isUsualNorm(squares)) return undefined;
  // Rounding adds at most half to each term.
  const maxInverse = Math.min((maxSum - d / 2) / sumOfSizes, maxTerm / largest);
  let exponent = largest > 0 ? Math.floor(Math.log2(maxInverse)) : 0;
  if (2 ** exponent > maxInverse) exponent--;
  const inverse = 2 ** exponent;
  const scale = 2 ** -exponent;

  const nonZero = new Uint32Array(3 * ((d + 1) >> 1));
  let found = 0;
  let sum = 0;
  let norm = 0;
  let lost = 0;
  for (let j = 0; j < d; j++) {
    const value = query[j]!;
    if (value === 0) continue;
    const whole = Math.floor(value * inverse + 0.5);
    const difference = value - whole * scale;
    lost += difference * difference;
    if (whole === 0) continue;
    sum += whole;
    norm += whole * whole;
    const entry = 3 * (found >> 1);
    if (found & 1) {
      nonZero[entry + 1] = j * bytesPerDimension;
      nonZero[entry + 2]! |= (whole & 0xffff) << 16;
    } else {
      nonZero[entry] = nonZero[entry + 1] = j * bytesPerDimension;
      nonZero[entry + 2] = whole & 0xffff;
    }
    found++;
  }
  return {
    nonZero,
    count: (found + 1) >> 1,
    sum,
    scale,
    norm: norm * scale * scale,
    rounding: Math.sqrt(lost) * (1 + 1e-9),
  };
}

/** The least bound on ‖q̃ − x‖² beyond which ‖q − x‖² is above `squared` for certain. */
export function quantisedLimit(squared: number, { rounding }: QuantisedQuery): number {
  return (Math.sqrt(squared) + rounding) ** 2 * (1 + 1e-9);
}

/** Largest ‖q − x‖² where ‖q̃ − x‖² is at most `quantised`. */
export function upperFromQuantised(quantised: number, { rounding }: QuantisedQuery): number {
  return (Math.sqrt(Math.max(0, quantised)) + rounding) ** 2 * (1 + 1e-9);
}

/** Least ‖q − x‖² where ‖q̃ − x‖² is at least `quantised`. */
export function lowerFromQuantised(quantised: number, { rounding }: QuantisedQuery): number {
  return Math.max(0, Math.sqrt(Math.max(0, quantised)) - rounding) ** 2 * (1 - 1e-9);
}
