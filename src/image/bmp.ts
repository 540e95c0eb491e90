import { badImage } from './bad-image.ts';
import { unpackRuns } from './bmp-rle.ts';
import { checkSize } from './check.ts';
import type { PixelMode, Pixels } from './pixels.ts';

// Windows and OS/2 bitmaps as Pillow reads them (BmpImagePlugin.py). libvips has no decoder for them.

const RAW = 0;
const RLE8 = 1;
const RLE4 = 2;
const BITFIELDS = 3;
const compressions: Record<number, string> = {
  4: 'JPEG',
  5: 'PNG',
  6: 'bit fields with alpha',
  11: 'CMYK',
  12: 'CMYK RLE8',
  13: 'CMYK RLE4',
};

/** One channel of a pixel of 16 to 32 bits: where it lies, how wide it is. */
interface Field {
  shift: number;
  max: number;
}

const broken = (what: string) => badImage(`broken BMP: ${what}`);

function field(mask: number): Field {
  if (mask === 0) return { shift: 0, max: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { shift, max: mask >>> shift };
}

interface BmpHeader {
  width: number;
  height: number;
  isTopDown: boolean;
  bits: number;
  compression: number;
  /** Where pixels begin in the file. */
  offset: number;
  /** Where the palette begins, how many entries it has, of how many bytes. */
  palette: { start: number; colours: number; entryBytes: number };
  headerSize: number;
}

function readHeader(view: DataView): BmpHeader {
  const headerSize = view.getUint32(14, true);
  const isOs2 = headerSize === 12;
  if (!isOs2 && ![40, 52, 56, 64, 108, 124].includes(headerSize))
    throw broken(`a header of ${headerSize} bytes`);
  const signedHeight = isOs2 ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isOs2 ? 24 : 28, true);
  const compression = isOs2 ? RAW : view.getUint32(30, true);
  const colours = (isOs2 ? 0 : view.getUint32(46, true)) || (bits <= 8 ? 1 << bits : 0);
  const hasMasks = compression === BITFIELDS && headerSize === 40;
  const start = 14 + headerSize + (hasMasks ? 12 : 0);
  const entryBytes = isOs2 ? 3 : 4;
  let offset = view.getUint32(10, true);
  // Some programs forget the palette in this offset. Pillow counts four bytes an entry in every file.
  if (offset === 14 + headerSize && bits <= 8) offset += 4 * colours;
  if (offset === 0) offset = start + (bits <= 8 ? entryBytes * colours : 0);
  return {
    width: isOs2 ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(signedHeight),
    isTopDown: signedHeight < 0,
    bits,
    compression,
    offset,
    palette: { start, colours, entryBytes },
    headerSize,
  };
}

/** @returns 256 colours, and whether they are all greys in order: the picture is then grey, or bilevel */
function readPalette(bytes: Uint8Array, { start, colours, entryBytes }: BmpHeader['palette']) {
  if (colours < 1 || colours > 65_536) throw broken(`a palette of ${colours} colours`);
  const table = Uint8Array.from({ length: 768 }, (_, i) => i / 3);
  let isGrey = true;
  for (let i = 0; i < colours; i++)
    for (let c = 0; c < 3; c++) {
      const value = bytes[start + i * entryBytes + 2 - c];
      if (value !== (colours === 2 ? i * 255 : i & 255)) isGrey = false;
      if (value !== undefined && i < 256) table[i * 3 + c] = value;
    }
  if (!isGrey && Math.min(colours * entryBytes, bytes.length - start) > 256 * entryBytes)
    throw broken(`a palette of ${colours} colours`);
  return { table, isGrey };
}

/**
 * Decodes a BMP file.
 *
 * @throws LikenessError `bad-image`
 */
export function decodeBmp(bytes: Uint8Array): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const truncated = () => badImage(`truncated BMP: it ends after ${bytes.length} bytes`);
  if (bytes.length < 26 || bytes.length < 14 + Math.max(view.getUint32(14, true), 12)) throw truncated();
  const { width, height, isTopDown, bits, compression, offset, palette, headerSize } = readHeader(view);
  checkSize(width, height, 'the BMP');
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw broken(`${bits} bits a pixel`);
  const isRuns = compression === RLE8 || compression === RLE4;
  if (!isRuns && compression !== RAW && compression !== BITFIELDS)
    throw badImage(
      `this BMP is compressed as ${compressions[compression] ?? `number ${compression}`}, which is not read here; save it as PNG`,
    );
  if (compression !== RAW && bits <= 8 !== isRuns)
    throw broken(`compression ${compression} of ${bits} bits a pixel`);

  const lineBytes = Math.ceil((width * bits) / 32) * 4;
  if (!isRuns && offset + lineBytes * (height - 1) + Math.ceil((width * bits) / 8) > bytes.length)
    throw truncated();
  const storedLine = (y: number): number => (isTopDown ? y : height - 1 - y);
  const line = (y: number): number => offset + lineBytes * storedLine(y);
  const rgba = new Uint8Array(width * height * 4).fill(255);

  if (bits <= 8) {
    const { table, isGrey } = readPalette(bytes, palette);
    const isBilevel = isGrey && palette.colours === 2;
    const runs = isRuns ? unpackRuns(bytes, offset, width, height, compression === RLE4) : undefined;
    // Pillow reads one bit a pixel of a bilevel picture, whatever its header says.
    const sampleBits = isBilevel ? 1 : bits;
    const mask = (1 << sampleBits) - 1;
    for (let y = 0, to = 0; y < height; y++)
      for (let x = 0, from = line(y); x < width; x++, to += 4) {
        const bit = x * sampleBits;
        const sample = runs
          ? runs[storedLine(y) * width + x]!
          : (bytes[from + (bit >> 3)]! >> (8 - sampleBits - (bit & 7))) & mask;
        for (let c = 0; c < 3; c++) rgba[to + c] = table[sample * 3 + c]!;
      }
    return { width, height, rgba, mode: isGrey && !isBilevel ? 'RGB' : 'P' };
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
