import { LikenessError } from '../errors.ts';
import { decodeBmp } from './bmp.ts';
import { bytesOf } from './bytes.ts';
import { checkSize } from './check.ts';
import {
  type Header,
  notAPicture,
  readJpegHeader,
  readWebpHeader,
  sniffFormat,
  withoutOrientation,
} from './format.ts';
import { decodeGif } from './gif.ts';
import { orient } from './orient.ts';
import type { Pixels } from './pixels.ts';
import { decodePng } from './png.ts';
import { asStored, readBitmap } from './readback.ts';

async function* inflate(parts: Uint8Array<ArrayBuffer>[]): AsyncGenerator<Uint8Array, void> {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'));
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Decodes a JPEG, PNG, GIF (first frame), BMP, WebP, AVIF or TIFF file (first page, upright) to the pixels that Pillow
 * reads from it; CMYK JPEG files differ by 1 at most, since browsers convert them. Colour profiles are ignored.
 * Works on the main thread and in a worker.
 *
 * @param options.orient turn the picture upright as its EXIF data say
 * @throws LikenessError `bad-image`
 */
export async function decode(source: Blob | Uint8Array, options: { orient: boolean }): Promise<Pixels> {
  const bytes = await bytesOf(source);
  const format = sniffFormat(bytes);
  if (format === undefined) throw notAPicture(bytes);
  if (format === 'PNG') return decodePng(bytes, options, inflate);
  if (format === 'GIF') return decodeGif(bytes);
  if (format === 'TIFF') {
    const { decodeTiff } = await import('./tiff/tiff.ts');
    return decodeTiff(bytes, (jpeg) => decode(jpeg, { orient: false }));
  }
  const bmp = format === 'BMP' && decodeBmp(bytes);
  if (bmp) return bmp;
  let header: Header | undefined;
  if (format === 'JPEG') header = readJpegHeader(bytes);
  if (format === 'WebP') header = readWebpHeader(bytes);
  if (header?.size) checkSize(header.size.width, header.size.height, `the ${format}`);
  // JPEG and WebP are turned here, other formats by the browser.
  const imageOrientation = !header && options.orient ? 'from-image' : 'none';
  const file = header?.orientations.length ? withoutOrientation(bytes, header) : bytes;
  const blob = new Blob([file]);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, { ...asStored, imageOrientation });
  } catch (error) {
    throw new LikenessError(
      'bad-image',
      `this ${format} cannot be decoded here: it is broken or unknown to this browser`,
      {
        cause: error,
      },
    );
  }
  try {
    const pixels = await readBitmap(bitmap);
    return options.orient ? orient(pixels, header?.orientations[0]?.value ?? 1) : pixels;
  } finally {
    bitmap.close();
  }
}
