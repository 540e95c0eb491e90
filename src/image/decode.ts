import { isBytes } from '../base/class-of.ts';
import { free } from '../base/free.ts';
import { decodeBmp } from './bmp.ts';
import { bytesOf } from './bytes.ts';
import type { Decoders } from './decoders.ts';
import { notAPicture, sniffFormat } from './format.ts';
import { decodeGif } from './gif.ts';
import type { Pixels } from './pixels.ts';
import { type DecodeOptions, decodeJpeg, decodeWebp, type PlatformDecode } from './platform.ts';
import { decodePng } from './png.ts';
import type { Inflate } from './png-text.ts';

/**
 * Decodes a JPEG, PNG, GIF (first frame), BMP, WebP (first frame), AVIF or TIFF file (first page, upright) to the pixels
 * that Pillow reads from it. Colour profiles are ignored.
 *
 * @throws LikenessError `bad-image`
 */
export type Decode = (source: Blob | Uint8Array, options: DecodeOptions) => Promise<Pixels>;

/**
 * Makes a decoder of what differs between platforms: how they inflate, how they decode JPEG and WebP, and how other decoders
 * are loaded.
 */
export function createDecode(inflate: Inflate, platform: PlatformDecode, decoders: Decoders): Decode {
  const decode: Decode = async (source, options) => {
    const bytes = await bytesOf(source);
    try {
      return await decodeBytes(bytes, options);
    } finally {
      if (!isBytes(source)) free(bytes); // a copy of our own
    }
  };
  const decodeBytes = async (bytes: Uint8Array<ArrayBuffer>, options: DecodeOptions): Promise<Pixels> => {
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
        return decodeJpeg(bytes, options, platform, decoders);
      case 'WebP':
        return decodeWebp(bytes, options, platform);
      case 'TIFF': {
        const { decodeTiff } = await decoders.tiff();
        return decodeTiff(bytes, (jpeg) => decode(jpeg, { orient: false }));
      }
      case 'AVIF': {
        const { decodeAvif } = await decoders.avif();
        return decodeAvif(bytes, options);
      }
    }
  };
  return decode;
}
