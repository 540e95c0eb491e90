import { classOf } from '../base/class-of.ts';
import type { ImageSource } from './image-source.ts';
import { type PostedImage, toTransferable } from './source.ts';

/**
 * Keeps a picture as it is at the call. What may change (bytes, pixels, canvases, bitmaps) is copied at once; of an `<img>`
 * the address is noted. The function that comes back prepares the picture when its turn comes.
 */
export function hold(
  source: ImageSource,
  options: { signal?: AbortSignal | undefined } = {},
): () => Promise<PostedImage> {
  switch (classOf(source)) {
    case 'String':
    case 'Blob':
    case 'File':
      return () => toTransferable(source, options);
    case 'URL': {
      const url = new URL(String(source));
      return () => toTransferable(url, options);
    }
    case 'HTMLImageElement': {
      const element = source as HTMLImageElement;
      const { currentSrc, src } = element;
      return () => toTransferable(element, { ...options, shown: { currentSrc, src } });
    }
  }
  const copy = toTransferable(source, options);
  copy.catch(() => {}); // whoever asks for it hears of it
  return () => copy;
}
