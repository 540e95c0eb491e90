import { ascii } from '../../src/base/bytes.ts';
import { findOrientation } from '../../src/image/exif.ts';
import { type Inflate, PngTexts } from '../../src/image/png-text.ts';

/** What the first parts of a file say of its picture. */
export interface PictureHeader {
  format: 'JPEG' | 'PNG' | 'WebP';
  /** As stored. */
  width: number;
  height: number;
  /** How the library turns it: EXIF's numbers, 1 (as it is) … 8. */
  orientation: number;
  /** Whether EXIF data of the usual place say so: those the browser may know of, others it does not. */
  isExif: boolean;
}

/**
 * Reads size and orientation as the library does. A browser's `naturalWidth` is not the picture's: Chromium and Firefox
 * divide it by a density in the EXIF data, and none of them turns WebP.
 *
 * @returns undefined for other formats, which have nothing that misleads, and for damaged files
 */
export async function readPictureHeader(blob: Blob): Promise<PictureHeader | undefined> {
  const first = new Uint8Array(await blob.slice(0, firstBytes).arrayBuffer());
  const file: Parts = { blob, size: blob.size, first };
  const head = ascii(first, 0, Math.min(16, first.length));
  const read = head.startsWith('\xff\xd8\xff')
    ? readJpegHeader
    : head.startsWith('\x89PNG')
      ? readPngHeader
      : head.startsWith('RIFF') && head.startsWith('WEBP', 8)
        ? readWebpHeader
        : undefined;
  try {
    return await read?.(file);
  } catch {
    return undefined; // cut off or damaged: what the browser says has to do
  }
}

const headerOf = (
  format: PictureHeader['format'],
  width: number,
  height: number,
  exif: number | undefined,
  other = 1,
): PictureHeader | undefined =>
  width > 0 && height > 0
    ? { format, width, height, orientation: exif ?? other, isExif: exif !== undefined }
    : undefined;

/** So much of a file comes at once: each reading is a message to another process, and a header has a dozen parts. */
const firstBytes = 1 << 16;

/** A file whose first bytes are here. */
interface Parts {
  blob: Blob;
  size: number;
  first: Uint8Array<ArrayBuffer>;
}

/** Bytes of a file, in pieces as large as they are needed. */
async function bytesOf({ blob, first }: Parts, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes =
    at + length <= first.length
      ? first.subarray(at, at + length)
      : new Uint8Array(await blob.slice(at, at + length).arrayBuffer());
  if (bytes.length < length) throw new RangeError('the file ends here');
  return bytes;
}

async function viewOf(file: Parts, at: number, length: number): Promise<DataView> {
  const bytes = await bytesOf(file, at, length);
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

const bytesIn = ({ buffer, byteOffset, byteLength }: DataView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Markers up to the first scan, which come before the bulk of the file. */
async function readJpegHeader(file: Parts): Promise<PictureHeader | undefined> {
  let exif: number | undefined;
  let size: [number, number] | undefined;
  for (let at = 2; ; ) {
    const marker = (await viewOf(file, at, 2)).getUint8(1);
    if (marker === 0xff || marker === 0 || marker === 1) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return size && headerOf('JPEG', ...size, exif);
    const length = (await viewOf(file, at + 2, 2)).getUint16(0);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const frame = await viewOf(file, at + 4, 5);
      size = [frame.getUint16(3), frame.getUint16(1)];
    } else if (marker === 0xe1 && exif === undefined && length > 8) {
      const segment = await bytesOf(file, at + 4, length - 2);
      if (ascii(segment, 0, 5) === 'Exif\0') exif = findOrientation(segment, 0, segment.length) ?? 1;
    }
    at += 2 + Math.max(length, 2);
  }
}

const inflate: Inflate = async function* (parts) {
  const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    reader.cancel().catch(() => {});
  }
};

/** The longest chunk of texts or EXIF data that is looked at. */
const longestChunk = 1 << 22;

async function readPngHeader(file: Parts): Promise<PictureHeader | undefined> {
  let size: [number, number] | undefined;
  let exif: Uint8Array | undefined;
  const texts = new PngTexts();
  for (let at = 8; at + 12 <= file.size; ) {
    const start = await viewOf(file, at, 8);
    const length = start.getUint32(0);
    const type = ascii(bytesIn(start), 4, 8);
    const isText = type === 'tEXt' || type === 'zTXt' || type === 'iTXt';
    if (type === 'IHDR') {
      const header = await viewOf(file, at + 8, 8);
      size = [header.getUint32(0), header.getUint32(4)];
    } else if ((isText || type === 'eXIf') && length <= longestChunk) {
      const body = await bytesOf(file, at + 8, length);
      if (type === 'eXIf') exif = body;
      else if (type === 'tEXt' && ascii(body, 0, 5) === 'exif\0') exif = body.subarray(5);
      else texts.add(type as 'tEXt', body);
    } else if (type === 'IEND') break;
    at += 12 + length;
  }
  if (!size) return undefined;
  const found = exif && findOrientation(exif, 0, exif.length);
  if (found !== undefined) return headerOf('PNG', ...size, found);
  return headerOf('PNG', ...size, undefined, await texts.orientation(exif === undefined, inflate));
}

/** Only the extended format has EXIF data; the size of others is the browser's. */
async function readWebpHeader(file: Parts): Promise<PictureHeader | undefined> {
  let size: [number, number] | undefined;
  for (let at = 12; at + 8 <= file.size; ) {
    const start = await viewOf(file, at, 8);
    const type = ascii(bytesIn(start), 0, 4);
    const length = start.getUint32(4, true);
    if (type === 'VP8X') {
      const header = await viewOf(file, at + 8, 10);
      const at24 = (offset: number): number =>
        1 + header.getUint16(offset, true) + (header.getUint8(offset + 2) << 16);
      size = [at24(4), at24(7)];
    } else if (type === 'EXIF' && size) {
      const exif = await bytesOf(file, at + 8, length);
      return headerOf('WebP', ...size, findOrientation(exif, 0, exif.length) ?? 1);
    }
    at += 8 + length + (length % 2);
  }
  return size && headerOf('WebP', ...size, undefined);
}
