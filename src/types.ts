import type { BackendName } from './backend/backend.ts';
import type { LikenessError } from './errors.ts';
import type { Pixels } from './image/pixels.ts';

/**
 * A picture, in any form a page or a program has it. A string is a URL in the browser; in Node it is a file path, or
 * a URL when it begins with `http:`, `https:`, `file:` or `data:`. A `Uint8Array` holds an encoded picture (JPEG, PNG, …).
 */
export type ImageSource =
  | Blob
  | URL
  | string
  | Uint8Array
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | Pixels;

/** Something to add: a picture, or a feature vector made earlier by the same model. */
export type Item = { id: string; image: ImageSource } | { id: string; vector: Float32Array };

/** One answer of a query. */
export interface Hit {
  id: string;
  /** Euclidean distance between the normalised features: 0 (same picture) … 2. */
  distance: number;
}

export interface Progress {
  phase: 'model' | 'add';
  /** Bytes of the model that are here, or pictures. */
  done: number;
  total: number;
  /** Bytes of the model that came over the network; 0 for one that was stored. */
  fetched?: number;
}

export interface CallOptions {
  /** Ends the call early; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface QueryOptions extends CallOptions {
  /** How many pictures; fewer come where fewer take part. Default 30. */
  k?: number | undefined;
  /** Pictures farther than this are left out: 0 … 2 for normalised features. */
  maxDistance?: number | undefined;
  /** Ids of pictures that do not take part, e.g. the query's own. */
  exclude?: Iterable<string> | undefined;
  /** The only pictures that take part: their ids, or a predicate that is asked about every picture in the index. */
  filter?: Iterable<string> | ((id: string) => boolean) | undefined;
}

export interface OpenOptions extends CallOptions {
  /**
   * A built-in model's name; the URL (in Node: also the folder) that holds a model's `manifest.json`; in a page also the
   * files or the handle of a folder that a person picked, or the fingerprint of a model that is stored in this browser.
   * Default `vgg16-compact`.
   */
  model?: string | URL | Iterable<File> | FileSystemDirectoryHandle | undefined;
  /**
   * In a page: whether to ask a model's URL for a newer manifest although the model is stored in this browser; where the
   * URL cannot be reached, the stored one is taken. Default: only for built-in models. Without it a stored model is
   * opened without the network, so a URL should go on naming the same model.
   */
  refresh?: boolean | undefined;
  /** Default `auto`: the fastest of what is here and right. */
  device?: 'auto' | 'wasm' | 'webgpu' | undefined;
  /** Threads for wasm. Default: up to 4, where the page is cross-origin isolated; else 1. */
  threads?: number | undefined;
  /** `keras`: pictures exactly as the Keras tutorial reads them, i.e. EXIF orientation is not applied. */
  parity?: 'keras' | undefined;
}

/** What `add` did. Pictures that cannot be read are reported here and do not stop the others. */
export interface AddReport {
  added: number;
  /** Items whose id was there already. */
  replaced: number;
  failed: { id: string; error: LikenessError }[];
}

/** What runs, and why. */
export interface Report {
  model: { name: string; version: string; fingerprint: string; dimension: number };
  /** Where features are extracted. */
  extractor: { device: 'wasm' | 'webgpu'; threads: number; reason: string };
  /** Where neighbours are searched. */
  knn: { backend: BackendName; reason: string };
  /** Pictures in the index. */
  size: number;
  /** Where the model's files are; from `memory` they are gone with the page. What went wrong with storing them. */
  modelFiles: { where: 'opfs' | 'cache-storage' | 'memory' | 'folder'; warnings: string[] };
}
