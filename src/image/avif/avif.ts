import createModule, { type AvifModule } from '#avif/avif_dec.js';
import wasm from '#avif/avif_dec.wasm';
import { once } from '../../base/once.ts';
import { badImage } from '../bad-image.ts';
import { checkSize } from '../check.ts';
import { orient } from '../orient.ts';
import type { Pixels } from '../pixels.ts';
import { modeOf } from '../resize.ts';
import { withImageData } from '../with-image-data.ts';
import { readAvifHeader } from './boxes.ts';

// libavif as WebAssembly, the same in Node and in pages: browsers' decoders differ from it and among themselves.

/** WebAssembly's memory never shrinks: a decoder that has grown beyond this is not kept. */
const KEPT_BYTES = 256 << 20;

const compiled = once(() => WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>));
let kept: AvifModule | undefined;

async function load(): Promise<AvifModule> {
  const module = await compiled();
  return withImageData(() =>
    createModule({
      noInitialRun: true,
      instantiateWasm(imports, ready) {
        const instance = new WebAssembly.Instance(module, imports);
        ready(instance);
        return instance.exports;
      },
      print: () => {},
      printErr: () => {},
    }),
  );
}

/**
 * Decodes an AVIF file, or the first picture of a sequence, to 8-bit pixels as Pillow does from 11.3 on, but that YCbCr is
 * converted exactly: Pillow's packages use libyuv, which is a few steps away. What `clap` cuts off stays, as in Pillow; colour profiles are ignored.
 *
 * @param options.orient turn the picture upright as its `irot` and `imir` say
 * @throws LikenessError `bad-image`
 */
export async function decodeAvif(bytes: Uint8Array, options: { orient: boolean }): Promise<Pixels> {
  const { size, orientation, file } = readAvifHeader(bytes);
  if (size) checkSize(size.width, size.height, 'the AVIF');
  const decoder = kept ?? (await load());
  // A decoder that failed is in no known state.
  kept = undefined;
  let image: ImageData | null;
  try {
    image = withImageData(() => decoder.decode(file, 8));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badImage(`this AVIF cannot be decoded: ${reason}`, error);
  }
  if (decoder.HEAP8.length <= KEPT_BYTES) kept = decoder;
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
