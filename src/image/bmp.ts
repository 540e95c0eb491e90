import { LikenessError } from '../errors.ts';
import { checkSize } from './check.ts';
import type { PixelMode, Pixels } from './pixels.ts';

// Windows and OS/2 bitmaps as Pillow reads them (BmpImagePlugin.py). libvips has no decoder for them.

const RAW = 0;
const BITFIELDS = 3;

/** One channel of a pixel of 16 to 32 bits: where it lies, how wide it is. */
interface Field {
  shift: number;
  max: number;
}

const broken = (what: string) => new LikenessError('bad-image', `broken BMP: ${what}`);

function field(mask: number): Field {
  if (mask === 0) return { shift: 0, max: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { shift, max: mask >>> shift };
}

/**
 * Decodes an uncompressed BMP file.
 *
 * @returns undefined where the file is compressed (RLE, embedded JPEG or PNG): whoever can read that may try
 * @throws LikenessError `bad-image`
 */
export function decodeBmp(bytes: Uint8Array): Pixels | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const truncated = () =>
    new LikenessError('bad-image', `truncated BMP: it ends after ${bytes.length} bytes`);
  if (bytes.length < 26) throw truncated();
  const headerSize = view.getUint32(14, true);
  const isOs2 = headerSize === 12;
  if (!isOs2 && ![40, 52, 56, 64, 108, 124].includes(headerSize))
    throw broken(`a header of ${headerSize} bytes`);
  if (bytes.length < 14 + headerSize + 12) throw truncated();
  const width = isOs2 ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isOs2 ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(isOs2 ? 24 : 28, true);
  const compression = isOs2 ? RAW : view.getUint32(30, true);
  if (compression !== RAW && compression !== BITFIELDS) return;
  checkSize(width, height, 'the BMP');
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw broken(`${bits} bits a pixel`);

  const offset = view.getUint32(10, true);
  const lineBytes = Math.ceil((width * bits) / 32) * 4;
  if (offset + lineBytes * (height - 1) + Math.ceil((width * bits) / 8) > bytes.length) throw truncated();
  const line = (y: number): number => offset + lineBytes * (signedHeight < 0 ? y : height - 1 - y);
  const rgba = new Uint8Array(width * height * 4).fill(255);

  if (bits <= 8) {
    const entryBytes = isOs2 ? 3 : 4;
    const stated = isOs2 ? 0 : view.getUint32(46, true);
    const colours = Math.min(stated || 1 << bits, 256);
    const start = 14 + headerSize;
    if (start + colours * entryBytes > bytes.length) throw truncated();
    const palette = Uint8Array.from({ length: 768 }, (_, i) => i / 3);
    // A palette of all greys in order stands for a grey picture, of black and white for a bilevel one.
    let isGrey = true;
    for (let i = 0; i < colours; i++)
      for (let c = 0; c < 3; c++) {
        const value = bytes[start + i * entryBytes + 2 - c]!;
        palette[i * 3 + c] = value;
        if (value !== (colours === 2 ? i * 255 : i)) isGrey = false;
      }
    const mask = (1 << bits) - 1;
    for (let y = 0, to = 0; y < height; y++)
      for (let x = 0, from = line(y); x < width; x++, to += 4) {
        const bit = x * bits;
        const entry = ((bytes[from + (bit >> 3)]! >> (8 - bits - (bit & 7))) & mask) * 3;
        for (let c = 0; c < 3; c++) rgba[to + c] = palette[entry + c]!;
      }
    return { width, height, rgba, mode: isGrey && colours > 2 ? 'RGB' : 'P' };
  }

  // Blue, green, red from the lowest bits, unless masks say otherwise: behind a header of 40 bytes, or in a longer one.
  let masks = bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  if (compression === BITFIELDS) {
    masks = [54, 58, 62, 66].map((at) => (at === 66 && headerSize < 56 ? 0 : view.getUint32(at, true)));
    if (masks.every((mask) => mask === 0)) masks = [0xff0000, 0xff00, 0xff, 0xff000000];
  }
  const fields = masks.map(field);
  const mode: PixelMode = bits === 32 && fields[3]!.max > 0 ? 'RGBA' : 'RGB';
  const channels = mode === 'RGBA' ? 4 : 3;
  const step = bits / 8;
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0, from = line(y); x < width; x++, from += step, to += 4) {
      let pixel = 0;
      for (let i = 0; i < step; i++) pixel |= bytes[from + i]! << (8 * i);
      for (let c = 0; c < channels; c++) {
        const { shift, max } = fields[c]!;
        if (max > 0) rgba[to + c] = (((pixel >>> shift) & max) * 255) / max;
        else rgba[to + c] = 0;
      }
    }
  return { width, height, rgba, mode };
}
