import { badImage } from './bad-image.ts';
import { checkSize } from './check.ts';
import type { Decoders } from './decoders.ts';
import { readJpeg } from './jpeg.ts';
import { orient } from './orient.ts';
import type { Pixels } from './pixels.ts';
import { readWebp } from './webp.ts';

/** The platform's own decoder: of an ordinary file of one picture of that size, upright, without a profile. */
export type PlatformDecode = (
  file: Uint8Array<ArrayBuffer>,
  format: 'JPEG' | 'WebP',
  size: { width: number; height: number },
) => Promise<Pixels>;

/**
 * Decodes a JPEG file to what Pillow makes of it.
 *
 * @param options.orient turn the picture upright as its EXIF data say
 * @throws LikenessError `bad-image`
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  options: { orient: boolean },
  platform: PlatformDecode,
  decoders: Pick<Decoders, 'jpegTurbo'>,
): Promise<Pixels> {
  const { bare, width, height, components, orientation } = readJpeg(bytes);
  checkSize(width, height, 'the JPEG');
  let pixels: Pixels;
  if (components === 4) {
    const { decodeCmykJpeg } = await decoders.jpegTurbo();
    pixels = { width, height, rgba: await decodeCmykJpeg(bare, width, height), mode: 'CMYK' };
  } else pixels = await platform(bare, 'JPEG', { width, height });
  return options.orient ? orient(pixels, orientation) : pixels;
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
