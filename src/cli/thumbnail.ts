import sharp, { type Sharp } from 'sharp';
import { bytesOf } from '../image/bytes.ts';
import { decode } from '../image/decode.node.ts';
import { sniffFormat } from '../image/format.ts';
import type { Pixels } from '../image/pixels.ts';
import { toRgb } from '../image/rgb.ts';
import { readImage } from '../image/source.node.ts';

/** The longer side of a picture in a page of results, in pixels. */
const side = 320;

/**
 * A small JPEG of a picture as a `data:` URL: whatever can be indexed can be shown, whether browsers know its format or
 * not.
 *
 * @throws LikenessError where it is gone or cannot be decoded
 */
export async function thumbnail(path: string): Promise<string> {
  const source = await readImage(path);
  if ('width' in source) return small(fromPixels(source));
  const bytes = await bytesOf(source);
  if (sniffFormat(bytes) === 'JPEG') {
    // A large photograph is decoded at an eighth of its size, which takes a small part of the time.
    const quick = await small(sharp(bytes).rotate()).catch(() => undefined);
    if (quick !== undefined) return quick;
  }
  return small(fromPixels(await decode(bytes, { orient: true })));
}

function fromPixels(pixels: Pixels): Sharp {
  const { width, height, rgba } = pixels.mode === 'CMYK' || pixels.mode === 'I' ? toRgb(pixels) : pixels;
  return sharp(rgba, { raw: { width, height, channels: 4 } });
}

async function small(picture: Sharp): Promise<string> {
  const bytes = await picture
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 82 })
    .toBuffer();
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}
