import { isBytes, isUrl } from '../base/class-of.ts';
import type { ImageSource } from './image-source.ts';
import { isImageData, isPixels } from './kind.ts';
import type { Pixels } from './pixels.ts';
import { readImage } from './source.node.ts';

/**
 * Keeps a picture as it is at the call: bytes and pixels, which may change, are copied at once. The function that comes
 * back reads the picture when its turn comes.
 */
export function hold(
  source: ImageSource,
  options: { signal?: AbortSignal | undefined } = {},
): () => Promise<Blob | Uint8Array | Pixels> {
  const held = heldSource(source);
  return () => readImage(held, options);
}

function heldSource(source: ImageSource): ImageSource {
  if (isUrl(source)) return new URL(String(source));
  if (isBytes(source)) return copied(source);
  if (isPixels(source)) {
    const held: Pixels = { ...source, rgba: copied(source.rgba) };
    if (ArrayBuffer.isView(source.gray)) held.gray = new Uint16Array(source.gray);
    return held;
  }
  if (isImageData(source)) {
    const { width, height, data } = source;
    return { width, height, data: copied(data) } as unknown as ImageData;
  }
  return source;
}

/** Not by `slice`: a `Buffer`'s copies nothing. What is not an array is refused when it is read. */
const copied = <T extends Uint8Array | Uint8ClampedArray>(bytes: T): T =>
  ArrayBuffer.isView(bytes) ? (new Uint8Array(bytes) as T) : bytes;
