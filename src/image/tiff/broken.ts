import { LikenessError } from '../../base/errors.ts';

/** The error for a file that contradicts itself. */
export const broken = (what: string): LikenessError => new LikenessError('bad-image', `broken TIFF: ${what}`);

/** The error for a file that ends too early, or whose compressed data do. */
export const truncated = (what: string): LikenessError =>
  new LikenessError('bad-image', `truncated TIFF: ${what}`);

/** The error for a file that may be sound, of a kind that is not read. */
export const unread = (what: string): LikenessError =>
  new LikenessError(
    'bad-image',
    `TIFF with ${what} is not read: save it as 8-bit RGB, uncompressed or with LZW or deflate (“tiffcp -c lzw”, or your image program)`,
  );
