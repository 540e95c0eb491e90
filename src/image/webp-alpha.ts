import createModule from '#webp/webp_dec.js';
import wasm from '#webp/webp_dec.wasm';
import { badImage } from './bad-image.ts';
import { emscripten, keptDecoder } from './emscripten.ts';
import type { Pixels } from './pixels.ts';

// libwebp as WebAssembly: for WebP with transparency in browsers, for any WebP in Node without sharp. Firefox's own decoder
// always multiplies colour by alpha, and the rounding cannot be undone.

/** An instance that holds more is not kept. */
const KEPT_BYTES = 64 << 20;

const decoded = keptDecoder(emscripten(createModule, wasm), KEPT_BYTES);

/**
 * Decodes a WebP file of one picture, alpha not multiplied in.
 *
 * @throws LikenessError `bad-image`
 */
export async function decodeTransparentWebp(file: Uint8Array): Promise<Pixels> {
  const fail = (cause?: unknown) =>
    badImage('this WebP cannot be decoded: it is damaged, or too large for the memory', cause);
  const image = await decoded((decoder) => decoder.decode(file)).catch((cause) => {
    throw fail(cause);
  });
  if (!image) throw fail();
  const { width, height, data } = image;
  return { width, height, rgba: new Uint8Array(data.buffer, data.byteOffset, data.length), mode: 'RGBA' };
}
