/// <reference lib="esnext.disposable" preserve="true" />

import { refuse } from '../base/checks.ts';
import { isFloats } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type * as web from '../base/web-types.ts';
import type { EngineAdded, EngineItem, EngineQuery, RunningNetwork } from '../engine/call-types.ts';
import type { EngineCalls } from '../engine/engine.ts';
import type { Histogram } from '../engine/histogram.ts';
import { saying } from '../engine/hits.ts';
import type {
  AddReport,
  CallOptions,
  DistanceOptions,
  DuplicateGroup,
  DuplicatesOptions,
  ExtractOptions,
  Features,
  Hits,
  IndexChange,
  Item,
  MapOptions,
  PageOptions,
  PictureMap,
  Progress,
  Query,
  QueryOptions,
  Report,
  SimilarityMap,
} from '../engine/types.ts';
import type { ImageSource } from '../image/image-source.ts';
import { agrees } from '../knn/taking-part.ts';
import type { Store } from '../store/format/files.ts';
import { copyOfJson, type Entry } from '../store/format/records.ts';
import {
  type CheckedCall,
  type CheckedComparison,
  checkCall,
  checkDistances,
  checkItem,
  checkPage,
  checkQuery,
  idsOf,
  itemsOf,
  vectorOf,
} from './arguments.ts';
import { checkDuplicates, findDuplicates } from './duplicates.ts';
import { checkMap, makeMap } from './map.ts';
import { type AskedPicture, picturesOf, regionOf } from './queries.ts';

/** @internal What a platform gives {@link ImageSearchBase}. */
export interface EngineHost<Source = unknown, StoreName = unknown> {
  engine: EngineCalls<Source, StoreName>;
  /** What a caller calls a store, in the form that the engine's calls take. */
  storeName(store: Blob | string | URL | Store): StoreName;
  /** Pictures in the index. */
  size: number;
  /** How the network runs, where it is loaded. */
  running: RunningNetwork | undefined;
  /**
   * Keeps a caller's picture as it is at the call. What it returns reads it into what can be posted, when its turn comes:
   * many pictures must not be read at once.
   */
  hold(image: ImageSource, signal?: AbortSignal): () => Promise<Source>;
  /** Where ids and metadata are too many to be brought here: refuses a predicate. */
  refusePredicate?(): never;
  /** Ends the worker, if there is one. */
  dispose(): void;
}

/** What a call of the engine is told. */
interface EngineCall extends CallOptions {
  signal: AbortSignal;
}

/** Vectors go to the engine as if there were such a network. */
const noNetwork = { batchSize: 8, threads: 1 };

/** An item as it was when it was given. */
type HeldItem = Pick<Item, 'id' | 'meta'> & { hash?: string } & Held;
type Held = { vector: Float32Array } | { ready: () => Promise<unknown> };

/** Exact image search over an engine, wherever that runs. `ImageSearch` of each platform adds `open`. */
export class ImageSearchBase {
  readonly #host: EngineHost;
  #size = 0;
  #running: RunningNetwork | undefined;
  readonly #watches = new Set<AbortController>();
  #closed = false;

  /** For `ImageSearch.open`. */
  protected constructor(opened: never);
  /** @internal A host's types are no part of the published declarations. */
  protected constructor(host: EngineHost);
  protected constructor(host: EngineHost) {
    this.#host = host;
    this.#size = host.size;
    this.#running = host.running;
  }

  /** Pictures in the index, as far as this object has changed it or last asked for {@link entries} or {@link report}. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds pictures (or vectors made earlier by the same model). An id that is there already is replaced. A picture
   * that cannot be read is reported and does not stop the others. After an abort, what was added before stays.
   *
   * What is added is what the items hold at the call: vectors, metadata, bytes, pixels and canvases are copied, files
   * and URLs are read later.
   *
   * @throws LikenessError `bad-argument`, `read-only`, `locked`, `storage-full`, `storage-denied`, `storage-failed`,
   *   `out-of-memory`, `closed`
   * @example
   * const { failed } = await search.add(files.map((file) => ({ id: file.name, image: file, meta: { size: file.size } })));
   */
  async add(items: Iterable<Item>, options: CallOptions = {}): Promise<AddReport> {
    const call = this.#begin('add', options);
    const { signal, onProgress } = call;
    const given = itemsOf(items, 'add takes a list of items');
    for (const item of given) checkItem(item);
    const list = (given as Item[]).map((item) => this.#holdItem(item, signal));
    const report: AddReport = { added: 0, replaced: 0, unchanged: 0, extracted: 0, failed: [] };
    let done = 0;
    /** Hands a chunk to the engine behind the chunk before it: rows follow the order of the items. */
    const issue = async (
      chunk: HeldItem[],
      before: Promise<unknown>,
    ): Promise<{ good: EngineItem<unknown>[]; adding: Promise<EngineAdded> }> => {
      const prepared = await Promise.all(chunk.map((item) => this.#prepareItem(item)));
      const good: EngineItem<unknown>[] = [];
      for (const [at, item] of prepared.entries()) {
        if (item instanceof LikenessError) report.failed.push({ id: chunk[at]!.id, error: item });
        else good.push(item);
      }
      await before;
      signal?.throwIfAborted();
      this.#checkOpen();
      return { good, adding: this.#host.engine.add(good, { signal }) };
    };
    const finish = async (count: number, issued: ReturnType<typeof issue>): Promise<void> => {
      const { good, adding } = await issued;
      const { failed, size, ...counts } = await adding;
      for (const name of ['added', 'replaced', 'unchanged', 'extracted'] as const)
        report[name] += counts[name];
      this.#size = size;
      for (const { at, code, message } of failed) {
        report.failed.push({ id: good[at]!.id, error: new LikenessError(code, message) });
      }
      done += count;
      const { extracted } = report;
      if (!signal?.aborted) onProgress?.({ phase: 'add', done, total: list.length, extracted });
    };

    const running = new Set<Promise<void>>();
    /** Of the first chunk that failed. */
    let failure: { error: unknown } | undefined;
    let before: Promise<unknown> = Promise.resolve();
    const isVectors = list.every((item) => 'vector' in item);
    const { batchSize, threads } = isVectors ? (this.#running ?? noNetwork) : await this.#load(call);
    // One batch in each thread, and one whose pictures are decoded meanwhile.
    const callsInFlight = threads + 1;
    for (let start = 0; start < list.length && !failure && !signal?.aborted; start += batchSize) {
      const chunk = list.slice(start, start + batchSize);
      const issued = issue(chunk, before);
      before = issued.catch(() => {}); // a chunk that fails does not hold up the next
      const settled: Promise<void> = finish(chunk.length, issued)
        .catch((error) => {
          failure ??= { error };
        })
        .finally(() => running.delete(settled));
      running.add(settled);
      if (running.size >= callsInFlight) await Promise.race(running);
    }
    // `size` tells the truth when this rejects: nothing of the call is still under way.
    await Promise.all(running);
    if (failure) throw failure.error;
    signal?.throwIfAborted();
    return report;
  }

  /**
   * Fetches and starts the model's network, which `open` with `network: 'lazy'` has left for later; else it is there. Calls
   * that need it meanwhile wait for the same loading. After an abort, what has come is kept, and the next call goes on from
   * there; another call that waits for the network goes on waiting.
   *
   * @throws LikenessError `bad-argument`; of the model `not-found`, `bad-model`; `no-backend`, `out-of-memory`, `closed`
   * @example
   * const search = await ImageSearch.open({ store: '/index.likeness', network: 'lazy' });
   * show(await search.query({ id: 'a' }));
   * await search.loadNetwork({ signal, onProgress: ({ done, total }) => show(done / total) });
   */
  async loadNetwork(options: CallOptions = {}): Promise<void> {
    const call = this.#begin('loadNetwork', options);
    await this.#reading(call, () => this.#load(call));
  }

  /**
   * The nearest pictures, nearest first; equal distances in the order in which they were added.
   *
   * @param query a picture, a feature vector, or several of them with weights, as they are at the call; {@link Query} has
   *   the formula. Pictures that are named by their id are not among the answers
   * @param options.k how many; default 30, of a server that gives fewer as many as it does
   * @param options.offset how many of the nearest are passed over: the next page
   * @param options.region the part of the picture that is asked for
   * @throws LikenessError `bad-argument`, also where the pictures cancel each other out; `bad-image`, `not-found`,
   *   `bad-file`, `out-of-memory`, `closed`
   * @example
   * const hits = await search.query(file, { k: 5, filter: { meta: { colour: ['red', 'blue'], year: { min: 2020 } } } });
   * const alike = await search.query([{ id: 'a' }, { image: file, region: { x: 0, y: 0, width: 99, height: 80 }, weight: -0.5 }]);
   */
  async query(query: Query, options: QueryOptions = {}): Promise<Hits> {
    const [hits] = await this.queryMany([query], options);
    return hits!;
  }

  /**
   * {@link query} for several queries in one pass over the index. The region of the options is of each of them.
   *
   * @throws LikenessError as {@link query}; the message says which query
   * @example const [first, second] = await search.queryMany([fileA, fileB], { k: 5 });
   */
  async queryMany(queries: Iterable<Query>, options: QueryOptions = {}): Promise<Hits[]> {
    const call = this.#begin('query', options, '{ k: 5 }');
    const asked = checkQuery(options);
    const region = regionOf(options.region);
    const given = itemsOf(queries, 'queryMany takes a list of pictures and vectors; for one there is query');
    const parts = given.map((query) => picturesOf(query as Query, region));
    if (parts.length === 0) return [];
    const held = this.#holdQueries(parts, call.signal);
    return this.#reading(call, async (how) => {
      const pictures = await held.ready();
      how.signal.throwIfAborted();
      const { weights } = held;
      const answers = await this.#host.engine.query(pictures, {
        weights,
        ...(await this.#postable(asked)),
        isUsualK: options.k === undefined,
        ...how,
      });
      return answers.map((hits) => ('exact' in hits ? (hits as Hits) : saying(hits)));
    });
  }

  /**
   * How many pictures are how far from a query: a histogram of all distances, in float64, from one pass over the index.
   * `query` with `maxDistance` gives the pictures themselves.
   *
   * @param query as for {@link query}
   * @param options.bins how many bins of one width; default 40
   * @param options.edges instead, the edges of the bins
   * @throws LikenessError as {@link query}
   * @example
   * const { edges, counts } = await search.distances(file, { bins: 20 });
   * const near = await search.distances({ id: 'a' }, { edges: [0, 0.3, 0.6] });
   */
  async distances(query: Query, options: DistanceOptions = {}): Promise<Histogram> {
    const call = this.#begin('distances', options, '{ bins: 20 }');
    const asked = checkDistances(options);
    const held = this.#holdQueries([picturesOf(query, regionOf(options.region))], call.signal);
    return this.#reading(call, async (how) => {
      const pictures = await held.ready();
      how.signal.throwIfAborted();
      const { weights } = held;
      return this.#host.engine.distances(pictures, { weights, ...(await this.#postable(asked)), ...how });
    });
  }

  /**
   * Near-duplicates: groups of pictures that pairs up to `maxDistance` apart connect, by the picture that was added first.
   * All pairs are compared, exactly as `query` compares; memory is bounded, whatever is found. Other calls run meanwhile:
   * pictures that are removed or replaced then are in no group, pictures that are added do not take part.
   *
   * @param options.maxDistance default 0.2
   * @param options.onPairs given all pairs, some thousand at a time
   * @param options.sizeOf how large a picture is: the largest of a group comes first
   * @throws LikenessError `bad-argument`, `bad-file`, `storage-failed`, `out-of-memory`, `closed`
   * @example
   * for (const { pictures } of await search.duplicates({ maxDistance: 0.1 })) {
   *   await search.remove(pictures.slice(1).map(({ id }) => id));
   * }
   */
  async duplicates(options: DuplicatesOptions = {}): Promise<DuplicateGroup[]> {
    const call = this.#begin('duplicates', options, '{ maxDistance: 0.2 }');
    const { checked, asked } = checkDuplicates(options);
    return this.#reading(call, async (how) => {
      const { filter } = await this.#postable(asked);
      return findDuplicates((step, told) => this.#host.engine.duplicates(step, told), filter, checked, how);
    });
  }

  /**
   * Two coordinates of each picture, so that pictures which are alike are near each other: a map of the index. The same
   * pictures in the same order of adding have the same map, on every machine.
   *
   * The nearest neighbours of each picture are found exactly and become UMAP's weighted graph (McInnes, Healy and Melville,
   * 2018); its layout has LargeVis' objective (Tang, Liu, Zhang and Mei, 2016) and begins with the principal components.
   * Time grows with the square of the number of pictures, memory with the number. Other calls run meanwhile: pictures that
   * are removed then are not in the map, pictures that are added do not take part.
   *
   * @param options.neighbours of each picture; default 15
   * @throws LikenessError `bad-argument`, `bad-file`, `storage-failed`, `out-of-memory`, `closed`
   * @example
   * const { ids, coordinates } = await search.map({ onProgress: ({ phase, done, total }) => show(phase, done / total) });
   * for (const [n, id] of ids.entries()) show(id, coordinates[2 * n], coordinates[2 * n + 1]);
   */
  async map(options: MapOptions = {}): Promise<PictureMap> {
    const call = this.#begin('map', options, '{ neighbours: 15 }');
    const { neighbours, asked } = checkMap(options);
    return this.#reading(call, async (how) => {
      const { filter } = await this.#postable(asked);
      return makeMap((step, told) => this.#host.engine.map(step, told), { neighbours, filter }, how);
    });
  }

  /**
   * Removes pictures; ids that are not there are passed over. Returns how many were removed.
   *
   * @throws LikenessError `bad-argument`, `read-only`, `locked`, `storage-full`, `storage-denied`, `storage-failed`, `closed`
   * @example const removed = await search.remove(['a', 'b']);
   */
  async remove(ids: Iterable<string>): Promise<number> {
    this.#checkOpen();
    const removed = await this.#host.engine.remove(idsOf(ids, 'remove'));
    this.#size -= removed;
    return removed;
  }

  /**
   * The normalised feature vector of a picture, which is not added.
   *
   * @param options.region the part of the picture that counts
   * @throws LikenessError `bad-argument`, `bad-image`, `not-found`, `out-of-memory`, `closed`
   * @example const vector = await search.extract(file);
   */
  async extract(image: ImageSource, options: ExtractOptions = {}): Promise<Float32Array> {
    const call = this.#begin('extract', options);
    const region = regionOf(options.region);
    const ready = this.#host.hold(image, call.signal);
    return this.#reading(call, async (how) => this.#host.engine.extract(await ready(), { region, ...how }));
  }

  /**
   * Why a picture is similar to another: a grid over it that says how much each place counts.
   *
   * A cell's value is the mean of two things: what the similarity falls by without the square of activations around the
   * cell, and what it rises by when that square is all that the network sees. These are the outer two terms of the cell's
   * Shapley value (L. S. Shapley, 1953). The first alone is occlusion sensitivity (M. D. Zeiler and R. Fergus, Visualizing
   * and Understanding Convolutional Networks, ECCV 2014), here on activations instead of pixels. VGG16 has 7 × 7 cells,
   * taken before its fifth block; the compact network 8 × 8, before its third. A cell is 2 × 2 places of that layer, its
   * square 6 × 6. All of it is computed on the CPU, whatever the backend: the same bits again on the same machine.
   *
   * @param image the picture that the grid lies over; for a hit, the picture that its id stands for
   * @param other what it is similar to, as for {@link query}; of `{ id }` and vectors nothing is extracted
   * @param options.region the part of `image` that is meant; the grid lies over it
   * @throws LikenessError `bad-argument`, `bad-image`, `not-found`, `bad-file`, `out-of-memory`, `closed`; where the network
   *   is loaded for it, as `open`
   * @example
   * const { columns, rows, values, area } = await search.explain(file, { id: 'a' }, { signal });
   * const onTheHit = await search.explain(fileA, await search.extract(file));
   */
  async explain(image: ImageSource, other: Query, options: ExtractOptions = {}): Promise<SimilarityMap> {
    const call = this.#begin('explain', options);
    const region = regionOf(options.region);
    const held = this.#holdQueries([picturesOf(other)], call.signal);
    const ready = this.#host.hold(image, call.signal);
    return this.#reading(call, async (how) => {
      const picture = { source: await ready(), ...(region && { region }) };
      const pictures = await held.ready();
      how.signal.throwIfAborted();
      return this.#host.engine.explain(picture, pictures, { weights: held.weights, ...how });
    });
  }

  /**
   * Whether a picture with this id is in the index, as another tab or process may have changed it just now.
   *
   * @throws LikenessError `bad-argument`, `closed`
   * @example if (!(await search.has(file.name))) await search.add([{ id: file.name, image: file }]);
   */
  async has(id: string): Promise<boolean> {
    this.#checkOpen();
    const [wanted] = idsOf([id], 'has');
    return this.#host.engine.has(wanted!);
  }

  /**
   * The normalised feature vector of a picture in the index, e.g. for "more like this".
   *
   * @throws LikenessError `bad-argument`, `not-found`, `bad-file` where it is damaged, `closed`
   * @example const alike = await search.query(await search.vector('a'), { exclude: ['a'] });
   */
  async vector(id: string): Promise<Float32Array> {
    this.#checkOpen();
    const [wanted] = idsOf([id], 'vector');
    return this.#host.engine.vector(wanted!);
  }

  /**
   * All features, in the order of the ids, e.g. for a `.npy` file.
   *
   * @throws LikenessError `bad-argument`, `bad-file`, `storage-failed`, `out-of-memory`, `closed`
   * @example const { ids, dimension, values } = await search.features();
   */
  async features(options: CallOptions = {}): Promise<Features> {
    return this.#reading(this.#begin('features', options), (how) => this.#host.engine.features(how));
  }

  /**
   * The pictures in the index, in the order of adding, without their features; with what another tab or process wrote
   * to a stored index. Page by page, each comes in a message of its own: while the index does not change, pages neither
   * overlap nor leave a picture out; `size` says how many there are.
   *
   * @param options.offset how many are passed over; default 0
   * @param options.limit how many at most; default all that follow
   * @throws LikenessError `bad-argument`, `bad-file`, `storage-failed`, `closed`
   * @example
   * for (const { id, meta } of await search.entries()) show(id, meta);
   * const third = await search.entries({ offset: 200, limit: 100 });
   */
  async entries(options: PageOptions = {}): Promise<Entry[]> {
    this.#checkOpen();
    const { entries, size } = await this.#host.engine.entries(checkPage(options));
    this.#size = size;
    return entries;
  }

  /**
   * Writes the index to a store, all or nothing. An index that was opened with a store is there already.
   *
   * @param store where `open` takes it from afterwards; must hold no pictures
   * @throws LikenessError `bad-argument`, `read-only`, `locked`, `model-mismatch`, `storage-full`, `storage-denied`,
   *   `storage-failed`, `out-of-memory`, `closed`
   * @example await search.save('opfs:holiday', { onProgress: ({ done, total }) => show(done / total) });
   */
  async save(store: string | web.URL | Store, options: CallOptions = {}): Promise<void> {
    const call = this.#begin('save', options);
    const name = this.#host.storeName(store);
    await this.#during(call, (how) => this.#host.engine.save(name, how));
  }

  /**
   * The whole index, without the pictures themselves, as one file: to download, to {@link import}, to serve.
   *
   * @throws LikenessError `bad-argument`, `bad-file`, `storage-failed`, `out-of-memory`, `closed`
   * @example link.href = URL.createObjectURL(await search.export({ signal }));
   */
  async export(options: CallOptions = {}): Promise<web.Blob> {
    return this.#reading(this.#begin('export', options), (how) => this.#host.engine.export(how));
  }

  /**
   * Takes over an exported index in the place of what is here, all or nothing.
   *
   * @param source the file, or where it is
   * @throws LikenessError `model-mismatch` with both names, `bad-argument`, `bad-file`, `not-found`, `read-only`, `locked`,
   *   `storage-full`, `storage-denied`, `storage-failed`, `out-of-memory`, `closed`
   * @example await search.import(file, { signal, onProgress: ({ phase, done, total }) => show(phase, done / total) });
   */
  async import(source: web.Blob | string | web.URL, options: CallOptions = {}): Promise<void> {
    const call = this.#begin('import', options);
    const name = this.#host.storeName(source);
    this.#size = await this.#during(call, (how) => this.#host.engine.import(name, how));
  }

  /**
   * Writes a stored index anew without what was replaced and removed; it becomes smaller. Done by itself at times.
   *
   * @throws LikenessError `bad-argument`, `read-only`, `locked`, `bad-file`, `storage-full`, `storage-denied`, `storage-failed`,
   *   `closed`
   * @example await search.compact();
   */
  async compact(options: CallOptions = {}): Promise<void> {
    await this.#during(this.#begin('compact', options), (how) => this.#host.engine.compact(how));
  }

  /**
   * Gives pictures another order: in `entries`, and in answers where distances are equal. Those that are named take, in the
   * order of their ids, the places that they have now; the others stay where they are. Ids that are not in the index are
   * passed over. A stored index is written anew, all or nothing.
   *
   * A picture that was removed and added again comes last; this puts it back to where it was.
   *
   * @param ids of one that is named twice, the first counts
   * @throws LikenessError `bad-argument`, `read-only`, `locked`, `bad-file`, `storage-full`, `storage-denied`, `storage-failed`,
   *   `unsupported`, `closed`
   * @example
   * const before = (await search.entries()).map(({ id }) => id);
   * await search.reorder(before.toSorted());
   */
  async reorder(ids: Iterable<string>, options: CallOptions = {}): Promise<void> {
    const call = this.#begin('reorder', options);
    const list = idsOf(ids, 'reorder');
    await this.#during(call, (how) => this.#host.engine.reorder(list, how));
  }

  /**
   * Calls `listener` whenever pictures were added, replaced or removed: by this object when that is done, by another tab or
   * process when a call of this object has read it, as `query`, `entries` and `has` do.
   *
   * @returns what ends it; `close` does, too
   * @throws LikenessError `bad-argument`, `closed`
   * @example
   * const stop = search.onChange(({ size }) => show(`${size} pictures`));
   */
  onChange(listener: (change: IndexChange) => void): () => void {
    this.#checkOpen();
    if (typeof listener !== 'function') refuse('The listener of onChange', listener, 'a function');
    const control = new AbortController();
    const onChange = (size: number): void => {
      // What a listener throws is no error of the call that made the change.
      if (!control.signal.aborted) queueMicrotask(() => listener({ size }));
    };
    this.#host.engine.watch({ signal: control.signal, onChange }).catch(() => {}); // the worker has ended
    this.#watches.add(control);
    return () => {
      control.abort();
      this.#watches.delete(control);
    };
  }

  /**
   * What runs, and why.
   *
   * @throws LikenessError `closed`
   * @example const { knn, store } = await search.report();
   */
  async report(): Promise<Report> {
    this.#checkOpen();
    return this.#host.engine.report();
  }

  /**
   * Frees model, index and worker, even where it rejects. Later calls are refused.
   *
   * @throws LikenessError `storage-failed`
   * @example await search.close();
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const control of this.#watches) control.abort();
    try {
      await this.#host.engine.close();
    } finally {
      this.#host.dispose();
    }
  }

  /**
   * {@link close}, at the end of a block.
   *
   * @throws LikenessError `storage-failed`
   * @example await using search = await ImageSearch.open();
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Options without what cannot be posted to a worker: a predicate is asked here, about the ids that are there. */
  async #postable<Checked extends CheckedComparison>({
    predicate,
    ...options
  }: Checked): Promise<Omit<Checked, 'predicate'>> {
    if (!predicate) return options;
    this.#host.refusePredicate?.();
    const { entries } = await this.#host.engine.entries();
    const taking = entries.filter(({ id, meta }) => agrees(predicate(id, meta)));
    return { ...options, filter: taking.map(({ id }) => id) };
  }

  /**
   * Runs a call of the engine. What `onProgress` throws ends it as an abort does.
   *
   * @param work gets a signal that follows the caller's
   */
  async #during<T>({ signal, onProgress }: CheckedCall, work: (how: EngineCall) => Promise<T>): Promise<T> {
    const control = new AbortController();
    const abort = (): void => control.abort(signal!.reason);
    signal?.addEventListener('abort', abort);
    const tell = (progress: Progress): void => {
      if (control.signal.aborted) return;
      try {
        onProgress!(progress);
      } catch (error) {
        control.abort(error);
      }
    };
    try {
      return await work({ signal: control.signal, ...(onProgress && { onProgress: tell }) });
    } catch (error) {
      throw control.signal.aborted ? control.signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** {@link #during} of a call that changes nothing: aborted, it rejects even where it is done. */
  #reading<T>(call: CheckedCall, work: (how: EngineCall) => Promise<T>): Promise<T> {
    return this.#during(call, async (how) => {
      const result = await work(how);
      how.signal.throwIfAborted();
      return result;
    });
  }

  /** How the network runs, which is loaded before. */
  async #load(call: CheckedCall): Promise<RunningNetwork> {
    this.#running ??= await this.#during(call, (how) => this.#host.engine.loadNetwork(how));
    return this.#running;
  }

  #holdItem(item: Item, signal: AbortSignal | undefined): HeldItem {
    const { id, meta } = item;
    const held =
      'vector' in item && item.vector !== undefined
        ? heldVector(item.vector)
        : this.#hold((item as { image: ImageSource }).image, signal);
    const hash = 'vector' in item ? item.hash : undefined;
    const known = hash === undefined ? {} : { hash };
    return { id, meta: meta === undefined ? undefined : copyOfJson(meta), ...known, ...held };
  }

  /** Keeps the pictures of queries; they follow one another. */
  #holdQueries(
    queries: readonly AskedPicture[][],
    signal: AbortSignal | undefined,
  ): { weights: number[][]; ready(): Promise<EngineQuery<unknown>[]> } {
    const held = queries.flat().map(({ picture }): (() => Promise<EngineQuery<unknown>>) => {
      if (!('image' in picture)) return async () => picture;
      const { image, region } = picture;
      const ready = this.#host.hold(image, signal);
      return async () => ({ source: await ready(), ...(region && { region }) });
    });
    return {
      weights: queries.map((pictures) => pictures.map(({ weight }) => weight)),
      ready: () => Promise.all(held.map((ready) => ready())),
    };
  }

  #hold(image: ImageSource | Float32Array, signal: AbortSignal | undefined): Held {
    return isFloats(image) ? { vector: vectorOf(image) } : { ready: this.#host.hold(image, signal) };
  }

  async #prepareItem({ id, meta, hash, ...held }: HeldItem): Promise<EngineItem<unknown> | LikenessError> {
    if ('vector' in held) return { id, meta, ...(hash === undefined ? {} : { hash }), vector: held.vector };
    try {
      return { id, meta, source: await held.ready() };
    } catch (error) {
      if (error instanceof LikenessError) return error;
      throw error;
    }
  }

  /** What every call checks that takes options. */
  #begin(call: string, options: CallOptions, example?: string): CheckedCall {
    this.#checkOpen();
    const checked = checkCall(options, call, example);
    checked.signal?.throwIfAborted();
    return checked;
  }

  #checkOpen(): void {
    if (this.#closed) throw closed();
  }
}

/** @internal */
export const closed = (): LikenessError =>
  new LikenessError('closed', 'This ImageSearch was closed; open another.');

/** What is no vector fails as one item, when its turn comes. */
function heldVector(vector: unknown): Held {
  try {
    return { vector: vectorOf(vector) };
  } catch (error) {
    return { ready: () => Promise.reject(error) };
  }
}
