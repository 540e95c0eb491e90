import type * as web from '../base/web-types.ts';

/** A model as a program names it. */
export type ModelName = string | web.URL | Iterable<web.File> | web.FileSystemDirectoryHandle;

/** What is known of a model before it is opened. */
export interface ModelInfo {
  /** What `open` takes: the URL that it was fetched from, or the fingerprint of one whose files were picked. */
  model: string;
  name: string;
  version: string;
  fingerprint: string;
  /** Values in a feature vector. */
  dimension: number;
  licence: string;
  /** All its files, in bytes. */
  byteLength: number;
  /** What of it is stored in this browser; the rest will be fetched. */
  storedBytes: number;
  /**
   * What WebGPU takes besides, in bytes, where this browser has it: ONNX Runtime, which is fetched when a model is opened
   * for WebGPU, and which the browser's own cache may have. 0 where there is no WebGPU.
   */
  webgpuBytes: number;
}
