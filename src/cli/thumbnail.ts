import { bytesOf } from '../image/bytes.ts';
import { decode } from '../image/decode.node.ts';
import type { Pixels } from '../image/pixels.ts';
import { resize } from '../image/resize.ts';
import { toRgb } from '../image/rgb.ts';
import { readImage } from '../image/source.node.ts';
import { encodeWebp } from '../image/webp-encode.ts';

/** Pixels of the longer side. */
const side = 320;
const quality = 80;

/** A picture as a `data:` URL of a small WebP file: browsers may not know its own format. */
export async function thumbnail(path: string): Promise<string> {
  const source = await readImage(path);
  const pixels = onWhite('width' in source ? source : await decode(await bytesOf(source), { orient: true }));
  const scale = Math.min(1, side / Math.max(pixels.width, pixels.height));
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  const small = resize(pixels, { width, height, resample: 'bicubic' });
  for (let i = 3; i < small.length; i += 4) small[i] = 255;
  const file = await encodeWebp(small, width, height, quality);
  return `data:image/webp;base64,${Buffer.from(file).toString('base64')}`;
}

/** Transparent parts become white, as on paper. */
function onWhite(pixels: Pixels): Pixels {
  if (pixels.mode === 'CMYK' || pixels.mode === 'I') return toRgb(pixels);
  const { width, height } = pixels;
  const rgba = new Uint8Array(pixels.rgba);
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3]!;
    if (alpha === 255) continue;
    for (let c = i; c < i + 3; c++) rgba[c] = Math.round((rgba[c]! * alpha + 255 * (255 - alpha)) / 255);
    rgba[i + 3] = 255;
  }
  return { width, height, rgba, mode: 'RGB' };
}
