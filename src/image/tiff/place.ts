import type { Layout } from './layout.ts';

// From the bytes of a strip or tile to R G B A.

const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) out |= 128 >> bit;
  return out;
});

/** A copy with the bits of each byte in reverse order. */
export const reverseBits = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => reversed[byte]!);

/**
 * Adds up lines of differences, in place (`Predictor` 2).
 *
 * @param step how many samples a pixel has in these lines
 */
export function addUp(bytes: Uint8Array, lineBytes: number, step: number, layout: Layout): void {
  for (let line = 0; line + lineBytes <= bytes.length; line += lineBytes) {
    if (layout.bits === 8) {
      for (let i = line + step; i < line + lineBytes; i++) bytes[i]! += bytes[i - step]!;
      continue;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + line, lineBytes);
    for (let i = 2 * step; i + 2 <= lineBytes; i += 2) {
      const before = view.getUint16(i - 2 * step, layout.littleEndian);
      view.setUint16(i, view.getUint16(i, layout.littleEndian) + before, layout.littleEndian);
    }
  }
}

/** The samples of a line in 8 bits as Pillow reduces them; palette indices as they are. */
export function readSamples(line: Uint8Array, out: Uint8Array, layout: Layout): void {
  const { bits, meaning, littleEndian } = layout;
  const invert = layout.inverted ? 255 : 0;
  if (bits === 8) {
    for (let i = 0; i < out.length; i++) out[i] = line[i]! ^ invert;
  } else if (bits === 16) {
    const high = littleEndian ? 1 : 0;
    // Grey is clipped; of colour, the higher byte counts.
    const clip = meaning === 'grey16';
    for (let i = 0, at = 0; i < out.length; i++, at += 2)
      out[i] = clip ? (line[at + high]! > 0 ? 255 : line[at + 1 - high]!) : line[at + high]!;
  } else {
    const mask = (1 << bits) - 1;
    const scale = meaning === 'palette' ? 1 : 255 / mask;
    for (let i = 0, bit = 0; i < out.length; i++, bit += bits)
      out[i] = (((line[bit >> 3]! >> (8 - bits - (bit & 7))) & mask) * scale) ^ invert;
  }
}

/**
 * Puts the samples of a line's pixels to their place.
 *
 * @param to where the line begins in `rgba`
 * @param plane which sample of the pixels these are, where each has a plane of its own; else undefined
 */
export function placeSamples(
  samples: Uint8Array,
  rgba: Uint8Array,
  to: number,
  plane: number | undefined,
  layout: Layout,
): void {
  const { meaning, palette } = layout;
  if (plane !== undefined) {
    // What a fourth sample of plain RGB holds means nothing.
    const kept = meaning === 'rgb' ? 3 : 4;
    if (plane >= kept) return;
    for (let i = 0, at = to + plane; i < samples.length; i++, at += 4) rgba[at] = samples[i]!;
    return;
  }
  const step = layout.samples;
  for (let i = 0, at = to; i < samples.length; i += step, at += 4) {
    const first = samples[i]!;
    switch (meaning) {
      case 'palette':
        for (let c = 0; c < 3; c++) rgba[at + c] = palette![first * 3 + c]!;
        break;
      case 'rgb':
      case 'rgb-alpha':
      case 'cmyk': {
        const kept = meaning === 'rgb' ? 3 : 4;
        for (let c = 0; c < kept; c++) rgba[at + c] = samples[i + c]!;
        break;
      }
      case 'rgb-premultiplied': {
        const alpha = samples[i + 3]!;
        for (let c = 0; c < 3; c++)
          rgba[at + c] = alpha === 0 ? 0 : Math.min(Math.trunc((samples[i + c]! * 255) / alpha), 255);
        rgba[at + 3] = alpha;
        break;
      }
      default:
        for (let c = 0; c < 3; c++) rgba[at + c] = first;
        if (meaning === 'grey-alpha') rgba[at + 3] = samples[i + 1]!;
    }
  }
}
