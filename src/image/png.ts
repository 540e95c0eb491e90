import { ascii } from '../base/bytes.ts';
import { crc32 } from '../base/crc32.ts';
import { LikenessError } from '../base/errors.ts';
import { badImage } from './bad-image.ts';
import { checkSize } from './check.ts';
import { findOrientation } from './exif.ts';
import { orient } from './orient.ts';
import type { PixelMode, Pixels } from './pixels.ts';
import { type Inflate, PngTexts } from './png-text.ts';

// PNG as Pillow reads it. Platforms' decoders would do for plain 8-bit colour only: they hide the palette, apply
// transparency, gamma and colour profiles, and a canvas loses colour under alpha.

interface PngHeader {
  width: number;
  height: number;
  depth: number;
  colour: number;
  interlaced: boolean;
}

const GREY = 0;
const RGB = 2;
const PALETTE = 3;
const GREY_ALPHA = 4;
const RGBA = 6;

const channelsOf: Record<number, number> = { [GREY]: 1, [RGB]: 3, [PALETTE]: 1, [GREY_ALPHA]: 2, [RGBA]: 4 };
const depthsOf: Record<number, number[]> = {
  [GREY]: [1, 2, 4, 8, 16],
  [RGB]: [8, 16],
  [PALETTE]: [1, 2, 4, 8],
  [GREY_ALPHA]: [8, 16],
  [RGBA]: [8, 16],
};

const broken = (what: string, cause?: unknown) =>
  badImage(`broken PNG: ${what}`, cause === undefined ? undefined : { cause });

function readHeader(data: DataView): PngHeader {
  if (data.byteLength < 13) throw broken(`its header has ${data.byteLength} bytes; wanted 13`);
  const header = {
    width: data.getUint32(0),
    height: data.getUint32(4),
    depth: data.getUint8(8),
    colour: data.getUint8(9),
    interlaced: data.getUint8(12) !== 0,
  };
  if (!depthsOf[header.colour]?.includes(header.depth))
    throw broken(`there is no colour type ${header.colour} of ${header.depth} bits`);
  checkSize(header.width, header.height, 'the PNG');
  return header;
}

/** Undoes the filter of a line (PNG specification, 9.2), in place. `above` is the line before, zero for the first one. */
function unfilter(type: number, line: Uint8Array, above: Uint8Array, step: number): void {
  const n = line.length;
  if (type === 1) {
    for (let i = step; i < n; i++) line[i]! += line[i - step]!;
  } else if (type === 2) {
    for (let i = 0; i < n; i++) line[i]! += above[i]!;
  } else if (type === 3) {
    for (let i = 0; i < n; i++) line[i]! += ((i < step ? 0 : line[i - step]!) + above[i]!) >> 1;
  } else if (type === 4) {
    for (let i = 0; i < step && i < n; i++) line[i]! += above[i]!;
    for (let i = step; i < n; i++) {
      const a = line[i - step]!;
      const b = above[i]!;
      const c = above[i - step]!;
      const pa = Math.abs(b - c);
      const pb = Math.abs(a - c);
      const pc = Math.abs(a + b - c - c);
      line[i]! += pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
  } else if (type !== 0) throw broken(`there is no filter ${type}`);
}

/** Origin and steps (x, y) of the passes of a picture, Adam7's seven or the one. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const onePass = [[0, 0, 1, 1]] as const;

/** The colours of samples of up to 8 bits: shades of grey or, where samples go beyond the file's palette, Pillow's ramp. */
function colourTable({ colour, depth }: PngHeader, palette: Uint8Array | undefined): Uint8Array {
  const last = colour === GREY ? 2 ** Math.min(depth, 8) - 1 : 255;
  const table = Uint8Array.from({ length: 768 }, (_, i) => (Math.floor(i / 3) * 255) / last);
  if (colour === PALETTE && palette) table.set(palette.subarray(0, 768));
  return table;
}

type PutLine = (line: Uint8Array, count: number, at: number, step: number) => void;

/** Writes the `count` pixels of a line to every `step`-th pixel from `at`. 16-bit samples keep their upper byte. */
function lineWriter(
  header: PngHeader,
  rgba: Uint8Array,
  gray: Uint16Array | undefined,
  palette: Uint8Array,
): PutLine {
  const { depth, colour } = header;
  const bytes = depth === 16 ? 2 : 1;
  if (gray)
    return (line, count, at, step) => {
      for (let i = 0; i < count; i++, at += step) gray[at] = (line[i * 2]! << 8) | line[i * 2 + 1]!;
    };
  if (colour === RGB || colour === RGBA) {
    const size = bytes * (colour === RGB ? 3 : 4);
    return (line, count, at, step) => {
      for (let i = 0, to = at * 4, from = 0; i < count; i++, to += step * 4, from += size) {
        rgba[to] = line[from]!;
        rgba[to + 1] = line[from + bytes]!;
        rgba[to + 2] = line[from + 2 * bytes]!;
        rgba[to + 3] = colour === RGB ? 255 : line[from + 3 * bytes]!;
      }
    };
  }
  if (colour === GREY_ALPHA)
    return (line, count, at, step) => {
      for (let i = 0, to = at * 4, from = 0; i < count; i++, to += step * 4, from += 2 * bytes) {
        rgba.fill(line[from]!, to, to + 3);
        rgba[to + 3] = line[from + bytes]!;
      }
    };
  // One sample of 1 to 8 bits, through a table of colours: the palette, or all shades of grey.
  const mask = (1 << depth) - 1;
  return (line, count, at, step) => {
    for (let i = 0, to = at * 4; i < count; i++, to += step * 4) {
      const bit = i * depth;
      const sample = (line[bit >> 3]! >> (8 - depth - (bit & 7))) & mask;
      rgba[to] = palette[sample * 3]!;
      rgba[to + 1] = palette[sample * 3 + 1]!;
      rgba[to + 2] = palette[sample * 3 + 2]!;
      rgba[to + 3] = 255;
    }
  };
}

/** The lines of the picture out of the compressed data, one pass after another, as they come. */
async function readLines(
  header: PngHeader,
  inflated: AsyncIterator<Uint8Array, void>,
  isTruncated: boolean,
  put: PutLine,
): Promise<void> {
  const { width, height } = header;
  const bitsPerPixel = header.depth * channelsOf[header.colour]!;
  const step = Math.max(bitsPerPixel >> 3, 1);
  let chunk: Uint8Array = new Uint8Array(0);
  let at = 0;
  const fill = async (line: Uint8Array): Promise<void> => {
    for (let have = 0; have < line.length; ) {
      if (at === chunk.length) {
        const { done, value } = await inflated.next();
        if (done) throw new Error('the compressed data end early');
        chunk = value;
        at = 0;
      }
      const n = Math.min(line.length - have, chunk.length - at);
      line.set(chunk.subarray(at, at + n), have);
      at += n;
      have += n;
    }
  };
  let done = 0;
  try {
    for (const [x0, y0, dx, dy] of header.interlaced ? adam7 : onePass) {
      const count = Math.ceil((width - x0) / dx);
      if (count <= 0) continue;
      let line = new Uint8Array(1 + Math.ceil((count * bitsPerPixel) / 8));
      let above = new Uint8Array(line.length);
      for (let y = y0; y < height; y += dy) {
        // An await costs more than a short line: none while the line is here already.
        if (chunk.length - at >= line.length) {
          line.set(chunk.subarray(at, at + line.length));
          at += line.length;
        } else await fill(line);
        const samples = line.subarray(1);
        unfilter(line[0]!, samples, above.subarray(1), step);
        put(samples, count, y * width + x0, dx);
        [line, above] = [above, line];
        done++;
      }
    }
  } catch (error) {
    if (error instanceof LikenessError) throw error;
    if (isTruncated) throw badImage(`truncated PNG: it ends after ${done} lines`, error);
    throw broken(`its compressed data cannot be read after ${done} lines`, error);
  } finally {
    // Like Pillow, this ignores what follows the last line (a checksum, padding).
    await inflated.return?.();
  }
}

/**
 * Decodes a PNG file to what Pillow makes of it: of an animation the default image; no gamma, no colour profile; 16-bit
 * colour cut to its upper bytes; a transparent colour or palette entry plays no part.
 *
 * @throws LikenessError `bad-image`
 */
export async function decodePng(
  bytes: Uint8Array<ArrayBuffer>,
  options: { orient: boolean },
  inflate: Inflate,
): Promise<Pixels> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  let exif: Uint8Array | undefined;
  const texts = new PngTexts();
  let isTruncated = true;
  const data: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 8 <= bytes.length; ) {
    const type = ascii(bytes, at + 4, at + 8);
    const start = at + 8;
    const end = start + view.getUint32(at);
    const body = bytes.subarray(start, end);
    if (type === 'IHDR' || type === 'PLTE') {
      if (end + 4 > bytes.length) break;
      if (view.getUint32(end) !== crc32(bytes.subarray(at + 4, end)))
        throw broken(`wrong checksum of ${type}`);
      if (type === 'IHDR') header = readHeader(new DataView(body.buffer, body.byteOffset, body.byteLength));
      else palette = body;
    } else if (type === 'IDAT') data.push(body);
    else if (type === 'eXIf') exif = body;
    else if (type === 'tEXt' && ascii(body, 0, 5) === 'exif\0') exif = body.subarray(5);
    else if (type === 'tEXt' || type === 'zTXt' || type === 'iTXt') texts.add(type, body);
    else if (type === 'IEND') {
      isTruncated = false;
      break;
    }
    at = end + 4;
  }
  if (!header) throw badImage(`truncated PNG: ${bytes.length} bytes and no header`);
  const { width, height, depth, colour } = header;
  if (colour === PALETTE && !palette) throw broken('it has no palette');
  const isI = colour === GREY && depth === 16;
  const mode: PixelMode = isI
    ? 'I'
    : colour === PALETTE || (colour === GREY && depth === 1)
      ? 'P'
      : colour === GREY_ALPHA || colour === RGBA
        ? 'RGBA'
        : 'RGB';
  const rgba = new Uint8Array(isI ? 0 : width * height * 4);
  const gray = isI ? new Uint16Array(width * height) : undefined;
  await readLines(
    header,
    inflate(data),
    isTruncated,
    lineWriter(header, rgba, gray, colourTable(header, palette)),
  );
  const pixels: Pixels = gray ? { width, height, rgba, mode, gray } : { width, height, rgba, mode };
  if (!options.orient) return pixels;
  const orientation = exif && findOrientation(exif, 0, exif.length);
  return orient(pixels, orientation ?? (await texts.orientation(exif === undefined, inflate)));
}
