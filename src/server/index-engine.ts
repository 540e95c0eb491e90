import { checkQuery } from '../api/arguments.ts';
import { LikenessError } from '../base/errors.ts';
import { Mutex } from '../base/lock.ts';
import { metaTest } from '../base/meta-filter.ts';
import { Pictures } from '../engine/pictures.ts';
import type {
  EntriesOptions,
  VectorAnswer,
  VectorEngine,
  VectorEntry,
  VectorQueryOptions,
  VectorRow,
  VectorsAdded,
} from '../engine/vector-engine.ts';
import { FlatIndex } from '../knn/flat-index.ts';
import { firstNotFinite } from '../knn/search/vectors.ts';
import type { Entry } from '../store/format/records.ts';
import type { IndexStore } from '../store/index-store.ts';

/** Rows that one commit takes, in bytes. */
const commitBytes = 8 << 20;

/**
 * An index of ours as vectors by id. It needs no model: vectors come from elsewhere. Other processes may write to the same
 * index; each call sees what they have committed before it.
 */
export class IndexEngine implements VectorEngine {
  readonly dims: number;
  readonly fingerprint: string;
  readonly staleMs = 0;
  readonly #store: IndexStore;
  readonly #pictures: Pictures;
  /** One call at a time changes or searches. */
  readonly #mutex = new Mutex();

  private constructor(store: IndexStore, index: FlatIndex) {
    this.dims = store.info.dimension;
    this.fingerprint = store.info.model.fingerprint;
    this.#store = store;
    this.#pictures = new Pictures(index, store, {
      createQuantised: (rows) => FlatIndex.create({ dimension: this.dims, rows }),
    });
  }

  /** @param store is closed with this */
  static async open(store: IndexStore): Promise<IndexEngine> {
    return new IndexEngine(store, await FlatIndex.create({ dimension: store.info.dimension }));
  }

  async size(): Promise<number> {
    return this.#fresh(async () => this.#pictures.entries.length);
  }

  async query(vector: Float32Array, options: VectorQueryOptions = {}): Promise<VectorAnswer> {
    const { signal } = options;
    const { k, offset = 0, maxDistance, exclude, filter, predicate } = checkQuery(options);
    if (vector.length !== this.dims || firstNotFinite(vector) >= 0) {
      throw new LikenessError('bad-argument', `The query has to be ${this.dims} finite values.`);
    }
    return this.#fresh(async () => {
      await this.#pictures.load({ signal });
      const { entries } = this.#pictures;
      if (entries.length === 0) return { hits: [], exact: true, recall: null };
      const found = await this.#pictures.search(
        new Float32Array(vector),
        Math.min(k + offset, entries.length),
        () => ({
          maxDistance,
          exclude: exclude && this.#positions(exclude),
          filter: predicate
            ? this.#taking(({ id, meta }) => Boolean(predicate(id, meta)))
            : filter && this.#takingPart(filter),
        }),
        { signal },
      );
      const hits = Array.from(found.rows.subarray(offset, found.counts[0]), (row, n) => ({
        ...entryOf(this.#pictures.entries[row]!),
        distance: found.distances[offset + n]!,
      }));
      return { hits, exact: true, recall: null };
    }, signal);
  }

  async vectorsOf(ids: Iterable<string>): Promise<(Float32Array | undefined)[]> {
    return this.#fresh(async () => {
      const vectors: (Float32Array | undefined)[] = [];
      for (const id of ids) vectors.push(await this.#pictures.vector(id));
      return vectors;
    });
  }

  async entries({ offset = 0, limit, filter, signal }: EntriesOptions = {}): Promise<{
    entries: VectorEntry[];
    total: number;
  }> {
    const asked = checkQuery({ filter });
    return this.#fresh(async () => {
      const all = this.#pictures.entries;
      const { predicate } = asked;
      const taking = predicate
        ? this.#taking(({ id, meta }) => Boolean(predicate(id, meta)))
        : asked.filter && this.#takingPart(asked.filter);
      const list = taking ? all.filter((_, row) => taking[row] === 1) : all;
      const end = limit === undefined ? undefined : offset + limit;
      return { entries: list.slice(offset, end).map(entryOf), total: list.length };
    }, signal);
  }

  async has(id: string): Promise<boolean> {
    return (await this.entry(id)) !== undefined;
  }

  async entry(id: string): Promise<VectorEntry | undefined> {
    return this.#fresh(async () => {
      const position = this.#pictures.position(id);
      return position === undefined ? undefined : entryOf(this.#pictures.entries[position]!);
    });
  }

  async add(
    rows: Iterable<VectorRow> | AsyncIterable<VectorRow>,
    { signal, onProgress }: Parameters<VectorEngine['add']>[1] = {},
  ): Promise<VectorsAdded> {
    const report: VectorsAdded = { added: 0, replaced: 0 };
    let chunk: VectorRow[] = [];
    const commit = async (): Promise<void> => {
      const changes = chunk.map(({ id, vector, meta }) => ({
        id,
        vector,
        ...(meta === undefined ? {} : { meta }),
      }));
      chunk = [];
      for (const kind of await this.#fresh(() => this.#pictures.apply(changes), signal)) {
        if (kind === 'add') report.added++;
        else report.replaced++;
      }
      onProgress?.({ done: report.added + report.replaced });
    };
    for await (const row of rows) {
      chunk.push(row);
      if (chunk.length * 4 * this.dims >= commitBytes) await commit();
    }
    if (chunk.length > 0) await commit();
    return report;
  }

  async remove(ids: Iterable<string>): Promise<number> {
    const wanted = new Set(ids);
    return this.#fresh(async () => {
      const there = [...wanted].filter((id) => this.#pictures.position(id) !== undefined);
      await this.#pictures.apply(there.map((id) => ({ remove: id })));
      return there.length;
    });
  }

  async version(): Promise<string> {
    const { identity, fileName, sequence } = await this.#fresh(async () => this.#store);
    return `${identity}/${fileName}/${sequence}`;
  }

  async close(): Promise<void> {
    await this.#mutex.run(() => this.#pictures.close());
  }

  /** Runs work in its turn, with what others wrote before. */
  #fresh<T>(work: () => Promise<T>, signal?: VectorQueryOptions['signal']): Promise<T> {
    return this.#mutex.run(async () => {
      signal?.throwIfAborted();
      await this.#pictures.refresh();
      return work();
    });
  }

  #positions(ids: readonly string[]): number[] {
    return ids.map((id) => this.#pictures.position(id)).filter((row) => row !== undefined);
  }

  /** A byte for each row: whether it takes part. */
  #takingPart(filter: NonNullable<ReturnType<typeof checkQuery>['filter']>): Uint8Array {
    if ('meta' in filter) {
      const isRight = metaTest(filter.meta);
      return this.#taking(({ meta }) => isRight(meta));
    }
    const rows = new Uint8Array(this.#pictures.entries.length);
    for (const row of this.#positions(filter)) rows[row] = 1;
    return rows;
  }

  #taking(isRight: (entry: Entry) => boolean): Uint8Array {
    return Uint8Array.from(this.#pictures.entries, (entry) => Number(isRight(entry)));
  }
}

const entryOf = ({ id, meta }: Entry): VectorEntry => (meta === undefined ? { id } : { id, meta });
