/** What a project of any kind may do: with the DOM library, in Node, with neither. */

import type * as main from 'likeness-search';
import {
  type Hit,
  type Hits,
  ImageSearch,
  type ImageSource,
  LikenessError,
  type MetaFilter,
  type OpenOptions,
  type Store,
} from 'likeness-search';
import type * as knn from 'likeness-search/knn';
import {
  type blobFile,
  bytesFile,
  type DeviceQueries,
  encodeNpy,
  FlatIndex,
  type FlatIndexOptions,
  type LikenessError as KnnError,
  openNpyRows,
  type SearchOptions,
} from 'likeness-search/knn';
import type { IsAny, No, Same, Yes } from './exact.ts';

export type Checks = [
  // Nothing is lost to `any`.
  No<IsAny<ImageSource>>,
  No<IsAny<main.ModelName>>,
  No<IsAny<main.Item>>,
  No<IsAny<OpenOptions['model']>>,
  No<IsAny<OpenOptions['store']>>,
  No<IsAny<OpenOptions['signal']>>,
  No<IsAny<OpenOptions['threads']>>,
  No<IsAny<OpenOptions['assets']>>,
  No<IsAny<OpenOptions['worker']>>,
  No<IsAny<main.AssetLocation>>,
  No<IsAny<FlatIndexOptions['worker']>>,
  No<IsAny<FlatIndexOptions['device']>>,
  No<IsAny<SearchOptions['signal']>>,
  No<IsAny<DeviceQueries['buffer']>>,
  No<IsAny<Parameters<typeof blobFile>[0]>>,
  No<IsAny<ReturnType<typeof encodeNpy>>>,
  No<IsAny<Awaited<ReturnType<ImageSearch['export']>>>>,
  No<IsAny<Parameters<ImageSearch['import']>[0]>>,
  No<IsAny<Parameters<ImageSearch['save']>[0]>>,
  No<IsAny<Parameters<ImageSearch['query']>[0]>>,
  No<IsAny<Parameters<Store['open']>[1]>>,
  Yes<Same<Awaited<ReturnType<ImageSearch['query']>>, Hits>>,
  Yes<Same<Awaited<ReturnType<ImageSearch['query']>>[number], Hit>>,
  // Both entries have the one error.
  Yes<Same<typeof LikenessError, typeof KnnError>>,
  Yes<Same<main.ErrorCode, knn.ErrorCode>>,
  // What is written to files and sent is over memory of its own, where TypeScript can say so.
  Yes<Same<ReturnType<typeof encodeNpy>, ReturnType<typeof Uint8Array.of>>>,
];

// Whatever is no picture is refused.
// @ts-expect-error
export const number: ImageSource = 42;
// @ts-expect-error
export const half: ImageSource = { width: 1, height: 1 };
// @ts-expect-error
export const model: OpenOptions = { model: 42 };
// @ts-expect-error
export const device: OpenOptions = { device: 'cuda' };

// Made by `open` only.
// @ts-expect-error
export const made = new ImageSearch();

export async function use(vectors: Float32Array): Promise<number> {
  const search: ImageSearch = await ImageSearch.open({ device: 'wasm', threads: 2, store: 'somewhere' });
  const { added, failed } = await search.add([
    { id: 'a', image: 'a.jpg', meta: { title: 'Harbour', size: [1, 2] } },
    { id: 'b', vector: vectors },
    { id: 'c', image: { width: 1, height: 1, rgba: new Uint8Array(4) } },
    { id: 'd', image: new Uint8Array(4) },
  ]);
  const error: LikenessError | undefined = failed[0]?.error;
  const [hit] = await search.query(vectors, { k: 3, filter: (id) => id !== 'a', maxDistance: 1 });
  await search.query(vectors, { filter: { meta: { colour: ['red', null], year: { min: 2020 } } } });
  await search.query(vectors, { filter: (id, meta) => id !== 'a' && meta !== undefined });
  const filter: MetaFilter = { 'camera.make': 'Canon' };
  // @ts-expect-error no value of metadata
  await search.query(vectors, { filter: { meta: { colour: { red: true } } } });
  const stop: () => void = search.onChange(({ size }) => size + (filter ? 1 : 0));
  if (await search.has('a')) stop();
  await search.save('elsewhere', { onProgress: ({ phase, done }) => `${phase} ${done}` });
  const length: number = (await (await search.export({ signal: undefined })).arrayBuffer()).byteLength;
  await search[Symbol.asyncDispose]();
  return added + (hit?.distance ?? length) + (error ? 1 : 0);
}

export async function searchVectors(vectors: Float32Array): Promise<Uint32Array> {
  const index = await FlatIndex.create({ dimension: 512, threads: 2, rows: { read: () => vectors } });
  index.add(vectors);
  const { rows, distances } = await index.search(vectors, 3, { exclude: [7] });
  for await (const block of (await openNpyRows(bytesFile(encodeNpy(vectors, [1, 512])))).blocks())
    index.add(block);
  const values: Float64Array = distances;
  return values.length > 0 ? rows : new Uint32Array();
}

export function tell(error: unknown): string {
  if (!(error instanceof LikenessError)) return 'another';
  // @ts-expect-error no code of ours
  if (error.code === 'no-code') return 'never';
  return error.code === 'in-use' ? 'wait' : error.message;
}

/** `instanceof` tells the subclass, not only that it is one of ours. */
class Told extends LikenessError {
  readonly told = true;
}
export const toldOf = (error: unknown): boolean => error instanceof Told && error.told;
