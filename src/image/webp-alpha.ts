import createModule, { type WebpModule } from '#webp/webp_dec.js';
import wasm from '#webp/webp_dec.wasm';
import { once } from '../base/once.ts';
import { badImage } from './bad-image.ts';
import type { Pixels } from './pixels.ts';
import { withImageData } from './with-image-data.ts';

// WebP with transparency in browsers, any in Node without sharp: libwebp as WebAssembly. Firefox's own decoder multiplies
// colour by alpha, whatever it is asked for, and what was rounded away does not come back.

/** WebAssembly's memory never shrinks: a decoder that has grown beyond this is not kept. */
const KEPT_BYTES = 64 << 20;

const compiled = once(() => WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>));
let kept: WebpModule | undefined;

async function load(): Promise<WebpModule> {
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
 * Decodes a WebP file of one picture, alpha not multiplied in.
 *
 * @throws LikenessError `bad-image`
 */
export async function decodeTransparentWebp(file: Uint8Array): Promise<Pixels> {
  const decoder = kept ?? (await load());
  // A decoder that failed is in no known state.
  kept = undefined;
  let image: ImageData | null = null;
  let cause: unknown;
  try {
    image = withImageData(() => decoder.decode(file));
  } catch (error) {
    cause = error;
  }
  if (!image)
    throw badImage('this WebP cannot be decoded: it is damaged, or too large for the memory', cause);
  if (decoder.HEAP8.length <= KEPT_BYTES) kept = decoder;
  const { width, height, data } = image;
  return { width, height, rgba: new Uint8Array(data.buffer, data.byteOffset, data.length), mode: 'RGBA' };
}
