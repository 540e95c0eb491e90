/** How a format writes its codes. */
export interface Lzw {
  /** Of a literal: the first codes are `symbolBits + 1` bits wide. */
  symbolBits: number;
  /** Codes begin at the lowest bit of a byte. */
  lowestFirst: boolean;
  /** Codes grow wider one code early: 1 or 0. */
  early: 0 | 1;
}

const maxCodes = 4096;

/**
 * Unpacks LZW data with codes of up to 12 bits.
 *
 * @param out is filled; what follows in the data is left
 * @returns how many bytes there were: fewer than `out` has where the data end early
 * @throws what `unknown` makes of a code that stands for nothing yet
 */
export function unpackLzw(
  data: Uint8Array,
  out: Uint8Array,
  { symbolBits, lowestFirst, early }: Lzw,
  unknown: (code: number) => Error,
): number {
  const clear = 1 << symbolBits;
  // The string of a code is one before it and the byte after that: it lies in the output already.
  const start = new Uint32Array(maxCodes);
  const length = new Uint16Array(maxCodes);
  let to = 0;
  let next = clear + 2;
  let width = symbolBits + 1;
  let previous = -1;
  let pending = 0;
  let pendingBits = 0;
  for (let at = 0; to < out.length; ) {
    while (pendingBits < width) {
      if (at >= data.length) return to;
      pending = lowestFirst ? pending | (data[at++]! << pendingBits) : ((pending & 0xfff) << 8) | data[at++]!;
      pendingBits += 8;
    }
    pendingBits -= width;
    const code = (lowestFirst ? pending : pending >> pendingBits) & ((1 << width) - 1);
    if (lowestFirst) pending >>= width;
    if (code === clear) {
      next = clear + 2;
      width = symbolBits + 1;
      previous = -1;
      continue;
    }
    if (code === clear + 1) return to;
    const isRepeat = previous >= 0 && code === next;
    if (code > clear && !isRepeat && (previous < 0 || code >= next)) throw unknown(code);
    const from = to;
    const previousLength = previous > clear ? length[previous]! : 1;
    if (code < clear) out[to++] = code;
    else {
      const first = isRepeat ? from - previousLength : start[code]!;
      const count = isRepeat ? previousLength + 1 : length[code]!;
      // Byte by byte: a repeat reads what it has just written.
      for (let i = 0; i < count && to < out.length; i++) out[to++] = out[first + i]!;
    }
    if (previous >= 0) {
      if (next < maxCodes) {
        start[next] = from - previousLength;
        length[next] = previousLength + 1;
      }
      next++;
      if (next >= (1 << width) - early && width < 12) width++;
    }
    previous = code;
  }
  return to;
}
