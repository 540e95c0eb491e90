import { Readable } from 'node:stream';
import { constants, createInflate } from 'node:zlib';
import { LikenessError } from '../errors.ts';
import { decodeBmp } from './bmp.ts';
import { bytesOf } from './bytes.ts';
import { MAX_PIXELS } from './check.ts';
import { type Format, notAPicture, sniffFormat } from './format.ts';
import { decodeGif } from './gif.ts';
import type { Pixels } from './pixels.ts';
import { decodeJpeg, decodeWebp } from './platform.ts';
import { decodePng } from './png.ts';
import type { Inflate } from './png-text.ts';
import { modeOf } from './resize.ts';

/** What is missing at the end of the data is for the PNG reader to find out: `DecompressionStream` would drop lines before it. */
const inflate: Inflate = (parts) =>
  Readable.from(parts)
    .pipe(createInflate({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 1 << 18 }))
    [Symbol.asyncIterator]();

async function decodeWithSharp(bytes: Uint8Array, format: Format): Promise<Pixels> {
  const { default: sharp } = await import('sharp');
  // Pillow refuses truncated files and overlooks lesser damage.
  const picture = sharp(bytes, { failOn: 'truncated', limitInputPixels: MAX_PIXELS, ignoreIcc: true })
    .toColourspace('srgb')
    .ensureAlpha();
  try {
    const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    const rgba = new Uint8Array(data.buffer, data.byteOffset, data.length);
    return { width, height, rgba, mode: modeOf({ width, height, rgba }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new LikenessError('bad-image', `this ${format} cannot be decoded: ${reason}`, { cause: error });
  }
}

/**
 * Decodes a JPEG, PNG, GIF (first frame), BMP, WebP (first frame), AVIF or TIFF file (first page, upright) to the
 * pixels that Pillow reads from it. Colour profiles are ignored.
 *
 * @param options.orient turn the picture upright as its EXIF data say
 * @throws LikenessError `bad-image`
 */
export async function decode(source: Blob | Uint8Array, options: { orient: boolean }): Promise<Pixels> {
  const bytes = await bytesOf(source);
  const format = sniffFormat(bytes);
  switch (format) {
    case undefined:
      throw notAPicture(bytes);
    case 'PNG':
      return decodePng(bytes, options, inflate);
    case 'GIF':
      return decodeGif(bytes);
    case 'BMP':
      return decodeBmp(bytes);
    case 'JPEG':
      return decodeJpeg(bytes, options, decodeWithSharp);
    case 'WebP':
      return decodeWebp(bytes, options, decodeWithSharp);
    case 'TIFF': {
      const { decodeTiff } = await import('./tiff/tiff.ts');
      return decodeTiff(bytes, (jpeg) => decode(jpeg, { orient: false }));
    }
    case 'AVIF': {
      const { decodeAvif } = await import('./avif/avif.ts');
      return decodeAvif(bytes, options);
    }
  }
}
