import type { AssetLocation } from '../assets/resolve.ts';
import type * as web from '../base/web-types.ts';
import type { ModelName } from '../delivery/model-info.ts';
import type { CallOptions } from '../engine/types.ts';
import type { Store } from '../store/format/files.ts';

/** A server of vectors. */
export interface Server {
  /** The address of its API, e.g. `https://example.org/api`; in a page it may be relative. What follows a `?` is sent along. */
  url: string | web.URL;
  /** What allows changes there. Without it nothing is added or removed. Never put it into a page that others can open. */
  token?: string | undefined;
}

export interface OpenOptions extends CallOptions {
  /**
   * A built-in model's name; the URL (in Node: also the path) of the folder that holds a model's `manifest.json`; in a
   * page also the files or the handle of a folder that a person picked, or the fingerprint of a model that is stored in
   * this browser. Default `vgg16-compact`.
   */
  model?: ModelName | undefined;
  /**
   * When the model's network is fetched and started. `eager`: `open` waits for it. `lazy`: `open` reads the model's manifest
   * only (some kB), and the network comes with the first call that extracts (`add` of a picture, `query` and `distances` with
   * a picture, `extract`) or with `loadNetwork`. Calls that need no network never load it. Default `eager`.
   */
  network?: 'eager' | 'lazy' | undefined;
  /**
   * In a page: whether to ask a model's URL for a newer manifest although the model is stored in this browser; where the
   * URL cannot be reached, the stored one is taken. Default: only for built-in models. Without it a stored model is
   * opened without the network, so a URL should go on naming the same model.
   */
  refresh?: boolean | undefined;
  /** What computes, for network and search. Default `auto`: the fastest of what is here and right. */
  backend?: 'auto' | 'wasm' | 'webgpu' | undefined;
  /** @deprecated the same as `backend`; goes with version 0.2 */
  device?: 'auto' | 'wasm' | 'webgpu' | undefined;
  /**
   * Where the files of this package are, where a bundler does not see to it: the URL (in Node: also the path) of a folder
   * with what is in `likeness-search/dist/web/`, or URLs by their names in there (`{ 'ort/jspi.wasm.gz': url, … }`).
   */
  assets?: AssetLocation | undefined;
  /** In a page: starts the worker, whose script is `likeness-search/web/likeness-worker.js`. Default: found as other files are. */
  worker?: (() => web.Worker) | undefined;
  /**
   * Threads of the network on wasm, and of `duplicates` where there are thousands of pictures; a query has one. No answer
   * depends on them. Default: up to 4, in Node and where the page is cross-origin isolated; else 1. In Node 1 means this thread, which computes for a picture's time (10 ms with the compact model)
   * and starts no other.
   */
  threads?: number | undefined;
  /**
   * `ignore`: the EXIF orientation of pictures is not applied, as the Keras tutorial reads them (a TIFF's is, in both). An
   * index is of one of the two. Default `apply`.
   */
  exif?: 'apply' | 'ignore' | undefined;
  /** @deprecated `parity: 'keras'` is `exif: 'ignore'`; goes with version 0.2 */
  parity?: 'keras' | undefined;
  /**
   * Where the index is kept: `opfs:name` in a page; `file:folder` in Node; the URL of an exported index, a `Blob` or (in
   * Node) the path of one, which can be searched and not changed; or a {@link Store} of your own, which in a page stays
   * there and is asked by messages. What is there is opened, else made. Where a browser lets a page keep nothing, the index
   * is in memory, and `report()` says so. Left out, the index is gone when it is closed.
   */
  store?: string | web.URL | web.Blob | Store | undefined;
  /**
   * In the place of `store`: a server that keeps the vectors and searches them (`likeness serve`). Pictures are extracted
   * here, with the server's model, and stay here; a vector leaves (dimension × 4 bytes). Its model is the built-in one with its
   * fingerprint, else the one that the server names, unless `model` says where it is. `network: 'lazy'` opens without a model,
   * too: then vectors and ids are searched.
   *
   * Over a server these calls are `unsupported`: `distances`, `duplicates`, `map`, `vector`, `features`, `save`, `export`,
   * `import`, `compact`, a predicate as a filter, and `explain` with a picture that is named by its id.
   */
  server?: string | web.URL | Server | undefined;
}
