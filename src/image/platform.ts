import { free } from '../base/free.ts';
import { badImage } from './bad-image.ts';
import { checkSize } from './check.ts';
import type { Decoders } from './decoders.ts';
import { type Jpeg, readJpeg } from './jpeg.ts';
import { orient } from './orient.ts';
import { isPixelRows, type Pixels } from './pixels.ts';
import { readWebp } from './webp.ts';

/** What a picture is decoded for. */
export interface DecodeOptions {
  /** Turn the picture upright as its EXIF data say. */
  orient: boolean;
  /**
   * A small picture is wanted: how many pixels its longer side has at least, by the size of the whole one (upright, if it is
   * to be). A JPEG is then decoded to a half, a quarter or an eighth of its size, where that is enough. Default: the whole
   * picture.
   */
  least?: (size: { width: number; height: number }) => number;
}

/**
 * The platform's own decoder: of an ordinary file of one picture of that size, upright, without a profile. A JPEG file is a
 * copy made for it: it may give its memory back.
 */
export type PlatformDecode = (
  file: Uint8Array<ArrayBuffer>,
  format: 'JPEG' | 'WebP',
  size: { width: number; height: number },
) => Promise<Pixels>;

/** In how many eighths of its size a JPEG is decoded. */
function eighthsFor(
  { width, height, orientation }: Jpeg,
  { orient: isUpright, least }: DecodeOptions,
): number {
  if (!least) return 8;
  const isTurned = isUpright && orientation >= 5;
  const wanted = least(isTurned ? { width: height, height: width } : { width, height });
  return [1, 2, 4].find((eighths) => Math.ceil((Math.max(width, height) * eighths) / 8) >= wanted) ?? 8;
}

/**
 * Decodes a JPEG file to what Pillow makes of it.
 *
 * @param options see `Decode`
 * @throws LikenessError `bad-image`
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  options: DecodeOptions,
  platform: PlatformDecode,
  decoders: Pick<Decoders, 'jpegTurbo'>,
): Promise<Pixels> {
  const jpeg = readJpeg(bytes);
  const { bare, width, height, components, orientation } = jpeg;
  checkSize(width, height, 'the JPEG');
  const eighths = eighthsFor(jpeg, options);
  let pixels: Pixels;
  if (eighths < 8) {
    const { decodeScaledJpeg } = await decoders.jpegTurbo();
    pixels = await decodeScaledJpeg(bare, jpeg, eighths);
  } else if (components === 4) {
    const { decodeCmykJpeg } = await decoders.jpegTurbo();
    pixels = { width, height, rgba: await decodeCmykJpeg(bare, width, height), mode: 'CMYK' };
  } else pixels = await platform(bare, 'JPEG', { width, height });
  free(bare);
  if (!options.orient) return pixels;
  const upright = orient(pixels, orientation);
  if (upright !== pixels && !isPixelRows(pixels)) free(pixels.rgba as Uint8Array);
  return upright;
}

/**
 * Decodes a WebP file, of an animation the first frame, to what Pillow makes of it.
 *
 * @param options.orient turn the picture upright as its EXIF data say
 * @throws LikenessError `bad-image`
 */
export async function decodeWebp(
  bytes: Uint8Array,
  options: { orient: boolean },
  platform: PlatformDecode,
): Promise<Pixels> {
  const { bare, width, height, frame, mode, orientation } = readWebp(bytes);
  checkSize(width, height, 'the WebP');
  const decoded = await platform(bare, 'WebP', frame);
  if (decoded.width !== frame.width || decoded.height !== frame.height)
    throw badImage(`broken WebP: its picture is ${decoded.width} × ${decoded.height}`);
  let { rgba } = decoded;
  if (frame.width !== width || frame.height !== height) {
    // What the frame does not cover is transparent black.
    rgba = new Uint8Array(width * height * 4);
    for (let y = 0; y < frame.height; y++) {
      const line = decoded.rgba.subarray(y * frame.width * 4, (y + 1) * frame.width * 4);
      rgba.set(line, ((frame.top + y) * width + frame.left) * 4);
    }
  }
  const pixels: Pixels = { width, height, rgba, mode };
  return options.orient ? orient(pixels, orientation) : pixels;
}
