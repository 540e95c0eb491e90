import { endAll } from '../base/end-all.ts';
import { LikenessError } from '../base/errors.ts';
import type { DeviceQueries } from '../knn/backend/backend.ts';
import type { FlatIndex, SearchOptions } from '../knn/flat-index.ts';
import type { Neighbours } from '../knn/search/found.ts';
import type { RowStore } from '../knn/search/row-source.ts';
import { score } from '../knn/search/score.ts';
import { firstNotFinite } from '../knn/search/vectors.ts';
import { type Change, type FollowedStep, recordOf, vectorsOf } from '../store/format/changes.ts';
import { Entries, nowhere, type PlacedEntry } from '../store/format/entries.ts';
import type { IndexInfo } from '../store/format/header.ts';
import type { Entry } from '../store/format/records.ts';
import { damagedRow } from '../store/format/snapshot.ts';
import { inOrder } from '../store/in-order.ts';
import { IndexStore } from '../store/index-store.ts';
import { MemoryStore } from '../store/media/store.memory.ts';
import { progressOf } from './progress.ts';
import { DamagedRows, StoredRows } from './stored-rows.ts';
import type { CallOptions, StoreReport } from './types.ts';
import { UnusualLengths } from './unusual-lengths.ts';

export interface PicturesOptions {
  /** Makes an empty index that keeps codes only, over rows elsewhere; left out, rows are always in memory. */
  createQuantised?: ((rows: RowStore) => Promise<FlatIndex>) | undefined;
  /** Rows of more bytes than this stay in the store. Default 256 MiB. */
  maxRowBytes?: number | undefined;
}

/**
 * Up to here all rows are in memory, which a tab can spare: no search is faster. Above, quantised rows take an eighth
 * of it, and a search reads the few rows that they do not decide.
 */
const defaultMaxRowBytes = 256 << 20;
/** A search that reads more than one row in so many is faster with all rows in memory, */
const fewRows = 8;
/** unless they take so many times the limit: a slow tab is better than none. */
const memoryFactor = 4;
/** How often a file is opened again that others replace while it is read. */
const attempts = 3;

/**
 * The pictures of an engine: their list, and their rows in a `FlatIndex` in the same order. With a store, changes go
 * there first, rows are read when they are first needed, and what another tab or process wrote is followed. Many rows
 * stay in the store: the index then keeps their codes, and reads the rows that a search needs.
 */
export class Pictures {
  /** All rows in memory. */
  readonly #memory: FlatIndex;
  /** What is searched: {@link #memory}, or codes. */
  #index: FlatIndex;
  /** The rows of the codes. */
  #outside: StoredRows | undefined;
  /** Codes decided too little. */
  #needsMemory = false;
  readonly #options: PicturesOptions;
  readonly #store: IndexStore | undefined;
  /** Where there is no store. */
  readonly #own = new Entries();
  /** Whether the index has the rows. */
  #loaded: boolean;
  /** From the hash of a picture's bytes to its id, for the first `#hashed` entries. */
  readonly #byHash = new Map<string, string>();
  #hashed = 0;
  /** Pictures that were taken out because their rows were damaged. */
  readonly #damaged: string[] = [];
  /** Of the rows that the index has. */
  readonly #lengths = new UnusualLengths();
  /** Called when pictures have changed, here or, as far as it was read, elsewhere. */
  readonly watchers: Set<() => void> = new Set<() => void>();

  /** @param index empty */
  constructor(index: FlatIndex, store: IndexStore | undefined, options: PicturesOptions = {}) {
    this.#memory = index;
    this.#index = index;
    this.#options = options;
    this.#store = store;
    this.#loaded = store === undefined;
    store?.takeSteps();
  }

  get entries(): readonly PlacedEntry[] {
    return this.#store?.entries ?? this.#own.list;
  }

  /** Whether they are kept. */
  get stored(): boolean {
    return this.#store !== undefined;
  }

  position(id: string): number | undefined {
    return (this.#store ?? this.#own).position(id);
  }

  /** Follows what others wrote to the store. */
  async refresh(): Promise<void> {
    await this.#store?.refresh();
    await this.#follow();
  }

  /** What is searched. */
  get index(): Pick<FlatIndex, 'backend' | 'reason' | 'device' | 'dimension'> {
    return this.#index;
  }

  /** Reads the rows of the store, once. A picture with a damaged row leaves the index; the report names it. */
  async load(how: CallOptions = {}): Promise<void> {
    // Taking pictures out may end in a compaction: then all rows are read once more.
    while (!this.#loaded) await this.#takeOut(await this.#following(() => this.#read(this.#store!, how)));
  }

  /** Returns what is damaged. */
  async #read(store: IndexStore, how: CallOptions): Promise<PlacedEntry[]> {
    await this.#choose(store);
    const entries = [...store.entries];
    const progress = progressOf(how, 'read', entries.length);
    const damaged: PlacedEntry[] = [];
    try {
      for await (const { first, values } of store.rows(entries, (entry) => damaged.push(entry))) {
        const { dimension } = this.#index;
        const rows = values.length / dimension;
        for (let n = 0; n < rows; n++) {
          this.#outside?.add(entries[first + n]!);
          this.#lengths.add(values.subarray(n * dimension, (n + 1) * dimension));
        }
        this.#index.add(values);
        await progress(first + rows);
      }
    } catch (error) {
      this.#clear();
      throw error;
    }
    this.#loaded = true;
    return damaged;
  }

  /**
   * The nearest rows, by position. Loads them first.
   *
   * @param options called when the rows are there, and again where they had to be read anew: positions may have changed
   */
  async search(
    queries: Float32Array | DeviceQueries,
    k: number,
    options: () => SearchOptions,
    how: CallOptions = {},
  ): Promise<Neighbours> {
    for (;;) {
      try {
        const found = await this.#following(async () => {
          await this.load(how);
          return this.#index.search(queries, k, { ...options(), signal: how.signal });
        });
        this.#weigh(found);
        return found;
      } catch (error) {
        if (!(error instanceof DamagedRows)) throw error;
        await this.#takeOut(error.entries);
      }
    }
  }

  /**
   * The distances of rows from a query, in float64 as a search orders them. Loads the rows first.
   *
   * @param takingPart ascending positions; asked for when the rows are there, and again where they had to be read anew
   * @returns in the order of the positions
   */
  async distances(
    query: Float32Array,
    takingPart: () => Uint32Array,
    how: CallOptions = {},
  ): Promise<Float64Array> {
    for (;;) {
      try {
        return await this.#following(async () => {
          await this.load(how);
          return this.#distances(query, takingPart(), how);
        });
      } catch (error) {
        if (!(error instanceof DamagedRows)) throw error;
        await this.#takeOut(error.entries);
      }
    }
  }

  async #distances(query: Float32Array, rows: Uint32Array, how: CallOptions): Promise<Float64Array> {
    const { dimension } = this.#index;
    const atOnce = Math.max(1, Math.floor(copyBytes / (4 * dimension)));
    const distances = new Float64Array(rows.length);
    const progress = progressOf(how, 'compare', rows.length);
    for (let first = 0; first < rows.length; first += atOnce) {
      const some = rows.subarray(first, first + atOnce);
      const values = await this.#index.read(some);
      const scored = score(query, some, (n) => values.subarray(n * dimension, (n + 1) * dimension));
      for (const [n, { squared }] of scored.entries()) distances[first + n] = Math.sqrt(squared);
      await progress(first + some.length);
    }
    return distances;
  }

  /** Copies of the rows of some pictures; NaN for one that is not there. Loads them first. */
  async rowsOf(ids: readonly string[], how: CallOptions = {}): Promise<Float32Array> {
    for (;;) {
      try {
        return await this.#following(async () => {
          await this.load(how);
          const there = ids.map((id) => this.position(id));
          const rows = await this.#index.read(there.filter((row) => row !== undefined));
          const { dimension: d } = this.#index;
          if (rows.length === ids.length * d) return rows;
          const values = new Float32Array(ids.length * d).fill(Number.NaN);
          let at = 0;
          for (const [i, row] of there.entries()) {
            if (row !== undefined) values.set(rows.subarray(at * d, ++at * d), i * d);
          }
          return values;
        });
      } catch (error) {
        if (!(error instanceof DamagedRows)) throw error;
        await this.#takeOut(error.entries);
      }
    }
  }

  /** All rows: n × d values, a copy. */
  async values(how: CallOptions = {}): Promise<Float32Array> {
    return this.#following(async () => {
      await this.load(how);
      if (!this.#outside) return this.#index.values();
      const { dimension } = this.#index;
      const values = new Float32Array(this.entries.length * dimension);
      const progress = progressOf(how, 'read', this.entries.length);
      for await (const { first, values: block } of this.#store!.rows(this.entries)) {
        values.set(block, first * dimension);
        await progress(first + block.length / dimension);
      }
      return values;
    });
  }

  /** Makes changes, durable where there is a store. Returns for each picture whether it was new. */
  async apply(changes: readonly Change[]): Promise<('add' | 'replace')[]> {
    if (changes.length === 0) return [];
    const steps = this.#store
      ? await this.#store.append(changes)
      : this.#own.apply(changes.map(recordOf), nowhere, vectorsOf(changes));
    if (this.#store) await this.#follow();
    else await this.#take(steps);
    if (this.#store?.worthCompacting) {
      await this.#store.compact().catch(() => {}); // for want of space, later
      await this.#follow();
    }
    return steps.flatMap(({ kind }) => (kind === 'add' || kind === 'replace' ? [kind] : []));
  }

  /**
   * A copy of a picture's row; `undefined` where there is no such picture.
   *
   * @throws LikenessError `bad-file` where it is damaged
   */
  async vector(id: string): Promise<Float32Array | undefined> {
    try {
      return await this.#vectorAt(() => this.position(id));
    } catch (error) {
      throw error instanceof DamagedRows ? damagedRow(error.entries[0]!, this.#store!.name) : error;
    }
  }

  /** @param find the position: asked again where others replaced the store's file meanwhile */
  async #vectorAt(find: () => number | undefined): Promise<Float32Array | undefined> {
    return this.#following(async () => {
      const position = find();
      if (position === undefined) return undefined;
      if (!this.#store || (this.#loaded && !this.#outside)) return this.#index.get(position);
      const entry = this.entries[position]!;
      let isDamaged = false;
      const row = new Float32Array(this.#index.dimension);
      const blocks = this.#store.rows([entry], () => {
        isDamaged = true;
      });
      for await (const { values } of blocks) row.set(values);
      if (isDamaged) throw new DamagedRows([entry]);
      return row;
    });
  }

  /** Whether there are features of this content. */
  knows(hash: string): boolean {
    return this.#withHash(hash) !== undefined;
  }

  /** The features of this content, if they are there; damaged ones are taken out. */
  async vectorOf(hash: string): Promise<Float32Array | undefined> {
    try {
      return await this.#vectorAt(() => this.#withHash(hash));
    } catch (error) {
      if (!(error instanceof DamagedRows)) throw error;
      await this.#takeOut(error.entries);
      return undefined;
    }
  }

  /** Whether this very entry is there. */
  has({ id, meta, hash }: Entry): boolean {
    const position = this.position(id);
    if (position === undefined) return false;
    const there = this.entries[position]!;
    return there.hash === hash && JSON.stringify(there.meta) === JSON.stringify(meta);
  }

  /** Runs `use` with all pictures as a stored index; again where others replaced it meanwhile. */
  async withIndex<T>(info: IndexInfo, use: (index: IndexStore) => Promise<T>): Promise<T> {
    return this.#following(async () => use(await this.#asIndex(info)));
  }

  /** All pictures as a stored index: the store's, or a copy in memory. */
  async #asIndex(info: IndexInfo): Promise<IndexStore> {
    if (this.#store) return this.#store;
    const copy = await IndexStore.open(new MemoryStore('this index'), { create: info });
    const changes: Change[] = [];
    for (const [row, entry] of this.entries.entries()) {
      changes.push({ ...entry, vector: this.#index.get(row) });
      if (changes.length * 4 * info.dimension >= copyBytes) await copy.append(changes.splice(0));
    }
    await copy.append(changes);
    return copy;
  }

  /**
   * Takes over another index, all or nothing.
   *
   * @throws LikenessError `bad-file` that names the picture whose features are no finite numbers
   */
  async importFrom(source: IndexStore, how: CallOptions = {}): Promise<void> {
    const entries = [...source.entries];
    const { dimension } = source.info;
    const progress = progressOf(how, 'read', entries.length);
    for await (const { first, values } of source.rows(entries)) {
      const at = firstNotFinite(values);
      if (at < 0) {
        await progress(first + values.length / dimension);
        continue;
      }
      throw new LikenessError(
        'bad-file',
        `The features of "${entries[first + Math.floor(at / dimension)]!.id}" in ${source.name} have ${values[at]} as their value ${at % dimension}; nothing was imported.`,
      );
    }
    if (this.#store) {
      const onRows = progressOf(how, 'write', entries.length);
      await this.#store.importFrom(source, { signal: how.signal, onRows });
      await this.#follow();
      return;
    }
    const values = new Float32Array(entries.length * dimension);
    await source.readRows(entries, values);
    how.signal?.throwIfAborted();
    const gone = this.entries.map(({ id }) => ({ remove: id }));
    const added = entries.map((entry, n) => ({
      ...entry,
      vector: values.subarray(n * dimension, (n + 1) * dimension),
    }));
    await this.apply([...gone, ...added]);
  }

  async compact(how: CallOptions = {}): Promise<void> {
    const onRows = progressOf(how, 'write', this.entries.length);
    await this.#store?.compact({ signal: how.signal, onRows });
    await this.#follow();
  }

  /** Gives pictures another order; see `IndexStore.reorder`. */
  async reorder(ids: readonly string[], how: CallOptions = {}): Promise<void> {
    if (this.#store) {
      const onRows = progressOf(how, 'write', this.entries.length);
      await this.#store.reorder(ids, { signal: how.signal, onRows });
      await this.#follow();
      return;
    }
    const ordered = inOrder(this.entries, ids);
    if (!ordered) return;
    how.signal?.throwIfAborted();
    const again = ordered.map((entry) => ({
      ...recordable(entry),
      vector: this.#index.get(this.position(entry.id)!),
    }));
    await this.apply([...ordered.map(({ id }) => ({ remove: id })), ...again]);
  }

  report(): StoreReport | null {
    const store = this.#store;
    if (!store) return null;
    return {
      name: store.name,
      readOnly: store.readOnly,
      byteLength: store.byteLength,
      dropped: store.dropped ?? null,
      damaged: [...this.#damaged],
      warnings: [...store.warnings],
    };
  }

  async close(): Promise<void> {
    await endAll(
      () => this.#store?.close(),
      () => this.#index.close(),
      () => this.#memory.close(),
    );
  }

  get #maxRowBytes(): number {
    return this.#options.maxRowBytes ?? defaultMaxRowBytes;
  }

  /** Decides between codes and rows in memory. */
  async #choose(store: IndexStore): Promise<void> {
    const { createQuantised } = this.#options;
    const bytes = store.entries.length * 4 * this.#memory.dimension;
    const wasm = this.#memory.backend.startsWith('wasm');
    if (!createQuantised || !store.randomReads || !wasm || bytes <= this.#maxRowBytes || this.#needsMemory)
      return;
    const rows = new StoredRows(store);
    this.#index = await createQuantised(rows);
    this.#outside = rows;
  }

  /** Where codes decide too little, the next search has all rows in memory. */
  #weigh({ fetchedBytes, counts }: Neighbours): void {
    const all = this.entries.length * 4 * this.#index.dimension;
    if (!this.#outside || fetchedBytes * fewRows <= all * counts.length) return;
    if (all > memoryFactor * this.#maxRowBytes) return;
    this.#needsMemory = true;
    this.#clear();
  }

  /** Rows that are not of length 1; `null` while rows of the store were not read. */
  get notNormalised(): number | null {
    return this.#loaded ? this.#lengths.count : null;
  }

  /** Runs `work`, again where others replaced the store's file under it. */
  async #following<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const readings = this.#store?.readings;
      try {
        return await work();
      } catch (error) {
        if (!this.#store || attempt === attempts) throw error;
        const before = this.#loaded;
        const changed = await this.#store.refresh().catch(() => false);
        await this.#follow();
        if (!changed && this.#store.readings === readings && this.#loaded === before) throw error;
      }
    }
  }

  /** Removes pictures whose rows are damaged in the store. */
  async #takeOut(damaged: readonly PlacedEntry[]): Promise<void> {
    if (damaged.length === 0) return;
    const ids = damaged.map(({ id }) => id);
    try {
      await this.apply(ids.map((id) => ({ remove: id })));
      this.#damaged.push(...ids);
    } catch (error) {
      this.#clear();
      throw new LikenessError(
        'bad-file',
        `The features of ${ids.length} pictures in ${this.#store!.name} are damaged, e.g. of "${ids[0]}", and they cannot be taken out: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  #follow(): Promise<void> {
    return this.#take(this.#store?.takeSteps() ?? []);
  }

  /** Follows changes with the rows. If that fails, all rows are read again when they are needed. */
  async #take(steps: readonly FollowedStep[]): Promise<void> {
    try {
      for (const step of steps) if (this.#loaded) await this.#takeStep(step);
    } catch (error) {
      if (!this.#store) throw error;
      this.#clear();
    }
    if (steps.length > 0) for (const tell of this.watchers) tell();
  }

  async #takeStep(step: FollowedStep): Promise<void> {
    if (step.kind === 'reload') {
      this.#clear();
      return;
    }
    if (step.kind === 'remove') {
      this.#outside?.remove(step.positions);
      this.#index.remove(step.positions);
      this.#lengths.remove(step.positions);
      return;
    }
    const vector = step.vector ?? new Float32Array(this.#index.dimension);
    if (!step.vector) await this.#store!.readRows([step.entry], vector);
    if (step.kind === 'add') {
      this.#outside?.add(step.entry);
      this.#index.add(vector);
      this.#lengths.add(vector);
    } else {
      this.#outside?.replace(step.position, step.entry);
      this.#index.set(step.position, vector);
      this.#lengths.replace(step.position, vector);
    }
  }

  /** Forgets the rows of the store. */
  #clear(): void {
    this.#loaded = false;
    this.#lengths.clear();
    if (this.#outside) this.#index.close();
    this.#index = this.#memory;
    this.#outside = undefined;
    this.#memory.remove(Array.from({ length: this.#memory.size }, (_, row) => row));
  }

  /** Where a picture with this content is. */
  #withHash(hash: string): number | undefined {
    const { entries } = this;
    // A replaced entry may be missed: its picture is extracted again.
    for (
      this.#hashed = Math.min(this.#hashed, entries.length);
      this.#hashed < entries.length;
      this.#hashed++
    ) {
      const { id, hash: its } = entries[this.#hashed]!;
      if (its !== undefined) this.#byHash.set(its, id);
    }
    const position = this.position(this.#byHash.get(hash) ?? '');
    return position !== undefined && entries[position]!.hash === hash ? position : undefined;
  }
}

/** An entry without its place. */
const recordable = ({ id, meta, hash }: Entry): Entry => ({
  id,
  ...(meta === undefined ? {} : { meta }),
  ...(hash === undefined ? {} : { hash }),
});

/** Rows that go into one commit of a copy, or are copied to be compared. */
const copyBytes = 8 << 20;
