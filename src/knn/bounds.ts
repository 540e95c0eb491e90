/**
 * How far a float32 kernel's squared distance can be from the float64 reference's.
 *
 * The kernel sums (x_j − q_j)² in float32, unit roundoff u. Each term suffers at most three roundings (the
 * difference counts twice, its square once; a fused multiply-add has fewer) and takes part in at most `additions`
 * additions. All terms are ≥ 0, so nothing cancels and the error is relative: the computed a and the exact s obey
 * |a − s| ≤ γ·s + A with γ = n·u / (1 − n·u), n = additions + 4 (Higham, Accuracy and Stability of Numerical
 * Algorithms, §3.1 and §4.2). The fourth unit pays for a denormal x_j or q_j that the hardware takes for zero where
 * the difference is at least 2⁻¹⁰⁰, and, amply, for the reference's own float64 rounding. A = d·2⁻¹²⁵ pays for
 * squares below the normal range, whether they are rounded or flushed to zero.
 */
export interface ErrorBound {
  /** Least reference distance of a row whose computed distance is `a`. */
  lower(a: number): number;
  /** Largest reference distance of a row whose computed distance is `a`. */
  upper(a: number): number;
  /** The largest float32-computed distance that a row of reference distance ≤ `s` can have. */
  computedUpTo(s: number): number;
}

/** Computed values from here on may stand for an overflow; distances up to here have not met one. */
export const overflowLimit: number = 2 ** 126;

/** Unit roundoff of float32 where results are rounded to nearest, as WebAssembly does. */
export const roundToNearest: number = 2 ** -24;
/** Where either neighbour of the exact result may come out, as WGSL allows. */
export const roundEitherWay: number = 2 ** -23;

/**
 * @param d values in a row
 * @param additions the longest chain of additions that one term goes through; d when the order is unknown
 * @param unitRoundoff u
 */
export function errorBound(d: number, additions: number, unitRoundoff: number = roundToNearest): ErrorBound {
  const n = additions + 4;
  const relative = (n * unitRoundoff) / (1 - n * unitRoundoff);
  const absolute = d * 2 ** -125;
  // The bounds are float64 expressions themselves; one part in 10¹² covers their rounding.
  const slack = 1 + 1e-12;
  return {
    lower: (a) => Math.max(0, (a - absolute) / (1 + relative) / slack),
    upper: (a) => ((a + absolute) / (1 - relative)) * slack,
    computedUpTo: (s) => (s * (1 + relative) + absolute) * slack,
  };
}
