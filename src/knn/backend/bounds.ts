/**
 * How far a float32 kernel's squared distance can be from the float64 reference's.
 *
 * The kernel sums t_j = (x_j − q_j)² in float32, unit roundoff u, in any order; s is the float64 sum.
 *
 * - Rounding. A term meets the rounding of its difference twice, that of its square once (a fused multiply-add has
 *   fewer), and those of the at most `additions` sums it becomes part of. All terms are ≥ 0, so nothing cancels and
 *   the error is relative to s: a product of n factors (1 + δ), |δ| ≤ u, is 1 + θ with |θ| ≤ γ = n·u / (1 − n·u)
 *   (Higham, Accuracy and Stability of Numerical Algorithms, lemma 3.1).
 * - Denormal inputs taken for zero move a difference by at most 2·2⁻¹²⁶. Where it is at least 2⁻¹⁰⁰ that is a relative
 *   2⁻²⁵, or 2⁻²⁴ ≤ u of its square, with a remainder of its square, 2⁻⁵⁰: two more units.
 * - Where it is smaller, exact and computed square are below 2⁻¹⁹⁹, nothing beside A.
 * - Underflow. A square or a sum below 2⁻¹²⁶ may be rounded to a denormal or flushed to zero: at most 2⁻¹²⁶ each, of
 *   2·d operations, grown by later roundings by less than half as much again (γ < 1/2). A = d·2⁻¹²⁴ covers it.
 * - The reference rounds too, relatively by (d + 2)·2⁻⁵³ < u for d ≤ 65536: one more unit.
 *
 * So |a − s| ≤ γ·s + A with n = additions + 6.
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
  const n = additions + 6;
  const relative = (n * unitRoundoff) / (1 - n * unitRoundoff);
  const absolute = d * 2 ** -124;
  // The bounds are float64 expressions themselves; one part in 10¹² covers their rounding.
  const slack = 1 + 1e-12;
  return {
    lower: (a) => Math.max(0, (a - absolute) / (1 + relative) / slack),
    upper: (a) => ((a + absolute) / (1 - relative)) * slack,
    computedUpTo: (s) => (s * (1 + relative) + absolute) * slack,
  };
}
