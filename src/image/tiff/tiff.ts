import { LikenessError } from '../../base/errors.ts';
import { orient } from '../orient.ts';
import type { PixelMode, Pixels } from '../pixels.ts';
import { broken, truncated, unread } from './broken.ts';
import { decodeDeflate, decodeLzw, decodePackBits } from './decompress.ts';
import { readDirectory } from './directory.ts';
import { toJpegFile } from './jpeg.ts';
import { Compression, type Layout, layoutOf, type Meaning } from './layout.ts';
import { addUp, placeSamples, readSamples, reverseBits } from './place.ts';

// TIFF as Pillow reads it (TiffImagePlugin.py and libtiff). Platforms have no decoder, or one that shows black where it
// cannot read.

const modes: Record<Meaning, PixelMode> = {
  bilevel: 'P',
  palette: 'P',
  grey16: 'I;16',
  grey: 'RGB',
  'grey-alpha': 'RGBA',
  rgb: 'RGB',
  'rgb-alpha': 'RGBA',
  'rgb-premultiplied': 'RGBA',
  cmyk: 'CMYK',
};

/** How many times their size compressed data can become at most. A file that claims more is broken. */
const expansion: Record<number, number> = {
  [Compression.lzw]: 2560,
  [Compression.packBits]: 64,
  [Compression.deflate]: 1032,
  [Compression.adobeDeflate]: 1032,
  [Compression.jpeg]: 2048,
};

/** A strip or a tile. */
interface Segment {
  data: Uint8Array;
  x: number;
  y: number;
  /** What it covers of the picture, in pixels. */
  columns: number;
  rows: number;
  /** Bytes of a line; lines of tiles go on beyond the picture. */
  lineBytes: number;
  plane: number | undefined;
}

/** All strips or tiles, with their data as the file has them. */
function segmentsOf(bytes: Uint8Array, layout: Layout): Segment[] {
  const { width, height, segmentWidth, segmentHeight, compression } = layout;
  const across = Math.ceil(width / segmentWidth);
  const down = Math.ceil(height / segmentHeight);
  const lineBytes = Math.ceil((segmentWidth * (layout.planar ? 1 : layout.samples) * layout.bits) / 8);
  return layout.offsets.map((offset, i) => {
    const x = (i % across) * segmentWidth;
    const y = (Math.floor(i / across) % down) * segmentHeight;
    const columns = Math.min(segmentWidth, width - x);
    const rows = Math.min(segmentHeight, height - y);
    let byteLength: number;
    if (compression !== Compression.none) byteLength = layout.byteCounts![i]!;
    else {
      const lastLine = Math.ceil((columns * (layout.planar ? 1 : layout.samples) * layout.bits) / 8);
      byteLength = lineBytes * (rows - 1) + lastLine;
    }
    const what = layout.tiled ? 'tile' : 'strip';
    if (offset + byteLength > bytes.length)
      throw truncated(
        `${what} ${i} of ${layout.offsets.length} ends beyond the file (${bytes.length} bytes)`,
      );
    if (byteLength === 0) throw broken(`${what} ${i} of ${layout.offsets.length} is empty`);
    const plane = layout.planar ? Math.floor(i / (across * down)) : undefined;
    return { data: bytes.subarray(offset, offset + byteLength), x, y, columns, rows, lineBytes, plane };
  });
}

/** A segment's lines, uncompressed. */
function unpack({ data, rows, lineBytes, plane }: Segment, layout: Layout): Uint8Array {
  const source = layout.reversedBits ? reverseBits(data) : data;
  const capacity = lineBytes * layout.segmentHeight;
  const wanted = layout.tiled ? capacity : lineBytes * rows;
  let lines: Uint8Array;
  switch (layout.compression) {
    case Compression.none:
      return source;
    case Compression.lzw:
      lines = decodeLzw(source, wanted);
      break;
    case Compression.packBits:
      lines = decodePackBits(source, wanted);
      break;
    default:
      lines = decodeDeflate(source, wanted, capacity);
  }
  if (layout.differences) addUp(lines, lineBytes, plane === undefined ? layout.samples : 1, layout);
  return lines;
}

function placeLines(segment: Segment, lines: Uint8Array, rgba: Uint8Array, layout: Layout): void {
  const { x, y, columns, rows, lineBytes, plane } = segment;
  const samples = new Uint8Array(columns * (plane === undefined ? layout.samples : 1));
  for (let row = 0; row < rows; row++) {
    readSamples(lines.subarray(row * lineBytes, (row + 1) * lineBytes), samples, layout);
    placeSamples(samples, rgba, ((y + row) * layout.width + x) * 4, plane, layout);
  }
}

async function placeJpeg(
  segment: Segment,
  rgba: Uint8Array,
  layout: Layout,
  decodeJpeg: (file: Uint8Array) => Promise<Pixels>,
): Promise<void> {
  const { file, width, height, channels } = toJpegFile(segment.data, layout.jpegTables, layout.ycbcr);
  const { x, y, columns, rows } = segment;
  const wantedRows = layout.tiled ? layout.segmentHeight : rows;
  // A last strip sometimes holds all lines of a full one.
  if (width !== layout.segmentWidth || height < wantedRows || height > layout.segmentHeight)
    throw broken(
      `JPEG data of ${width} × ${height} pixels where ${layout.segmentWidth} × ${wantedRows} belong`,
    );
  if (channels !== layout.samples)
    throw broken(`JPEG data of ${channels} channels where ${layout.samples} belong`);
  let pixels: Pixels;
  try {
    pixels = await decodeJpeg(file);
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    throw new LikenessError(error.code, `TIFF with JPEG compression: ${error.message}`, { cause: error });
  }
  const isInk = layout.meaning === 'cmyk';
  if (pixels.width !== width || pixels.height !== height || pixels.mode !== (isInk ? 'CMYK' : 'RGB'))
    throw unread('such JPEG compression');
  // JPEG files of ink are taken to be inverted, TIFFs are not.
  const invert = layout.inverted || isInk ? 255 : 0;
  for (let row = 0; row < rows; row++) {
    const from = row * width * 4;
    const line = pixels.rgba.subarray(from, from + columns * 4);
    const to = ((y + row) * layout.width + x) * 4;
    for (let i = 0; i < line.length; i++) rgba[to + i] = !isInk && (i & 3) === 3 ? 255 : line[i]! ^ invert;
  }
}

/**
 * Decodes the first page of a TIFF or BigTIFF file to the pixels that Pillow reads from it, upright, since Pillow turns a
 * TIFF when it loads it. Read are 1 to 8 bits of grey, palettes, 8 and 16 bits of RGB, RGBA and CMYK and 16 bits of
 * grey; strips and tiles, together or in planes; uncompressed, LZW, deflate, PackBits and JPEG.
 *
 * @param decodeJpeg the platform's decoder for JPEG files
 * @throws LikenessError `bad-image`: broken, truncated, or of a kind that is not read, by its name
 */
export async function decodeTiff(
  bytes: Uint8Array,
  decodeJpeg: (file: Uint8Array) => Promise<Pixels>,
): Promise<Pixels> {
  const layout = layoutOf(readDirectory(bytes));
  const { width, height, compression } = layout;
  const segments = segmentsOf(bytes, layout);
  const claimed = (width * height * layout.samples * layout.bits) / 8;
  if (claimed > bytes.length * (expansion[compression] ?? 1))
    throw broken(`${bytes.length} bytes cannot hold its ${width} × ${height} pixels`);
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (const segment of segments) {
    if (compression === Compression.jpeg) await placeJpeg(segment, rgba, layout, decodeJpeg);
    else placeLines(segment, unpack(segment, layout), rgba, layout);
  }
  return orient({ width, height, rgba, mode: modes[layout.meaning] }, layout.orientation);
}
