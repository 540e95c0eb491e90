/** With the DOM library. */
import {
  deleteModel,
  ImageSearch,
  type ImageSource,
  listModels,
  type ModelInfo,
  modelInfo,
  type OpenOptions,
} from 'likeness-search';
import { type blobFile, encodeNpy, FlatIndex } from 'likeness-search/knn';
import type { Same, Yes } from './exact.ts';

export type Checks = [
  Yes<Same<Extract<ImageSource, HTMLElement>, HTMLImageElement | HTMLCanvasElement>>,
  Yes<Same<Exclude<OpenOptions['store'], string | URL | Blob | undefined>, import('likeness-search').Store>>,
  Yes<Same<NonNullable<OpenOptions['signal']>, AbortSignal>>,
  Yes<Same<Awaited<ReturnType<ImageSearch['export']>>, Blob>>,
  Yes<Same<Parameters<typeof blobFile>[0], Blob>>,
];

// @ts-expect-error an element, and no picture
export const division: ImageSource = document.createElement('div');
// @ts-expect-error a list of texts, and no files
export const texts: OpenOptions = { model: new Set(['a']) };

export async function use(input: HTMLInputElement, folder: FileSystemDirectoryHandle): Promise<ModelInfo[]> {
  const search = await ImageSearch.open({ model: folder, signal: AbortSignal.timeout(1000) });
  await ImageSearch.open({ model: input.files ?? undefined, store: input.files?.[0] });
  const base = new URL('/likeness/', location.href);
  await ImageSearch.open({
    assets: { 'ort/jspi.wasm.gz': base },
    worker: () => new Worker(new URL('likeness-worker.js', base), { type: 'module' }),
  });
  await FlatIndex.create({ dimension: 4, assets: base, worker: () => new Worker('/likeness-knn-worker.js') });
  const canvas = document.createElement('canvas');
  const images: ImageSource[] = [
    ...document.querySelectorAll('img'),
    canvas,
    new OffscreenCanvas(1, 1),
    new ImageData(1, 1),
    await createImageBitmap(canvas),
    new Blob([]),
    new URL(location.href),
  ];
  await search.add(images.map((image, at) => ({ id: String(at), image })));
  await search.query(images[0]!);
  URL.createObjectURL(await search.export());
  await search.import(input.files![0]!);
  const file: Blob = new Blob([encodeNpy(new Float32Array(1), [1])]);
  await deleteModel(new URL('/models/vgg16/', location.href));
  return [
    ...(await listModels()),
    await modelInfo(folder),
    await modelInfo('vgg16-compact', { refresh: file.size > 0 }),
  ];
}
