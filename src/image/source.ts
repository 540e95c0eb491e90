import { classOf } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import { transfer } from '../base/rpc.ts';
import { badImage } from './bad-image.ts';
import { unshared } from './bytes.ts';
import { checkPixels } from './check.ts';
import type { Decode } from './decode.ts';
import { fetchImage } from './fetch.ts';
import { SNIFFED_BYTES, sniffFormat } from './format.ts';
import type { ImageSource } from './image-source.ts';
import { isImageData, isPixels, notASource } from './kind.ts';
import type { Pixels } from './pixels.ts';
import { asStored, readBitmap } from './readback.ts';

/**
 * A picture on its way to the thread that decodes it. What it holds is a copy and is handed over; the caller's objects stay
 * usable.
 */
export type PostedImage =
  | { kind: 'encoded'; blob: Blob }
  | { kind: 'bitmap'; bitmap: ImageBitmap }
  | { kind: 'pixels'; pixels: Pixels };

/** Which picture an `<img>` shows. */
type Shown = Pick<HTMLImageElement, 'currentSrc' | 'src'>;

const encoded = (blob: Blob): PostedImage => ({ kind: 'encoded', blob });

function copyPixels(source: Pixels): PostedImage {
  checkPixels(source);
  const pixels: Pixels = { ...source, rgba: source.rgba.slice() };
  if (source.gray) pixels.gray = source.gray.slice();
  const buffers = [pixels.rgba, pixels.gray].flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []));
  return transfer({ kind: 'pixels', pixels }, buffers);
}

/** A bitmap of what an element, a canvas or a bitmap shows. */
async function copyBitmap(
  source: HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | ImageBitmap,
  what: string,
): Promise<PostedImage> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source, asStored);
  } catch (error) {
    throw badImage(
      `this ${what} (${source.width} × ${source.height}) has nothing to read: it is empty, closed or not loaded`,
      error,
    );
  }
  try {
    // A picture of another origin that does not allow it can be shown, but not read. Say so here: posting such a bitmap
    // fails without a reason.
    const probe = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    probe?.drawImage(bitmap, 0, 0);
    probe?.getImageData(0, 0, 1, 1);
  } catch (error) {
    bitmap.close();
    throw badImage(
      `this ${what} shows a picture of another origin, which may not be read; its server must allow it (CORS) and the <img> needs crossorigin="anonymous"`,
      error,
    );
  }
  return transfer({ kind: 'bitmap', bitmap }, [bitmap]);
}

/**
 * The file behind an `<img>`: only that is exact. If it cannot be fetched, what the element shows, which is upright:
 * browsers turn it in any case.
 */
async function fromImageElement(
  element: HTMLImageElement,
  signal: AbortSignal | undefined,
  shown: Shown = element,
): Promise<PostedImage> {
  const isChanged = element.src !== shown.src;
  // The browser may not have chosen among its sources yet.
  const url = shown.currentSrc || (isChanged ? shown.src : element.currentSrc || element.src);
  if (!url) throw badImage('this <img> has no src');
  try {
    const credentials = element.crossOrigin === 'use-credentials' ? 'include' : 'same-origin';
    // The page has loaded it already.
    const blob = await fetchImage(
      url,
      signal,
      { cache: 'force-cache', credentials },
      { isExpected: !isChanged }, // what it shows can be read without
    );
    // An <img> can show what we do not decode (SVG, in some browsers HEIC).
    if (sniffFormat(new Uint8Array(await blob.slice(0, SNIFFED_BYTES).arrayBuffer()))) return encoded(blob);
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
  }
  if (isChanged) {
    throw badImage(
      `this <img> shows another picture by now, and ${url.slice(0, 200)} cannot be read without it`,
    );
  }
  try {
    await element.decode();
  } catch (error) {
    throw new LikenessError('not-found', `the picture of this <img> cannot be loaded: ${url.slice(0, 200)}`, {
      cause: error,
    });
  }
  signal?.throwIfAborted();
  return copyBitmap(element, '<img>');
}

/**
 * Turns any picture source into something that can be posted to a worker. For the main thread: only that has elements,
 * and a base for relative URLs. Canvases, bitmaps and pixels are copied at once.
 *
 * @param options.shown what an `<img>` showed when it was meant; default: what it shows now
 * @throws LikenessError `bad-argument`, `bad-image`, or `not-found` with URL and status
 * @throws the signal's reason, once aborted
 */
export async function toTransferable(
  source: ImageSource,
  options: { signal?: AbortSignal | undefined; shown?: Shown } = {},
): Promise<PostedImage> {
  options.signal?.throwIfAborted();
  if (typeof source === 'string') return encoded(await fetchImage(source, options.signal));
  switch (classOf(source)) {
    case 'Blob':
    case 'File':
      return encoded(source as Blob);
    case 'URL':
      return encoded(await fetchImage(source as URL, options.signal));
    case 'Uint8Array':
      return encoded(new Blob([unshared(source as Uint8Array)]));
    case 'HTMLImageElement':
      return fromImageElement(source as HTMLImageElement, options.signal, options.shown);
    case 'HTMLCanvasElement':
    case 'OffscreenCanvas':
      return copyBitmap(source as HTMLCanvasElement, 'canvas');
    case 'ImageBitmap':
      return copyBitmap(source as ImageBitmap, 'ImageBitmap');
  }
  if (isPixels(source)) return copyPixels(source);
  if (isImageData(source))
    return copyPixels({ width: source.width, height: source.height, rgba: source.data as Uint8ClampedArray });
  throw notASource(
    source,
    'a Blob, File, URL, Uint8Array, ImageBitmap, ImageData, <img>, canvas, or { width, height, rgba }',
  );
}

/**
 * The pixels of a picture that {@link toTransferable} made, on any thread. The picture cannot be used again.
 *
 * @throws LikenessError `bad-image`
 */
export async function toPixels(
  image: PostedImage,
  options: { orient: boolean },
  decode: Decode,
): Promise<Pixels> {
  if (image.kind === 'pixels') return image.pixels;
  if (image.kind === 'encoded') return decode(image.blob, options);
  try {
    return await readBitmap(image.bitmap);
  } finally {
    image.bitmap.close();
  }
}
