/** Likeness in Node. In the browser the same names come from `index.ts`. */
export { ImageSearch } from './api/image-search.node.ts';
export { type ErrorCode, LikenessError } from './base/errors.ts';
export { blobFile, bytesFile } from './base/random-access.ts';
export { encodeNpy, parseNpy, parseNpyMatrix } from './python/npy.ts';
export { openNpyRows } from './python/npy-rows.ts';
export { openNpz, readNpz } from './python/npz.ts';
export { deleteIndex, listIndexes } from './store/media/open-store.node.ts';
export type * from './types.ts';
