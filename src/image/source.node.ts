import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { refuse } from '../base/checks.ts';
import { isBlob, isBytes, isUrl } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import { checkPixels } from './check.ts';
import { fetchImage } from './fetch.ts';
import type { ImageSource } from './image-source.ts';
import { isImageData, isPixels, notASource } from './kind.ts';
import type { Pixels } from './pixels.ts';

async function readPath(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (path === '' || path.includes('\0'))
    refuse('The picture', path, 'a path that can be: not empty, no zero byte');
  try {
    return await readFile(path, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EISDIR')
      throw new LikenessError('bad-argument', `${path} is a folder; wanted a picture file`, { cause: error });
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? error})`;
    throw new LikenessError('not-found', `${path} ${why}`, { cause: error });
  }
}

/** @throws LikenessError `bad-argument` for another machine, or for what is not well formed */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new LikenessError(
      'bad-argument',
      `${url} names no file of this machine: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Reads a picture source in Node: encoded bytes for `decode`, or pixels as they are (not copied).
 *
 * @param source a file path; a `file:`, `http:`, `https:`, `data:` or `blob:` URL; a Blob; a Uint8Array of an encoded
 *   picture; Pixels; or an object like `ImageData`
 * @throws LikenessError `bad-argument`, `bad-image` (pixels of the wrong length), or `not-found` with path or URL and
 *   status
 * @throws the signal's reason, once aborted
 */
export async function readImage(
  source: ImageSource,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Blob | Uint8Array | Pixels> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (typeof source === 'string' || isUrl(source)) {
    const name = String(source);
    if (/^file:/i.test(name)) return readPath(pathOf(name), signal);
    if (/^(https?|data|blob):/i.test(name)) return fetchImage(name, signal);
    if (typeof source === 'string') return readPath(source, signal);
    throw new LikenessError('bad-argument', `${name}: wanted a file:, http:, https:, data: or blob: URL`);
  }
  if (isBytes(source) || isBlob(source)) return source;
  if (isPixels(source)) {
    checkPixels(source);
    return source;
  }
  if (isImageData(source)) {
    const pixels = { width: source.width, height: source.height, rgba: source.data as Uint8ClampedArray };
    checkPixels(pixels);
    return pixels;
  }
  throw notASource(
    source,
    'a file path, a URL, a Blob, a Uint8Array of an encoded picture, or { width, height, rgba }; elements, canvases and bitmaps exist in browsers only',
  );
}
