/** With the DOM library, resolved as Node resolves: a library for pages, a page that Node renders. */
import { ImageSearch, type ImageSource } from 'likeness-search';
import { listModels } from 'likeness-search/web/likeness.js';
import { FlatIndex } from 'likeness-search/web/likeness-knn.js';

export async function use(image: HTMLImageElement, canvas: HTMLCanvasElement): Promise<void> {
  const images: ImageSource[] = [image, canvas, new Blob([])];
  const search = await ImageSearch.open();
  await search.query(images[0]!, { signal: AbortSignal.timeout(1000) });
  const { length }: { length: number } = await listModels();
  await FlatIndex.create({ dimension: length, worker: () => new Worker('/likeness-knn-worker.js') });
}
