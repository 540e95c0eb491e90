import { badImage } from './bad-image.ts';

/**
 * Unpacks the run lengths of a BMP (RLE8, RLE4) as Pillow's BmpRleDecoder does, with its faults: it leaves out the last
 * byte of a literal run of four-bit samples whose length is odd.
 *
 * @param at where the data begin in `bytes`; words are aligned to the file
 * @returns `width * height` samples, lines in the order they are stored
 * @throws LikenessError `bad-image` where there are fewer
 */
export function unpackRuns(
  bytes: Uint8Array,
  at: number,
  width: number,
  height: number,
  isNibbles: boolean,
): Uint8Array {
  const total = width * height;
  const out = new Uint8Array(total);
  let to = 0;
  let x = 0;
  const put = (sample: number): void => {
    if (to < total) out[to] = sample;
    to++;
  };
  while (to < total && at + 2 <= bytes.length) {
    const count = bytes[at++]!;
    const byte = bytes[at++]!;
    if (count > 0) {
      const run = Math.max(0, Math.min(count, width - x));
      for (let i = 0; i < run; i++) put(isNibbles ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte);
      x += run;
    } else if (byte === 0) {
      to = Math.ceil(to / width) * width;
      x = 0;
    } else if (byte === 1) break;
    else if (byte === 2) {
      if (at + 4 > bytes.length) break;
      // Pillow takes the second two of these bytes, not the first two, where the distances are.
      to += bytes[at + 2]! + bytes[at + 3]! * width;
      at += 4;
      x = to % width;
    } else {
      const byteLength = isNibbles ? byte >> 1 : byte;
      const literal = bytes.subarray(at, at + byteLength);
      for (const samples of literal) {
        if (isNibbles) put(samples >> 4);
        put(isNibbles ? samples & 15 : samples);
      }
      at += literal.length;
      if (literal.length < byteLength) break;
      x += byte;
      at += at % 2;
    }
  }
  if (to < total) throw badImage(`truncated BMP: ${to} of ${total} pixels in its compressed data`);
  return out;
}
