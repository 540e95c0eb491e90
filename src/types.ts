import type { AssetLocation } from './assets/resolve.ts';
import type { BackendName } from './backend/backend.ts';
import type { LikenessError } from './errors.ts';
import type { Pixels } from './image/pixels.ts';
import type { Store } from './store/files.ts';
import type * as web from './web-types.ts';

/**
 * A picture, in any form a page or a program has it. A string is a URL in the browser; in Node it is a file path, or
 * a URL when it begins with `http:`, `https:`, `file:` or `data:`. A `Uint8Array` holds an encoded picture (JPEG, PNG, …).
 */
export type ImageSource =
  | web.Blob
  | web.URL
  | string
  | Uint8Array
  | web.ImageBitmap
  | web.ImageData
  | web.HTMLImageElement
  | web.HTMLCanvasElement
  | web.OffscreenCanvas
  | Pixels;

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Something to add: a picture, or a feature vector made earlier by the same model. */
export type Item = {
  id: string;
  /** Kept with the picture and returned with hits: what JSON can hold, up to 1 MiB. */
  meta?: Json | undefined;
} & ({ image: ImageSource } | { vector: Float32Array });

/** One answer of a query. */
export interface Hit {
  id: string;
  /** Euclidean distance between the normalised features: 0 (same picture) … 2. */
  distance: number;
  /** What was added with the picture. */
  meta?: Json;
}

/** A picture in an index, without its features. */
export interface Picture {
  id: string;
  meta?: Json;
  /** SHA-256 of the picture's bytes, as hex, where they were read into a stored index. */
  hash?: string;
}

export interface Progress {
  phase: 'model' | 'add';
  /** Bytes of the model that are here, or pictures. */
  done: number;
  total: number;
  /** Bytes of the model that came over the network; 0 for one that was stored. */
  fetched?: number;
  /** Of the pictures that are done, those that the network saw; the others were known, or could not be read. */
  extracted?: number;
}

export interface CallOptions {
  /** Ends the call early; it then rejects with the signal's reason. */
  signal?: web.AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface QueryOptions extends CallOptions {
  /** How many pictures; fewer come where fewer take part. Default 30. */
  k?: number | undefined;
  /** Pictures farther than this are left out: 0 … 2 for normalised features. */
  maxDistance?: number | undefined;
  /** Ids of pictures that do not take part, e.g. the query's own. */
  exclude?: Iterable<string> | undefined;
  /**
   * The only pictures that take part: their ids, or a predicate that is asked about every picture in the index. It may
   * not be async.
   */
  filter?: Iterable<string> | ((id: string) => boolean) | undefined;
}

/** A model as a program names it. */
export type ModelName = string | web.URL | Iterable<web.File> | web.FileSystemDirectoryHandle;

export interface OpenOptions extends CallOptions {
  /**
   * A built-in model's name; the URL (in Node: also the path) of the folder that holds a model's `manifest.json`; in a
   * page also the files or the handle of a folder that a person picked, or the fingerprint of a model that is stored in
   * this browser. Default `vgg16-compact`.
   */
  model?: ModelName | undefined;
  /**
   * In a page: whether to ask a model's URL for a newer manifest although the model is stored in this browser; where the
   * URL cannot be reached, the stored one is taken. Default: only for built-in models. Without it a stored model is
   * opened without the network, so a URL should go on naming the same model.
   */
  refresh?: boolean | undefined;
  /** Default `auto`: the fastest of what is here and right. */
  device?: 'auto' | 'wasm' | 'webgpu' | undefined;
  /**
   * Where the files of this package are, where a bundler does not see to it: the URL (in Node: also the path) of a folder
   * with what is in `likeness-search/dist/web/`, or URLs by their names in there (`{ 'ort/jspi.wasm.gz': url, … }`).
   */
  assets?: AssetLocation | undefined;
  /** In a page: starts the worker, whose script is `likeness-search/web/likeness-worker.js`. Default: found as other files are. */
  worker?: (() => web.Worker) | undefined;
  /**
   * Threads for wasm. Default: up to 4, in Node and where the page is cross-origin isolated; else 1. In Node 1 means this
   * thread, which computes for a picture's time (10 ms with the compact model) and starts no other.
   */
  threads?: number | undefined;
  /** `keras`: pictures exactly as the Keras tutorial reads them, i.e. EXIF orientation is not applied (a TIFF's is). */
  parity?: 'keras' | undefined;
  /**
   * Where the index is kept: `opfs:name` in a page; `file:folder` in Node; the URL of an exported index, a `Blob` or (in
   * Node) the path of one, which can be searched and not changed; or a {@link Store} of your own, which in a page stays
   * there and is asked by messages. What is there is opened, else made. Where a browser lets a page keep nothing, the index
   * is in memory, and `report()` says so. Left out, the index is gone when it is closed.
   */
  store?: string | web.URL | web.Blob | Store | undefined;
}

/** An index's rows in order, as one block. */
export interface Features {
  ids: string[];
  /** Values in a row. */
  dimension: number;
  /** ids.length × dimension. */
  values: Float32Array;
}

/** What `add` did. Pictures that cannot be read are reported here and do not stop the others. */
export interface AddReport {
  added: number;
  /** Items whose id was there already. */
  replaced: number;
  /** Items that a stored index had already, with the same content and metadata: nothing was done. */
  unchanged: number;
  /** Pictures that the network saw; those whose content the stored index had already it did not. */
  extracted: number;
  failed: { id: string; error: LikenessError }[];
}

/** What opening an index left out. */
export interface Dropped {
  /** Behind the last whole commit. */
  bytes: number;
  /** Commits that are known to have been begun and are not there whole. */
  commits: number;
  reason: string;
}

/** Where an index is kept. */
export interface StoreReport {
  /** What keeps it: `opfs:…`, `indexeddb:…` where OPFS cannot be written in place, `memory` … */
  name: string;
  readOnly: boolean;
  /** Of its file. */
  byteLength: number;
  /** What opening found torn by a crash and left out: it had not been acknowledged. */
  dropped: Dropped | null;
  /** Pictures whose features were damaged on the medium; they are out of the index and can be added again. */
  damaged: string[];
  /** What goes otherwise than was asked for: e.g. that this browser keeps nothing, and the index is in memory. */
  warnings: string[];
}

/** An index that is kept here. */
export interface StoredIndexInfo {
  /** What `open` and `deleteIndex` take. */
  store: string;
  byteLength: number;
}

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

/** What runs, and why. */
export interface Report {
  model: { name: string; version: string; fingerprint: string; dimension: number };
  /** Where features are extracted. */
  extractor: { device: 'wasm' | 'webgpu'; threads: number; reason: string };
  /** Where neighbours are searched. */
  knn: { backend: BackendName; reason: string };
  /** Pictures in the index. */
  size: number;
  /**
   * Pictures whose features are not of length 1 and so were not made by this model: their distances say nothing. `null`
   * while the features of a stored index have not been read.
   */
  notNormalised: number | null;
  /** Where the index is kept; `null` when it is not. */
  store: StoreReport | null;
  /** Where the model's files are; from `memory` they are gone with the page. What went wrong with storing them. */
  modelFiles: { where: 'opfs' | 'cache-storage' | 'memory' | 'folder'; warnings: string[] };
}
