/** With the DOM library, resolved as Node resolves: a library for pages, a page that Node renders. */
import { ImageSearch, type ImageSource } from 'likeness-search';

export async function use(image: HTMLImageElement, canvas: HTMLCanvasElement): Promise<void> {
  const images: ImageSource[] = [image, canvas, new Blob([])];
  const search = await ImageSearch.open();
  await search.query(images[0]!, { signal: AbortSignal.timeout(1000) });
}
