import { endAll } from '../base/end-all.ts';
import { LikenessError, memoryError } from '../base/errors.ts';
import { Mutex } from '../base/lock.ts';
import { metaTest } from '../base/meta-filter.ts';
import { type Calls, transfer } from '../base/rpc.ts';
import { crop, type Region } from '../image/crop.ts';
import { areaOf } from '../image/resize.ts';
import { toTensor } from '../image/tensor.ts';
import type { FlatIndex } from '../knn/flat-index.ts';
import type { Change } from '../store/format/changes.ts';
import type { Store } from '../store/format/files.ts';
import { type IndexInfo, identityOf } from '../store/format/header.ts';
import { copyOfJson, type Entry } from '../store/format/records.ts';
import { IndexStore } from '../store/index-store.ts';
import { checkKind } from '../store/mismatch.ts';
import {
  type EngineAdded,
  type EngineCompareOptions,
  type EngineItem,
  type EngineQuery,
  type EngineQueryOptions,
  type PictureReader,
  type RunningNetwork,
  releasePixels,
} from './call-types.ts';
import { Duplicates, type DuplicatesAnswer, type DuplicatesStep, type PairThreads } from './duplicates.ts';
import { type Histogram, histogram } from './histogram.ts';
import type { LazyNetwork, LoadedNetwork } from './lazy-network.ts';
import { type MapAnswer, type MapStep, PictureMaps } from './picture-maps.ts';
import { PictureVectors } from './picture-vectors.ts';
import { Pictures, type PicturesOptions } from './pictures.ts';
import { openUnlessAborted, progressOf } from './progress.ts';
import { groups, type Weights } from './query-parts.ts';
import { QueryVectors, storedVector } from './query-vectors.ts';
import { exportedFile, openTarget } from './storage.ts';
import type { CallOptions, Features, Hit, PageOptions, Report, SimilarityMap } from './types.ts';

/** How an engine keeps its pictures. */
export interface EngineOptions<StoreName> extends PicturesOptions {
  parity?: IndexInfo['parity'] | undefined;
  /** Where the pictures are kept; left out, they are gone with the engine. */
  store?: IndexStore | undefined;
  /** Opens a store that a call names; each platform has its own names. */
  openStore: (name: StoreName) => Promise<Store>;
  /** For searches that compare all pictures with each other. */
  pairThreads?: PairThreads | undefined;
}

/** The calls of an engine, in this process or in a worker: all methods that return promises. */
export type EngineCalls<Source, StoreName> = Calls<Engine<Source, StoreName>>;

/** From pictures to neighbours: here model, index and ids meet. It runs in a page's worker, or in the process (Node). */
export class Engine<Source, StoreName> {
  readonly #network: LazyNetwork;
  readonly #reader: PictureReader<Source>;
  readonly #pictures: Pictures;
  readonly #vectors: PictureVectors<Source>;
  readonly #queries: QueryVectors<Source>;
  readonly #duplicates: Duplicates;
  readonly #maps: PictureMaps;
  readonly #parity: IndexInfo['parity'];
  readonly #openStore: EngineOptions<StoreName>['openStore'];
  /** One call at a time changes or searches the index, so rows follow the order of the calls. */
  readonly #mutex = new Mutex();

  /** @param index empty */
  constructor(
    network: LazyNetwork,
    index: FlatIndex,
    reader: PictureReader<Source>,
    { parity = null, store, openStore, pairThreads, ...options }: EngineOptions<StoreName>,
  ) {
    this.#openStore = openStore;
    this.#parity = parity;
    this.#network = network;
    this.#reader = reader;
    this.#pictures = new Pictures(index, store, options);
    this.#vectors = new PictureVectors(network, reader, this.#pictures);
    this.#queries = new QueryVectors(network, this.#vectors, this.#pictures);
    this.#duplicates = new Duplicates(this.#pictures, pairThreads);
    this.#maps = new PictureMaps(this.#pictures);
  }

  get size(): number {
    return this.#pictures.entries.length;
  }

  /** What runs, where the network is loaded. */
  get running(): RunningNetwork | undefined {
    return this.#network.loaded && runningOf(this.#network.loaded);
  }

  /** Loads the network, where nobody has; all who ask meanwhile wait for the same. */
  async loadNetwork(how: CallOptions = {}): Promise<RunningNetwork> {
    return runningOf(await this.#network.get(how));
  }

  /** Resolves when the network is loaded, whoever asks for it. */
  async whenLoaded(): Promise<RunningNetwork> {
    return runningOf(await this.#network.whenLoaded());
  }

  /**
   * What a call waits for before it takes its turn: while the network is fetched, calls that need none go on. Nothing where
   * it is loaded, so that calls take their turns in the order in which they came.
   */
  #missingFor(pictures: readonly object[]): LazyNetwork | undefined {
    const isNeeded = pictures.some((picture) => 'source' in picture);
    return isNeeded && !this.#network.loaded ? this.#network : undefined;
  }

  /**
   * Extracts and adds in the order of the items; an id that exists is replaced. When this resolves, all that could be
   * read is in the index, and durable where there is a store. After an abort nothing more is added.
   */
  async add(
    items: readonly EngineItem<Source>[],
    { signal }: Pick<CallOptions, 'signal'> = {},
  ): Promise<EngineAdded> {
    const missing = this.#missingFor(items);
    if (missing) await missing.get({ signal });
    const extracted = this.#vectors.vectors(items, { signal });
    extracted.catch(() => {});
    return this.#inTurn(async () => {
      const { vectors, hashes, known, failed } = await extracted;
      const outcome: EngineAdded = {
        added: 0,
        replaced: 0,
        unchanged: 0,
        extracted: items.filter((item, at) => 'source' in item && vectors[at]).length,
        size: this.size,
        failed,
      };
      if (signal?.aborted) return outcome;
      await this.#pictures.refresh();
      const changes: Change[] = [];
      for (const [at, { id, meta }] of items.entries()) {
        const item = items[at]!;
        const hash = 'vector' in item ? item.hash : hashes[at];
        const entry: Entry = { id, ...(meta === undefined ? {} : { meta }), ...(hash ? { hash } : {}) };
        if (known.has(at) && this.#pictures.has(entry)) {
          outcome.unchanged++;
          continue;
        }
        const vector = vectors[at] ?? (known.has(at) ? await this.#pictures.vectorOf(hash!) : undefined);
        if (vector) changes.push({ ...entry, vector });
        else if (known.has(at)) {
          // Removed while this call waited for its turn.
          const again = await this.#vectors.vectors([items[at]!], { signal, all: true });
          for (const failure of again.failed) failed.push({ ...failure, at });
          if (again.vectors[0]) {
            outcome.extracted++;
            changes.push({ ...entry, vector: again.vectors[0] });
          }
        }
      }
      for (const kind of await this.#pictures.apply(changes)) {
        if (kind === 'add') outcome.added++;
        else outcome.replaced++;
      }
      outcome.size = this.size;
      return outcome;
    });
  }

  /**
   * The `k` nearest of each query, nearest first, but for pictures of the index that it consists of. The first query that
   * cannot be read fails the call.
   */
  async query(
    pictures: readonly EngineQuery<Source>[],
    {
      k,
      offset = 0,
      weights = pictures.map(() => [1]),
      maxDistance,
      exclude,
      filter,
      ...how
    }: EngineQueryOptions,
  ): Promise<Hit[][]> {
    const missing = this.#missingFor(pictures);
    if (missing) await missing.get(how);
    const extracted = this.#queries.onDevice(pictures, weights, how);
    extracted.catch(() => {});
    const queries = groups(pictures, weights);
    const own = queries.map(
      (some) => new Set(some.flatMap((picture) => ('id' in picture ? picture.id : []))),
    );
    const wanted = k + offset + own.reduce((most, { size }) => Math.max(most, size), 0);
    const search = async (): Promise<Hit[][]> => {
      const features = await extracted;
      try {
        await this.#pictures.refresh();
        const asked =
          'count' in features ? features : await this.#queries.combine(pictures, features, weights);
        await this.#pictures.load(how);
        if (this.size === 0) return queries.map(() => []);
        const found = await this.#pictures.search(
          asked,
          Math.min(wanted, this.size),
          () => ({
            maxDistance,
            exclude: exclude && this.#rowsOf(exclude),
            filter: filter && this.#takingPart(filter),
          }),
          how,
        );
        return queries.map((_, at) => {
          const ranks = Array.from({ length: found.counts[at]! }, (_, rank) => at * found.k + rank);
          const others = ranks.filter((rank) => !own[at]!.has(this.#pictures.entries[found.rows[rank]!]!.id));
          return others.slice(offset, offset + k).map((rank): Hit => {
            const { id, meta } = this.#pictures.entries[found.rows[rank]!]!;
            const distance = found.distances[rank]!;
            return meta === undefined ? { id, distance } : { id, distance, meta: copyOfJson(meta) };
          });
        });
      } catch (error) {
        // Features in memory give the better message.
        const isRefused = error instanceof LikenessError && error.code === 'bad-argument';
        if (isRefused && 'count' in features) await this.#queries.inMemory(pictures, weights, how);
        throw error;
      }
    };
    try {
      return await this.#inTurn(search, how);
    } finally {
      // Even if its turn never came.
      void extracted.then(
        (features) => 'count' in features && features.buffer.destroy(),
        () => {},
      );
    }
  }

  /** How far the pictures are from one query, but for pictures of the index that it consists of. */
  async distances(
    pictures: readonly EngineQuery<Source>[],
    {
      weights = pictures.map(() => [1]),
      bins,
      exclude = [],
      filter,
      ...how
    }: EngineCompareOptions & { bins: number | readonly number[] },
  ): Promise<Histogram> {
    const missing = this.#missingFor(pictures);
    if (missing) await missing.get(how);
    const extracted = this.#queries.inMemory(pictures, weights, how);
    extracted.catch(() => {});
    const own = pictures.flatMap((picture) => ('id' in picture ? picture.id : []));
    const takingPart = (): Uint32Array => {
      const taking = filter ? this.#takingPart(filter) : new Uint8Array(this.size).fill(1);
      for (const row of this.#rowsOf([...own, ...exclude])) taking[row] = 0;
      return Uint32Array.from(taking.keys()).filter((row) => taking[row] === 1);
    };
    return this.#inTurn(async () => {
      const features = await extracted;
      await this.#pictures.refresh();
      const query = await this.#queries.combine(pictures, features, weights);
      return histogram(await this.#pictures.distances(query, takingPart, how), bins);
    }, how);
  }

  #rowsOf(ids: readonly string[]): number[] {
    return ids.map((id) => this.#pictures.position(id)).filter((row) => row !== undefined);
  }

  /** A byte for each row: whether it takes part. */
  #takingPart(filter: NonNullable<EngineQueryOptions['filter']>): Uint8Array {
    const rows = new Uint8Array(this.size);
    if ('meta' in filter) {
      const isRight = metaTest(filter.meta);
      for (const [row, { meta }] of this.#pictures.entries.entries()) rows[row] = Number(isRight(meta));
    } else for (const row of this.#rowsOf(filter)) rows[row] = 1;
    return rows;
  }

  /** A step of a search for near-duplicates; other calls take their turns between two of them. */
  async duplicates(step: DuplicatesStep, how: CallOptions = {}): Promise<DuplicatesAnswer> {
    return this.#inTurn(async () => {
      await this.#pictures.refresh();
      return this.#duplicates.step(step, (filter) => this.#takingPart(filter), how);
    }, how);
  }

  /** A step of a map; other calls take their turns between two of them. */
  async map(step: MapStep, how: CallOptions = {}): Promise<MapAnswer> {
    return this.#inTurn(async () => {
      await this.#pictures.refresh();
      return this.#maps.step(step, (filter) => this.#takingPart(filter), how);
    }, how);
  }

  /** Removes pictures; ids that are not there are passed over. Returns how many were removed. */
  async remove(ids: readonly string[]): Promise<number> {
    return this.#inTurn(async () => {
      await this.#pictures.refresh();
      const before = this.size;
      const there = [...new Set(ids)].filter((id) => this.#pictures.position(id) !== undefined);
      await this.#pictures.apply(there.map((id) => ({ remove: id })));
      return before - this.size;
    });
  }

  /** The normalised features of a picture that is not added. */
  async extract(
    source: Source,
    { region, ...how }: CallOptions & { region?: Region | undefined } = {},
  ): Promise<Float32Array> {
    const extracting = this.#vectors.vectors([{ source, ...(region && { region }) }], { ...how, all: true });
    const { vectors, failed } = await extracting.catch((error) =>
      Promise.reject(memoryError(error, 'This call')),
    );
    how.signal?.throwIfAborted();
    if (failed[0]) throw new LikenessError(failed[0].code, failed[0].message);
    return vectors[0]!;
  }

  /**
   * How much each place of a picture counts for its similarity to a query. It takes no turn while the network runs: other
   * calls go on.
   *
   * @param other one query
   */
  async explain(
    { source, region }: { source: Source; region?: Region | undefined },
    other: readonly EngineQuery<Source>[],
    { weights = [other.map(() => 1)], ...how }: CallOptions & { weights?: Weights | undefined },
  ): Promise<SimilarityMap> {
    const { preprocessing } = this.#network.manifest;
    try {
      const whole = await this.#reader.pixels(source);
      const pixels = region ? crop(whole, region) : whole;
      const seen = areaOf(pixels, preprocessing);
      const area = { ...seen, x: seen.x + (region?.x ?? 0), y: seen.y + (region?.y ?? 0) };
      const input = toTensor(pixels, preprocessing);
      releasePixels(this.#reader, whole);
      const features = await this.#queries.inMemory(other, weights, how);
      const query = await this.#inTurn(async () => {
        await this.#pictures.refresh();
        return this.#queries.combine(other, features, weights);
      }, how);
      const { extractor } = await this.#network.get(how);
      how.signal?.throwIfAborted();
      let told: ReturnType<typeof progressOf> | undefined;
      const { side, values, similarity } = await extractor.explain(input, query, (done, total) => {
        told ??= progressOf(how, 'explain', total);
        return told(done);
      });
      return transfer({ columns: side, rows: side, values, similarity, area }, [
        values.buffer as ArrayBuffer,
      ]);
    } catch (error) {
      throw memoryError(error, 'This call');
    }
  }

  /** The stored features of a picture. */
  async vector(id: string): Promise<Float32Array> {
    return this.#inTurn(async () => {
      await this.#pictures.refresh();
      return storedVector(this.#pictures, id);
    });
  }

  /** Whether there is a picture with this id. */
  async has(id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#pictures.refresh();
      return this.#pictures.position(id) !== undefined;
    });
  }

  /** Reports every change until the signal ends it; changes of others when they are read. */
  async watch({
    signal,
    onChange,
  }: {
    signal: AbortSignal;
    onChange: (size: number) => void;
  }): Promise<void> {
    const tell = (): void => onChange(this.size);
    this.#pictures.watchers.add(tell);
    await new Promise((go) => signal.addEventListener('abort', go));
    this.#pictures.watchers.delete(tell);
  }

  /** The pictures as another tab or process may have changed them just now, without their features. */
  async entries({ offset = 0, limit }: PageOptions = {}): Promise<{ entries: Entry[]; size: number }> {
    return this.#inTurn(async () => {
      await this.#pictures.refresh();
      const end = limit === undefined ? undefined : offset + limit;
      const entries = this.#pictures.entries.slice(offset, end).map(({ id, meta, hash }) => ({
        id,
        ...(meta === undefined ? {} : { meta: copyOfJson(meta) }),
        ...(hash === undefined ? {} : { hash }),
      }));
      return { entries, size: this.size };
    });
  }

  async features(how: CallOptions = {}): Promise<Features> {
    return this.#inTurn(async () => {
      await this.#pictures.refresh();
      const values = await this.#pictures.values(how);
      const { dimension } = this.#network;
      const ids = this.#pictures.entries.map(({ id }) => id);
      return transfer({ ids, dimension, values }, [values.buffer as ArrayBuffer]);
    }, how);
  }

  /** What a store notes of the index. */
  get info(): IndexInfo {
    const { manifest, dimension } = this.#network;
    return { model: identityOf(manifest), dimension, parity: this.#parity };
  }

  /** Runs `use` with all pictures as a stored index; nothing changes meanwhile. */
  async #withIndex<T>(use: (index: IndexStore) => Promise<T>, how: CallOptions): Promise<T> {
    return this.#inTurn(async () => {
      await this.#pictures.refresh();
      return this.#pictures.withIndex(this.info, use);
    }, how);
  }

  /** Writes the index to another store, all or nothing. */
  async save(name: StoreName, how: CallOptions = {}): Promise<void> {
    const opening = this.#openStore(name).then((store) => openTarget(store, this.info));
    const target = await openUnlessAborted(opening, how.signal);
    try {
      await this.#withIndex((index) => {
        const onRows = progressOf(how, 'write', index.entries.length);
        return target.importFrom(index, { signal: how.signal, onRows });
      }, how);
    } finally {
      await target.close();
    }
  }

  /** The whole index as one file. */
  async export(how: CallOptions = {}): Promise<Blob> {
    return this.#withIndex((index) => exportedFile(index, how), how);
  }

  /** Takes over another index in the place of what is here, all or nothing. Resolves to the number of pictures. */
  async import(name: StoreName, how: CallOptions = {}): Promise<number> {
    const opening = this.#openStore(name).then((store) => IndexStore.open(store, { expect: this.info }));
    const source = await openUnlessAborted(opening, how.signal);
    try {
      return await this.#inTurn(async () => {
        checkKind(source.info, this.info, source);
        await this.#pictures.importFrom(source, how);
        return this.size;
      }, how);
    } finally {
      await source.close();
    }
  }

  /** The store's file without what was replaced and removed. */
  async compact(how: CallOptions = {}): Promise<void> {
    await this.#inTurn(() => this.#pictures.compact(how), how);
  }

  /** Pictures in another order; see `IndexStore.reorder`. */
  async reorder(ids: readonly string[], how: CallOptions = {}): Promise<void> {
    await this.#inTurn(async () => {
      await this.#pictures.refresh();
      await this.#pictures.reorder(ids, how);
    }, how);
  }

  /**
   * Runs `work` after the calls before it. If it is aborted while it waits, it rejects at once and never runs.
   *
   * @throws LikenessError `out-of-memory` where the platform says so
   */
  #inTurn<T>(work: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal!.reason);
      signal?.addEventListener('abort', abort);
      const turn = this.#mutex.run(async () => {
        signal?.removeEventListener('abort', abort);
        signal?.throwIfAborted();
        try {
          return await work();
        } catch (error) {
          throw memoryError(error, 'This call');
        }
      });
      turn.then(resolve, reject);
    });
  }

  async report(): Promise<Report> {
    const { manifest, dimension, loaded } = this.#network;
    const { index } = this.#pictures;
    return {
      model: { ...identityOf(manifest), dimension },
      extractor: loaded ? extractorReport(loaded) : null,
      knn: { backend: index.backend, reason: index.reason },
      size: this.size,
      notNormalised: this.#pictures.notNormalised,
      store: this.#pictures.report(),
      modelFiles: loaded?.modelFiles ?? null,
    };
  }

  async close(): Promise<void> {
    this.#network.stop();
    this.#duplicates.close();
    await this.#mutex.idle();
    await endAll(
      () => this.#pictures.close(),
      () => this.#network.close(),
    );
  }
}

const runningOf = ({ extractor, modelFiles }: LoadedNetwork): RunningNetwork => ({
  batchSize: extractor.batchSize,
  threads: extractor.threads,
  where: modelFiles.where,
});

function extractorReport({ extractor, reason }: LoadedNetwork): Report['extractor'] {
  const { backend, threads } = extractor;
  return { backend, device: backend, threads, reason };
}
