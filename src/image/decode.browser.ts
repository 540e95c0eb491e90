import { LikenessError } from '../errors.ts';
import { decodeBmp } from './bmp.ts';
import { bytesOf } from './bytes.ts';
import { notAPicture, sniffFormat } from './format.ts';
import { decodeGif } from './gif.ts';
import type { Pixels } from './pixels.ts';
import { decodeJpeg, decodeWebp, type PlatformDecode } from './platform.ts';
import { decodePng } from './png.ts';
import { asStored, readOpaque } from './readback.ts';

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

const decodeInBrowser: PlatformDecode = async (file, format) => {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([file]), { ...asStored, imageOrientation: 'none' });
  } catch (cause) {
    throw new LikenessError(
      'bad-image',
      `this ${format} cannot be decoded here: it is broken or unknown to this browser`,
      { cause },
    );
  }
  try {
    const { width, height } = bitmap;
    const rgba = readOpaque(bitmap);
    if (rgba) return { width, height, rgba, mode: 'RGB' };
  } finally {
    bitmap.close();
  }
  const { decodeTransparentWebp } = await import('./webp-alpha.ts');
  return decodeTransparentWebp(file);
};

/**
 * Decodes a JPEG, PNG, GIF (first frame), BMP, WebP (first frame), AVIF or TIFF file (first page, upright) to the pixels
 * that Pillow reads from it. Colour profiles are ignored. Works on the main thread and in a worker.
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
      return decodeJpeg(bytes, options, decodeInBrowser);
    case 'WebP':
      return decodeWebp(bytes, options, decodeInBrowser);
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
