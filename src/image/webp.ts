import { ascii } from '../base/bytes.ts';
import { badImage } from './bad-image.ts';
import { findOrientation } from './exif.ts';
import type { PixelMode } from './pixels.ts';

// Reads WebP files chunk by chunk, as libwebp and Pillow do. Platforms do not agree on when a picture has alpha, and hide
// opaque alpha; Pillow resizes such pictures differently. So they get the first frame alone, in a file that says what it
// has. The rest is done here.

/** A WebP file, ready to be decoded. */
export interface Webp {
  /** The first frame as a file of its own: no EXIF data, no profile. */
  bare: Uint8Array<ArrayBuffer>;
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** Where the frame lies in the picture, in pixels; all of it unless the file is animated. */
  frame: { left: number; top: number; width: number; height: number };
  mode: Extract<PixelMode, 'RGB' | 'RGBA'>;
  /** EXIF orientation, 1 (upright) … 8. */
  orientation: number;
}

interface Chunk {
  name: string;
  start: number;
  end: number;
}

const ANIMATION = 0x02;
const EXIF = 0x08;
const ALPHA = 0x10;

const broken = (what: string) => badImage(`broken WebP: ${what}`);

const uint24 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);

/** The chunks from `start` to `end`. */
function chunksOf(bytes: Uint8Array, start: number, end: number): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = start; at + 8 <= end; ) {
    const byteLength = view.getUint32(at + 4, true);
    const chunk = {
      name: ascii(bytes, at, at + 4),
      start: at + 8,
      end: at + 8 + byteLength,
    };
    if (chunk.end > end) throw badImage(`truncated WebP: its chunk ${chunk.name} is cut off`);
    chunks.push(chunk);
    at = chunk.end + (byteLength & 1);
  }
  return chunks;
}

interface Bitstream {
  image: Chunk;
  alpha: Chunk | undefined;
  width: number;
  height: number;
  /** Whether the data have alpha, by their own account. */
  hasAlpha: boolean;
}

/** The picture among the chunks of a file or a frame. */
function readBitstream(bytes: Uint8Array, chunks: Chunk[]): Bitstream {
  const at = chunks.findIndex(({ name }) => name === 'VP8 ' || name === 'VP8L');
  const image = chunks[at];
  if (!image) throw broken('there is no picture in it');
  const alpha = chunks.slice(0, at).find(({ name }) => name === 'ALPH');
  const { start, end } = image;
  if (end - start < (image.name === 'VP8L' ? 5 : 10)) throw broken('its picture is cut off');
  if (image.name === 'VP8 ') {
    if (uint24(bytes, start + 3) !== 0x2a019d) throw broken('its picture does not begin as one');
    const side = (offset: number) => (bytes[start + offset]! | (bytes[start + offset + 1]! << 8)) & 0x3fff;
    return { image, alpha, width: side(6), height: side(8), hasAlpha: alpha !== undefined };
  }
  if (bytes[start] !== 0x2f) throw broken('its picture does not begin as one');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = view.getUint32(start + 1, true);
  return {
    image,
    alpha,
    width: (bits & 0x3fff) + 1,
    height: ((bits >>> 14) & 0x3fff) + 1,
    hasAlpha: ((bits >>> 28) & 1) === 1,
  };
}

/** A file of one picture, whose header mentions alpha where there is some. */
function writeFile(bytes: Uint8Array, { image, alpha, width, height }: Bitstream): Uint8Array<ArrayBuffer> {
  const parts: [string, Uint8Array][] = [];
  if (alpha && image.name === 'VP8 ') {
    const [w, h] = [width - 1, height - 1];
    const header = Uint8Array.of(ALPHA, 0, 0, 0, w & 255, w >> 8, 0, h & 255, h >> 8, 0);
    parts.push(['VP8X', header], ['ALPH', bytes.subarray(alpha.start, alpha.end)]);
  }
  parts.push([image.name, bytes.subarray(image.start, image.end)]);
  const byteLength = parts.reduce((sum, [, data]) => sum + 8 + data.length + (data.length & 1), 12);
  const file = new Uint8Array(byteLength);
  const view = new DataView(file.buffer);
  const write = (name: string, at: number) => {
    for (let i = 0; i < name.length; i++) file[at + i] = name.charCodeAt(i);
  };
  write('RIFF', 0);
  view.setUint32(4, byteLength - 8, true);
  write('WEBP', 8);
  let at = 12;
  for (const [name, data] of parts) {
    write(name, at);
    view.setUint32(at + 4, data.length, true);
    file.set(data, at + 8);
    at += 8 + data.length + (data.length & 1);
  }
  return file;
}

/**
 * Reads a WebP file; of an animation the first frame.
 *
 * @throws LikenessError `bad-image` where it is truncated or broken
 */
export function readWebp(bytes: Uint8Array): Webp {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = bytes.length >= 8 ? 8 + view.getUint32(4, true) : 8;
  if (wanted > bytes.length) throw badImage(`truncated WebP: ${bytes.length} of ${wanted} bytes`);
  const chunks = chunksOf(bytes, 12, wanted);
  const [first] = chunks;
  if (!first) throw broken('there is no picture in it');
  const whole = (stream: Bitstream) => ({
    bare: writeFile(bytes, stream),
    frame: { left: 0, top: 0, width: stream.width, height: stream.height },
  });
  if (first.name !== 'VP8X') {
    const stream = readBitstream(bytes, [first]);
    const { width, height, hasAlpha } = stream;
    return { ...whole(stream), width, height, mode: hasAlpha ? 'RGBA' : 'RGB', orientation: 1 };
  }
  if (first.end - first.start < 10) throw broken('its header is cut off');
  const flags = bytes[first.start]!;
  const width = uint24(bytes, first.start + 4) + 1;
  const height = uint24(bytes, first.start + 7) + 1;
  // libwebp reads EXIF data only if the header mentions them.
  const exif = flags & EXIF ? chunks.find(({ name }) => name === 'EXIF') : undefined;
  const orientation = (exif && findOrientation(bytes, exif.start, exif.end)) ?? 1;
  if (flags & ANIMATION) {
    const animated = chunks.find(({ name }) => name === 'ANMF');
    if (!animated || animated.end - animated.start < 16) throw broken('there is no frame in it');
    const { start, end } = animated;
    const stream = readBitstream(bytes, chunksOf(bytes, start + 16, end));
    const frame = {
      left: uint24(bytes, start) * 2,
      top: uint24(bytes, start + 3) * 2,
      width: uint24(bytes, start + 6) + 1,
      height: uint24(bytes, start + 9) + 1,
    };
    if (frame.width !== stream.width || frame.height !== stream.height)
      throw broken(`its first frame is ${stream.width} × ${stream.height}, not as stated`);
    if (frame.left + frame.width > width || frame.top + frame.height > height)
      throw broken('its first frame lies outside of the picture');
    const mode = flags & ALPHA ? 'RGBA' : 'RGB';
    return { bare: writeFile(bytes, stream), width, height, frame, mode, orientation };
  }
  const stream = readBitstream(bytes, chunks);
  if (stream.width !== width || stream.height !== height)
    throw broken(`its picture is ${stream.width} × ${stream.height}, not ${width} × ${height} as stated`);
  // Lossless data say in their own header whether there is alpha; for others the file's header counts.
  const hasAlpha =
    stream.hasAlpha || stream.alpha !== undefined || (stream.image.name === 'VP8 ' && (flags & ALPHA) !== 0);
  // Alpha that the header does not mention is not read, but Pillow still treats the picture as one with alpha.
  const shown = flags & ALPHA ? stream : { ...stream, alpha: undefined };
  return { ...whole(shown), width, height, mode: hasAlpha ? 'RGBA' : 'RGB', orientation };
}
