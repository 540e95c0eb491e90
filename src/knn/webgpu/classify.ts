/**
 * Squared differences of values up to here, and sums of 65536 of them, do not overflow float32. WGSL lets a shader assume
 * that there is no infinity and no NaN, so shaders never see rows that could give them.
 */
const largestValue = 2 ** 50;

/** Whether a row or query holds NaN, an infinity or a value too large to be squared safely. */
export function isSpecial(values: Float32Array): boolean {
  // Written so that NaN, for which no comparison holds, counts.
  for (let j = 0; j < values.length; j++) if (!(Math.abs(values[j]!) <= largestValue)) return true;
  return false;
}
