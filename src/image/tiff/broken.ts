import type { LikenessError } from '../../base/errors.ts';
import { badImage } from '../bad-image.ts';

/** The error for a file that contradicts itself. */
export const broken = (what: string): LikenessError => badImage(`broken TIFF: ${what}`);

/** The error for a file that ends too early, or whose compressed data do. */
export const truncated = (what: string): LikenessError => badImage(`truncated TIFF: ${what}`);

/** The error for a file that may be sound, of a kind that is not read. */
export const unread = (what: string): LikenessError =>
  badImage(
    `TIFF with ${what} is not read: save it as 8-bit RGB, uncompressed or with LZW or deflate (“tiffcp -c lzw”, or your image program)`,
  );
