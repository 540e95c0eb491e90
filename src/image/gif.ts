import { joined } from '../base/bytes.ts';
import { badImage } from './bad-image.ts';
import { checkSize } from './check.ts';
import { unpackLzw } from './lzw.ts';
import type { Pixels } from './pixels.ts';

// The first frame of a GIF as Pillow reads it (GifImagePlugin.py, GifDecode.c): palette pictures are resized by nearest
// neighbour, transparency is ignored. Platforms' decoders hide the palette and clear transparent pixels.

const truncated = (bytes: Uint8Array) =>
  badImage(`truncated GIF: ${bytes.length} bytes and no whole first frame`);

/** LZW data in blocks from `at` on: fills `out` with palette indices. */
function unpack(bytes: Uint8Array, at: number, out: Uint8Array): void {
  const symbolBits = bytes[at]!;
  if (symbolBits > 11) throw badImage(`broken GIF: codes of ${symbolBits} bits`);
  const blocks: Uint8Array[] = [];
  // As in Pillow, a block that is cut off counts for nothing.
  for (let start = at + 2, n = bytes[at + 1]; n && start + n <= bytes.length; n = bytes[start - 1]) {
    blocks.push(bytes.subarray(start, start + n));
    start += n + 1;
  }
  const codes = { symbolBits, lowestFirst: true, early: 0 } as const;
  const early = (code: number) => badImage(`broken GIF: code ${code} before its time`);
  if (unpackLzw(joined(blocks), out, codes, early) < out.length) throw truncated(bytes);
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

/** Whether a palette is the greys 0, 1, 2 …: Pillow then reads a grey picture. */
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
  // Outside the frame is the transparent colour or, without one, the first colour.
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
