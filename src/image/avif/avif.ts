import createModule from '#avif/avif_dec.js';
import wasm from '#avif/avif_dec.wasm';
import { badImage } from '../bad-image.ts';
import { checkSize } from '../check.ts';
import { emscripten, keptDecoder } from '../emscripten.ts';
import { orient } from '../orient.ts';
import type { Pixels } from '../pixels.ts';
import { modeOf } from '../resize.ts';
import { readAvifHeader } from './boxes.ts';

// libavif as WebAssembly, the same in Node and in pages: browsers' decoders differ from it and among themselves.

/** An instance that holds more is not kept. */
const KEPT_BYTES = 64 << 20;

const decoded = keptDecoder(emscripten(createModule, wasm), KEPT_BYTES);

/**
 * Decodes an AVIF file, or the first picture of a sequence, to 8-bit pixels as Pillow 11.3 and later do. YCbCr is
 * converted exactly, though: Pillow's packages use libyuv, which is a few steps away. As in Pillow, `clap` cuts nothing
 * off. Colour profiles are ignored.
 *
 * @param options.orient turn the picture upright as its `irot` and `imir` say
 * @throws LikenessError `bad-image`
 */
export async function decodeAvif(bytes: Uint8Array, options: { orient: boolean }): Promise<Pixels> {
  const { size, orientation, file } = readAvifHeader(bytes);
  if (size) checkSize(size.width, size.height, 'the AVIF');
  let image: ImageData | null;
  try {
    image = await decoded((decoder) => decoder.decode(file, 8));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badImage(`this AVIF cannot be decoded: ${reason}`, error);
  }
  if (!image)
    throw badImage(
      'this AVIF cannot be decoded: it is damaged, incomplete or of a kind unknown to libavif 1.0',
    );
  const { width, height } = image;
  const rgba = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.length);
  const pixels: Pixels = { width, height, rgba };
  pixels.mode = modeOf(pixels);
  return options.orient ? orient(pixels, orientation) : pixels;
}
