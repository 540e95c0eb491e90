import type { Engine, EngineAdded, EngineItem, EngineQuery, EngineQueryOptions, Features } from './engine.ts';
import { LikenessError } from './errors.ts';
import type { Storage } from './storage.ts';
import type { Store } from './store/files.ts';
import { checkMeta } from './store/records.ts';
import type {
  AddReport,
  CallOptions,
  Hit,
  ImageSource,
  Item,
  OpenOptions,
  Picture,
  QueryOptions,
  Report,
} from './types.ts';

/** The engine as its face sees it: in this process, or in a worker behind an RPC library that makes all calls async. */
export type RemoteEngine<Source> = {
  [Name in
    | 'add'
    | 'query'
    | 'extract'
    | 'ids'
    | 'entries'
    | 'compact'
    | 'remove'
    | 'vector'
    | 'features'
    | 'report'
    | 'cancel'
    | 'close']: (
    ...args: Parameters<Engine<Source>[Name]>
  ) => Promise<Awaited<ReturnType<Engine<Source>[Name]>>>;
};

/** What a platform gives {@link Search}. */
export interface EngineHost<Source, StoreName = never> {
  engine: RemoteEngine<Source>;
  /** Where the model's files are. */
  modelFiles: Report['modelFiles'];
  storage: Storage<StoreName>;
  /** What a caller calls a store, in the form that `storage` takes. */
  storeName(store: Blob | string | URL | Store): StoreName;
  /** Pictures in the index. */
  size: number;
  /** Pictures in one call of `engine.add`. */
  batchSize: number;
  /** Calls of `engine.add` under way at once: the pictures of one are decoded while the network runs on another's. */
  callsInFlight: number;
  /** Makes of a caller's picture what can be posted to the engine. */
  prepare(image: ImageSource, signal?: AbortSignal): Promise<Source>;
  /** Ends the worker, if there is one. */
  dispose(): void;
}

/** Exact image search over an engine, wherever that runs. `ImageSearch` of each platform adds `open`. */
export class Search<Source = unknown, StoreName = never> {
  readonly #host: EngineHost<Source, StoreName>;
  #size = 0;
  #calls = 0;
  #closed = false;

  protected constructor(host: EngineHost<Source, StoreName>) {
    this.#host = host;
    this.#size = host.size;
  }

  /** Pictures in the index, as far as this object has changed it or last asked for {@link entries} or {@link report}. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds pictures (or vectors made earlier by the same model). An id that is there already is replaced. A picture
   * that cannot be read is reported and does not stop the others. After an abort, what was added before stays.
   */
  async add(items: Iterable<Item>, options: CallOptions = {}): Promise<AddReport> {
    this.#checkOpen();
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    const list = [...items];
    for (const item of list) checkItem(item);
    const call = ++this.#calls;
    const cancel = () => void this.#host.engine.cancel(call).catch(() => {});
    signal?.addEventListener('abort', cancel, { once: true });

    const report: AddReport = { added: 0, replaced: 0, unchanged: 0, extracted: 0, failed: [] };
    let done = 0;
    const addChunk = async (chunk: Item[], before: Promise<void>, issued: () => void): Promise<void> => {
      const prepared = await Promise.all(chunk.map((item) => this.#prepareItem(item, signal)));
      const good: EngineItem<Source>[] = [];
      for (const [at, item] of prepared.entries()) {
        if (item instanceof LikenessError) report.failed.push({ id: chunk[at]!.id, error: item });
        else good.push(item);
      }
      await before;
      signal?.throwIfAborted();
      this.#checkOpen();
      const adding: Promise<EngineAdded> = this.#host.engine.add(good, call);
      issued();
      const outcome = await adding;
      report.added += outcome.added;
      report.replaced += outcome.replaced;
      report.unchanged += outcome.unchanged;
      report.extracted += outcome.extracted;
      this.#size = outcome.size;
      for (const { at, code, message } of outcome.failed) {
        report.failed.push({ id: good[at]!.id, error: new LikenessError(code, message) });
      }
      done += chunk.length;
      if (!signal?.aborted) onProgress?.({ phase: 'add', done, total: list.length });
    };

    const running = new Set<Promise<void>>();
    /** Settles when the chunk before has gone to the engine: rows follow the order of the items. */
    let before = Promise.resolve();
    try {
      for (let start = 0; start < list.length; start += this.#host.batchSize) {
        signal?.throwIfAborted();
        const { promise, resolve } = deferred();
        const chunk = addChunk(list.slice(start, start + this.#host.batchSize), before, resolve);
        before = promise;
        const settled: Promise<void> = chunk.finally(() => {
          resolve(); // a chunk that fails does not hold up the next, which then sees why
          running.delete(settled);
        });
        settled.catch(() => {});
        running.add(settled);
        if (running.size >= this.#host.callsInFlight) await Promise.race(running);
      }
      await Promise.all(running);
      signal?.throwIfAborted();
    } finally {
      // `size` tells the truth when this rejects: nothing of the call is still under way.
      await Promise.allSettled(running);
      signal?.removeEventListener('abort', cancel);
    }
    return report;
  }

  /**
   * The nearest pictures, nearest first; equal distances in the order in which they were added.
   *
   * @param image a picture, or a feature vector (Float32Array)
   * @param options.k how many; default 30
   */
  async query(image: ImageSource | Float32Array, options: QueryOptions = {}): Promise<Hit[]> {
    const [hits] = await this.queryMany([image], options);
    return hits!;
  }

  /** {@link query} for several pictures in one pass over the index. */
  async queryMany(
    images: Iterable<ImageSource | Float32Array>,
    options: QueryOptions = {},
  ): Promise<Hit[][]> {
    this.#checkOpen();
    const { signal } = options;
    checkQueryOptions(options);
    signal?.throwIfAborted();
    const queries: EngineQuery<Source>[] = await Promise.all(
      [...images].map(async (image) =>
        image instanceof Float32Array
          ? { vector: image }
          : { source: await this.#host.prepare(image, signal) },
      ),
    );
    if (queries.length === 0) return [];
    signal?.throwIfAborted();
    const hits = await this.#host.engine.query(queries, await this.#postable(options));
    signal?.throwIfAborted();
    return hits;
  }

  /** Removes pictures; ids that are not there are passed over. Returns how many were removed. */
  async remove(ids: Iterable<string>): Promise<number> {
    this.#checkOpen();
    const removed = await this.#host.engine.remove([...ids]);
    this.#size -= removed;
    return removed;
  }

  /** The normalised feature vector of a picture, which is not added. */
  async extract(image: ImageSource, { signal }: CallOptions = {}): Promise<Float32Array> {
    this.#checkOpen();
    signal?.throwIfAborted();
    const source = await this.#host.prepare(image, signal);
    const vector = await this.#host.engine.extract(source);
    signal?.throwIfAborted();
    return vector;
  }

  /** The normalised feature vector of a picture in the index, e.g. for "more like this". */
  async vector(id: string): Promise<Float32Array> {
    this.#checkOpen();
    return this.#host.engine.vector(id);
  }

  /** All features, in the order of the ids, e.g. for a `.npy` file. */
  async features(): Promise<Features> {
    this.#checkOpen();
    return this.#host.engine.features();
  }

  /**
   * The pictures in the index, in the order of adding, without their features; with what another tab or process wrote
   * to a stored index.
   */
  async entries(): Promise<Picture[]> {
    this.#checkOpen();
    const entries = await this.#host.engine.entries();
    this.#size = entries.length;
    return entries;
  }

  /**
   * Writes the index to a store, all or nothing. An index that was opened with a store is there already.
   *
   * @param store where `open` takes it from afterwards; must hold no pictures
   */
  async save(store: string | URL | Store): Promise<void> {
    this.#checkOpen();
    await this.#host.storage.save(this.#host.storeName(store));
  }

  /** The whole index, without the pictures themselves, as one file: to download, to {@link import}, to serve. */
  async export(): Promise<Blob> {
    this.#checkOpen();
    return this.#host.storage.export();
  }

  /**
   * Takes over an exported index in the place of what is here, all or nothing.
   *
   * @param source the file, or where it is
   * @throws LikenessError `model-mismatch` with both names, `bad-file`, `not-found`
   */
  async import(source: Blob | string | URL): Promise<void> {
    this.#checkOpen();
    this.#size = await this.#host.storage.import(this.#host.storeName(source));
  }

  /** Writes a stored index anew without what was replaced and removed; it becomes smaller. Done by itself at times. */
  async compact(): Promise<void> {
    this.#checkOpen();
    await this.#host.engine.compact();
  }

  /** What runs, and why. */
  async report(): Promise<Report> {
    this.#checkOpen();
    return { ...(await this.#host.engine.report()), modelFiles: this.#host.modelFiles };
  }

  /** Frees model, index and worker, even where it rejects. Later calls are refused. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#host.engine.close();
    } finally {
      this.#host.dispose();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Options without what cannot be posted to a worker: a predicate is asked here, about the ids that are there. */
  async #postable({ k = 30, maxDistance, exclude, filter }: QueryOptions): Promise<EngineQueryOptions> {
    const ids =
      typeof filter === 'function' ? (await this.#host.engine.ids()).filter((id) => filter(id)) : filter;
    return { k, maxDistance, exclude: exclude && [...exclude], filter: ids && [...ids] };
  }

  async #prepareItem(item: Item, signal?: AbortSignal): Promise<EngineItem<Source> | LikenessError> {
    const { id, meta } = item;
    if ('vector' in item) return { id, meta, vector: item.vector };
    try {
      return { id, meta, source: await this.#host.prepare(item.image, signal) };
    } catch (error) {
      if (error instanceof LikenessError) return error;
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#closed) {
      throw new LikenessError('closed', 'This ImageSearch was closed; open another.');
    }
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** @throws LikenessError `bad-argument` */
function checkQueryOptions({ k = 30, maxDistance = 0, exclude = [], filter = [] }: QueryOptions): void {
  const refuse = (name: string, came: unknown, wanted: string): never => {
    throw new LikenessError('bad-argument', `${name} is ${came}; it has to be ${wanted}.`);
  };
  if (!Number.isInteger(k) || k < 1) refuse('k', k, 'a whole number from 1');
  if (typeof maxDistance !== 'number' || !(maxDistance >= 0)) {
    refuse('maxDistance', maxDistance, 'a number from 0');
  }
  if (!isIdList(exclude)) refuse('exclude', typeof exclude, 'a list of ids');
  if (typeof filter !== 'function' && !isIdList(filter)) {
    refuse('filter', typeof filter, 'a list of ids or a function');
  }
}

/** A string is iterable too, but as a list of ids it is a mistake. */
function isIdList(ids: unknown): boolean {
  return typeof ids === 'object' && ids !== null && Symbol.iterator in ids;
}

function checkItem(item: Item): void {
  const id: unknown = item?.id;
  if (typeof id !== 'string' || id === '') {
    throw new LikenessError(
      'bad-argument',
      `An item's id is ${JSON.stringify(id)}; it has to be a string that is not empty.`,
    );
  }
  if (!('image' in item) && !('vector' in item)) {
    throw new LikenessError('bad-argument', `The item "${id}" has neither an image nor a vector.`);
  }
  if (item.meta !== undefined) checkMeta(item.meta, id);
}

/**
 * Checks what a program may have got wrong in the options of `open`.
 *
 * @throws LikenessError `bad-argument`
 */
export function checkOptions({ device, threads, parity, refresh }: OpenOptions): void {
  const refuse = (name: string, came: unknown, wanted: string): never => {
    throw new LikenessError('bad-argument', `${name} is ${JSON.stringify(came)}; it has to be ${wanted}.`);
  };
  if (device !== undefined && !['auto', 'wasm', 'webgpu'].includes(device)) {
    refuse('device', device, 'auto, wasm or webgpu');
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    refuse('threads', threads, 'a whole number from 1');
  }
  if (refresh !== undefined && typeof refresh !== 'boolean') refuse('refresh', refresh, 'true or false');
  if (parity !== undefined && parity !== 'keras') refuse('parity', parity, '"keras", or left out');
}
