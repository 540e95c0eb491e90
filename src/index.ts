/** Likeness in the browser. In Node the same names come from `node.ts`. */
export type { AssetLocation } from './assets/resolve.ts';
export { type ErrorCode, LikenessError } from './errors.ts';
export type { PixelMode, Pixels } from './image/pixels.ts';
export type { NpyFile } from './knn/npy-rows.ts';
export { openNpz, readNpz } from './knn/npz.ts';
export { deleteModel, ImageSearch, listModels, modelInfo } from './platform/browser.ts';
export type { Store, StoredFile, StoreLock } from './store/files.ts';
export { deleteIndex, listIndexes } from './store/open-store.browser.ts';
export type {
  AddReport,
  CallOptions,
  Dropped,
  Features,
  Hit,
  ImageSource,
  Item,
  Json,
  ModelInfo,
  ModelName,
  OpenOptions,
  Picture,
  Progress,
  QueryOptions,
  Report,
  StoredIndexInfo,
  StoreReport,
} from './types.ts';
