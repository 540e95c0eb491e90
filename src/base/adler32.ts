/** Adler-32 of bytes, behind those that `sum` is of. */
export function adler32(bytes: Uint8Array, sum = 1): number {
  let a = sum & 0xffff;
  let b = sum >>> 16;
  for (let at = 0; at < bytes.length; ) {
    // So many can be added before 32 bits are full.
    const end = Math.min(at + 2654, bytes.length);
    for (; at < end; at++) b += a += bytes[at]!;
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
