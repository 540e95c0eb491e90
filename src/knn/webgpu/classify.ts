/**
 * Values up to here have differences whose squares, and sums of 65536 of them, stay far from float32's overflow. WGSL
 * lets a shader assume that infinities and NaN do not occur, so rows that could make them are kept from it.
 */
const largestValue = 2 ** 50;

/** Whether a row or query holds NaN, an infinity or a value too large to be squared safely. */
export function isSpecial(values: Float32Array): boolean {
  // Written so that NaN, for which no comparison holds, counts.
  for (let j = 0; j < values.length; j++) if (!(Math.abs(values[j]!) <= largestValue)) return true;
  return false;
}
