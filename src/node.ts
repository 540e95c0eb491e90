/** Likeness in Node. In the browser the same names come from `index.ts`. */
export type { Features } from './engine.ts';
export { type ErrorCode, LikenessError } from './errors.ts';
export type { PixelMode, Pixels } from './image/pixels.ts';
export { ImageSearch } from './platform/node.ts';
export type {
  AddReport,
  CallOptions,
  Hit,
  ImageSource,
  Item,
  OpenOptions,
  Progress,
  QueryOptions,
  Report,
} from './types.ts';
