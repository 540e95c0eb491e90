/** A row and its squared distance by the reference. */
export interface Scored {
  row: number;
  squared: number;
}

/** Finite before infinite before NaN, then the lower row. */
export function byDistance(a: Scored, b: Scored): number {
  if (a.squared < b.squared) return -1;
  if (a.squared > b.squared) return 1;
  const nan = Number(Number.isNaN(a.squared)) - Number(Number.isNaN(b.squared));
  return nan !== 0 ? nan : a.row - b.row;
}

/**
 * Squared distances by the reference (`js/distances.ts`): each is summed in order, in float64. Four rows at a time: a
 * single sum would wait for each of its additions.
 *
 * @param values of `i`: the d values of row rows[i]
 */
export function score(query: Float32Array, rows: Uint32Array, values: (i: number) => Float32Array): Scored[] {
  const scored: Scored[] = [];
  const d = query.length;
  for (let i = 0; i < rows.length; i += 4) {
    const last = rows.length - 1;
    const a = values(i);
    const b = values(Math.min(i + 1, last));
    const c = values(Math.min(i + 2, last));
    const e = values(Math.min(i + 3, last));
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumE = 0;
    for (let j = 0; j < d; j++) {
      const q = query[j]!;
      const dA = a[j]! - q;
      const dB = b[j]! - q;
      const dC = c[j]! - q;
      const dE = e[j]! - q;
      sumA += dA * dA;
      sumB += dB * dB;
      sumC += dC * dC;
      sumE += dE * dE;
    }
    const sums = [sumA, sumB, sumC, sumE];
    for (let at = 0; at < 4 && i + at <= last; at++) scored.push({ row: rows[i + at]!, squared: sums[at]! });
  }
  return scored;
}
