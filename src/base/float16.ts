/** IEEE 754 binary16 from its bits; exact. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * As {@link fromFloat16}, of many at once: 2¹¹² times what the bits are at the other place. A power of 2 for each is ten
 * times as slow.
 *
 * @param into as many values
 */
export function fromFloat16s(halves: Uint16Array, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < bits.length; i++) {
    const half = halves[i]!;
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
    if ((half & 0x7c00) === 0x7c00) into[i] = fromFloat16(half);
    else into[i]! *= 2 ** 112;
  }
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/**
 * Bits of the IEEE 754 binary16 nearest to a float32, ties to the even one, as NumPy's `astype('f2')` rounds. What is
 * too large becomes infinite.
 */
export function toFloat16(value: number): number {
  single[0] = value;
  const bits = singleBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and more
  if (magnitude >= 0x38800000) {
    // Normal: 13 fraction bits go; the exponent's bias falls by 112.
    const even = (magnitude >>> 13) & 1;
    return sign | ((magnitude - 0x38000000 + 0xfff + even) >>> 13);
  }
  // Subnormal: a whole number of 2⁻²⁴. Adding 1/2 as float32 rounds to just that.
  single[0] = Math.abs(value) + 0.5;
  return sign | (singleBits[0]! - 0x3f000000);
}
