/** `likeness-search/knn`: exact nearest neighbours, without networks and pictures. */
export type { AssetLocation } from '../assets/resolve.ts';
export type { BackendName, DeviceQueries } from '../backend/backend.ts';
export type { BackendRequest } from '../backend/choose.ts';
export { type ErrorCode, LikenessError } from '../errors.ts';
export { FlatIndex, type FlatIndexOptions, type SearchOptions } from './flat-index.ts';
export { type Neighbours, noRow } from './neighbours.ts';
export { encodeNpy, type NpyArray, type NpyMatrix, parseNpy, parseNpyMatrix } from './npy.ts';
export { blobFile, bytesFile, type NpyFile, type NpyRows, openNpyRows } from './npy-rows.ts';
export type { RowStore } from './row-source.ts';
