import { free } from '../base/free.ts';
import { badImage } from './bad-image.ts';
import { bitmapRows } from './bitmap-rows.ts';
import { createDecode, type Decode } from './decode.ts';
import type { Decoders } from './decoders.ts';
import { inflate } from './inflate.browser.ts';
import type { PlatformDecode } from './platform.ts';
import { asStored, readOpaque } from './readback.ts';

/** From so many pixels on, they are not there twice: 16 MB. */
const large = 4e6;

const decodeWith =
  (decoders: Decoders): PlatformDecode =>
  async (file, format) => {
    let bitmap: ImageBitmap;
    try {
      const blob = new Blob([file]);
      // The browser has a copy of it.
      if (format === 'JPEG') free(file);
      bitmap = await createImageBitmap(blob, { ...asStored, imageOrientation: 'none' });
    } catch (cause) {
      throw badImage(`this ${format} cannot be decoded here: it is broken or unknown to this browser`, cause);
    }
    // A JPEG has no transparency; its pixels are read as they are needed.
    if (format === 'JPEG' && bitmap.width * bitmap.height >= large) return bitmapRows(bitmap);
    try {
      const { width, height } = bitmap;
      const rgba = readOpaque(bitmap);
      if (rgba) return { width, height, rgba, mode: 'RGB' };
    } finally {
      bitmap.close();
    }
    const { decodeTransparentWebp } = await decoders.webpAlpha();
    return decodeTransparentWebp(file);
  };

/** See {@link Decode}. Works on the main thread and in a worker. */
export const createBrowserDecode = (decoders: Decoders): Decode =>
  createDecode(inflate, decodeWith(decoders), decoders);
