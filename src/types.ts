/** The public types of both entries. */
export type { OpenOptions, Server } from './api/options.ts';
export type { AssetLocation } from './assets/resolve.ts';
export type { Json } from './base/json.ts';
export type { StoreLock } from './base/lock.ts';
export type { MetaFilter, MetaRange, MetaValue } from './base/meta-filter.ts';
export type { RandomAccess } from './base/random-access.ts';
export type { ModelInfo, ModelName } from './delivery/model-info.ts';
export type { Histogram } from './engine/histogram.ts';
export type {
  AddReport,
  CallOptions,
  CompareOptions,
  DistanceOptions,
  DuplicateGroup,
  DuplicatePair,
  DuplicatesOptions,
  ExtractOptions,
  Features,
  Hit,
  Hits,
  IndexChange,
  Item,
  MapOptions,
  PictureMap,
  PictureSize,
  Progress,
  Query,
  QueryOptions,
  QueryPart,
  Recall,
  Report,
  ServerReport,
  SimilarityMap,
  StoreReport,
} from './engine/types.ts';
export type { Region } from './image/crop.ts';
export type { ImageSource } from './image/image-source.ts';
export type { PixelMode, Pixels } from './image/pixels.ts';
export type { NpyArray, NpyMatrix } from './python/npy.ts';
export type { NpyFile, NpyRows } from './python/npy-rows.ts';
export type { Store, StoredFile, StoredIndexInfo } from './store/format/files.ts';
export type { Dropped } from './store/format/log.ts';
export type { Entry } from './store/format/records.ts';
