import { classOf, isBytes } from '../base/class-of.ts';
import { badImage } from './bad-image.ts';

/** The bytes, or a copy if their memory is shared: platforms' decoders take no shared memory. */
export function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return classOf(bytes.buffer) === 'ArrayBuffer' ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

/**
 * The bytes of an encoded picture.
 *
 * @throws LikenessError `bad-image` if the Blob cannot be read, e.g. a file that was changed since it was chosen
 */
export async function bytesOf(source: Blob | Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (isBytes(source)) return unshared(source);
  try {
    return new Uint8Array(await source.arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badImage(`the file cannot be read: ${reason}`, error);
  }
}
