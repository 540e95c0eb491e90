import { classOf } from '../base/class-of.ts';
import type { ImageSource } from './image-source.ts';
import { type PostedImage, toTransferable } from './source.ts';

/**
 * Takes hold of a picture as it is at the call: of what may change afterwards (bytes, pixels, canvases, bitmaps) a copy
 * is made at once, of an `<img>` the address is noted. What comes back prepares it, when its turn comes.
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
