/** Likeness in the browser. In Node the same names come from `node.ts`. */
export { deleteModel, ImageSearch, listModels, modelInfo } from './api/image-search.browser.ts';
export { type ErrorCode, LikenessError } from './base/errors.ts';
export { blobFile, bytesFile } from './base/random-access.ts';
export { encodeNpy, parseNpy, parseNpyMatrix } from './python/npy.ts';
export { openNpyRows } from './python/npy-rows.ts';
export { openNpz, readNpz } from './python/npz.ts';
export { deleteIndex, listIndexes } from './store/media/open-store.browser.ts';
export type * from './types.ts';
