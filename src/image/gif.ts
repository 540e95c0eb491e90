import { badImage } from './bad-image.ts';
import { checkSize } from './check.ts';
import type { Pixels } from './pixels.ts';

// The first frame of a GIF as Pillow reads it (GifImagePlugin.py, GifDecode.c). The platforms' decoders hide the palette
// and clear what is transparent; Pillow resizes palette pictures by nearest neighbour and ignores transparency.

const MAX_CODES = 4096;

const truncated = (bytes: Uint8Array) =>
  badImage(`truncated GIF: ${bytes.length} bytes and no whole first frame`);

/** Bit reader over the data blocks that begin at `at`. */
function codeReader(bytes: Uint8Array, at: number): (bits: number) => number {
  let left = 0;
  let buffer = 0;
  let have = 0;
  return (bits) => {
    while (have < bits) {
      if (left === 0) {
        left = bytes[at++] ?? 0;
        // Like Pillow, no block is begun that is not all there.
        if (left === 0 || at + left > bytes.length) throw truncated(bytes);
      }
      buffer |= bytes[at++]! << have;
      left--;
      have += 8;
    }
    const code = buffer & ((1 << bits) - 1);
    buffer >>>= bits;
    have -= bits;
    return code;
  };
}

/** LZW: fills `out` with palette indices. */
function unpack(bytes: Uint8Array, at: number, out: Uint8Array): void {
  const minBits = bytes[at]!;
  if (minBits > 11) throw badImage(`broken GIF: codes of ${minBits} bits`);
  const read = codeReader(bytes, at + 1);
  const clear = 1 << minBits;
  const link = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const string = new Uint8Array(MAX_CODES + 1);
  let bits = minBits + 1;
  let next = clear + 2;
  let previous = -1;
  let previousFirst = 0;
  for (let to = 0; to < out.length; ) {
    const code = read(bits);
    if (code === clear) {
      bits = minBits + 1;
      next = clear + 2;
      previous = -1;
      continue;
    }
    if (code === clear + 1) throw truncated(bytes);
    if (code > next || (previous < 0 && code > clear))
      throw badImage(`broken GIF: code ${code} before its time`);
    // The string of a code comes out last index first.
    let length = 0;
    let c = code;
    if (code === next) {
      string[length++] = previousFirst;
      c = previous;
    }
    while (c >= clear) {
      if (length >= MAX_CODES) throw badImage('broken GIF: endless code');
      string[length++] = last[c]!;
      c = link[c]!;
    }
    string[length++] = c;
    if (previous >= 0 && next < MAX_CODES) {
      last[next] = c;
      link[next] = previous;
      if (next === (1 << bits) - 1 && bits < 12) bits++;
      next++;
    }
    previousFirst = c;
    previous = code;
    while (length > 0 && to < out.length) out[to++] = string[--length]!;
  }
}

/** The lines of a frame in the order they are stored. */
function* storedLines(height: number, interlaced: boolean): Generator<number> {
  const passes = interlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  for (const [first, step] of passes) for (let y = first!; y < height; y += step!) yield y;
}

/** Whether a palette is just the greys 0, 1, 2 …: Pillow then reads a grey picture. */
const isRamp = (palette: Uint8Array): boolean => palette.every((value, i) => value === Math.floor(i / 3));

/**
 * Decodes the first frame of a GIF file.
 *
 * @throws LikenessError `bad-image`
 */
export function decodeGif(bytes: Uint8Array): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 13) throw truncated(bytes);
  let at = 13;
  const readPalette = (flags: number): Uint8Array | undefined => {
    if (!(flags & 0x80)) return;
    const start = at;
    at += 3 << ((flags & 7) + 1);
    return bytes.subarray(start, at);
  };
  const global = readPalette(bytes[10]!);
  let transparent: number | undefined;
  // Blocks before the first frame.
  for (;;) {
    if (at >= bytes.length) throw truncated(bytes);
    const block = bytes[at++];
    if (block === 0x2c) break;
    if (block === 0x3b) throw badImage('this GIF has no frame');
    if (block !== 0x21) continue;
    const isControl = bytes[at++] === 0xf9;
    if (isControl && bytes[at + 1]! & 1) transparent = bytes[at + 4]!;
    for (let n = bytes[at++]; n; n = bytes[at++]) at += n;
  }
  if (at + 9 > bytes.length) throw truncated(bytes);
  const left = view.getUint16(at, true);
  const top = view.getUint16(at + 2, true);
  const frameWidth = view.getUint16(at + 4, true);
  const frameHeight = view.getUint16(at + 6, true);
  const flags = bytes[at + 8]!;
  at += 9;
  const width = Math.max(view.getUint16(6, true), left + frameWidth);
  const height = Math.max(view.getUint16(8, true), top + frameHeight);
  checkSize(width, height, 'the GIF');
  const own = readPalette(flags) ?? global;
  const isGrey = !own || isRamp(own);
  if (at >= bytes.length) throw truncated(bytes);

  const indices = new Uint8Array(frameWidth * frameHeight);
  unpack(bytes, at, indices);
  // What the frame does not cover shows the transparent colour or, where there is none, the first one.
  const screen = new Uint8Array(width * height).fill(transparent ?? 0);
  let from = 0;
  for (const y of storedLines(frameHeight, (flags & 0x40) !== 0)) {
    screen.set(indices.subarray(from, from + frameWidth), (top + y) * width + left);
    from += frameWidth;
  }
  const palette = Uint8Array.from({ length: 768 }, (_, i) => i / 3);
  if (own) palette.set(own.subarray(0, 768));
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 0; i < screen.length; i++) {
    const entry = screen[i]! * 3;
    rgba[i * 4] = palette[entry]!;
    rgba[i * 4 + 1] = palette[entry + 1]!;
    rgba[i * 4 + 2] = palette[entry + 2]!;
    rgba[i * 4 + 3] = 255;
  }
  return { width, height, rgba, mode: isGrey ? 'RGB' : 'P' };
}
