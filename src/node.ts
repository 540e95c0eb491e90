/** Likeness in Node. In the browser the same names come from `index.ts`. */
export type { AssetLocation } from './assets/resolve.ts';
export { type ErrorCode, LikenessError } from './errors.ts';
export type { PixelMode, Pixels } from './image/pixels.ts';
export type { NpyFile } from './knn/npy-rows.ts';
export { openNpz, readNpz } from './knn/npz.ts';
export { ImageSearch } from './platform/node.ts';
export type { Store, StoredFile, StoreLock } from './store/files.ts';
export { deleteIndex, listIndexes } from './store/open-store.node.ts';
export type {
  AddReport,
  CallOptions,
  Dropped,
  Features,
  Hit,
  ImageSource,
  Item,
  Json,
  ModelName,
  OpenOptions,
  Picture,
  Progress,
  QueryOptions,
  Report,
  StoredIndexInfo,
  StoreReport,
} from './types.ts';
