/** `likeness-search/lance`, in Node: vectors in LanceDB, for more pictures than one machine's memory holds. */
export { type ErrorCode, LikenessError } from '../base/errors.ts';
export type { Hit } from '../engine/types.ts';
export type * from '../engine/vector-engine.ts';
export { LanceIndex } from './lance-index.ts';
export type { CompactReport } from './maintain.ts';
export type { CompactOptions, LanceOptions } from './options.ts';
