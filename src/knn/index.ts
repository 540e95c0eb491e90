/** `likeness-search/knn`: exact nearest neighbours, without networks and pictures. */
export type { AssetLocation } from '../assets/resolve.ts';
export { type ErrorCode, LikenessError } from '../base/errors.ts';
export { blobFile, bytesFile, type RandomAccess } from '../base/random-access.ts';
export { encodeNpy, type NpyArray, type NpyMatrix, parseNpy, parseNpyMatrix } from '../python/npy.ts';
export { type NpyFile, type NpyRows, openNpyRows } from '../python/npy-rows.ts';
export type { BackendName, DeviceQueries } from './backend/backend.ts';
export type { BackendRequest } from './choose-backend.ts';
export { FlatIndex, type FlatIndexOptions, type SearchOptions } from './flat-index.ts';
export { type Neighbours, noRow } from './search/found.ts';
export type { RowStore } from './search/row-source.ts';
