import { LikenessError } from './errors.ts';
import type { FlatIndex } from './knn/flat-index.ts';
import { Entries, type PlacedEntry } from './store/entries.ts';
import type { IndexInfo } from './store/header.ts';
import { type Change, type FollowedStep, IndexStore, recordOf } from './store/index-store.ts';
import type { Entry } from './store/records.ts';
import { MemoryStore } from './store/store.memory.ts';
import type { StoreReport } from './types.ts';

/**
 * The pictures of an engine: their list, and their rows in a `FlatIndex` in the same order. With a store, changes go
 * there first, rows are read when they are first needed, and what another tab or process wrote is followed.
 */
export class Pictures {
  readonly #index: FlatIndex;
  readonly #store: IndexStore | undefined;
  /** Where there is no store. */
  readonly #own = new Entries();
  /** Whether the index has the rows. */
  #loaded: boolean;
  /** By the hash of its bytes: a picture with that content, as far as was looked. */
  readonly #byHash = new Map<string, string>();
  #hashed = 0;
  /** Pictures whose rows in the store were damaged, and that were taken out. */
  readonly #damaged: string[] = [];

  constructor(index: FlatIndex, store: IndexStore | undefined) {
    this.#index = index;
    this.#store = store;
    this.#loaded = store === undefined;
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

  /** Reads the rows of the store, once. A damaged one is taken out of the index and told of in the report. */
  async load(): Promise<void> {
    const store = this.#store;
    if (this.#loaded || !store) return;
    const damaged: PlacedEntry[] = [];
    try {
      for await (const { values } of store.rows(store.entries, (entry) => damaged.push(entry))) {
        this.#index.add(values);
      }
    } catch (error) {
      this.#clear();
      throw error;
    }
    this.#loaded = true;
    if (damaged.length === 0) return;
    const ids = damaged.map(({ id }) => id);
    try {
      await this.apply(ids.map((id) => ({ remove: id })));
      this.#damaged.push(...ids);
    } catch (error) {
      this.#clear();
      this.#loaded = false;
      throw new LikenessError(
        'bad-file',
        `The features of ${ids.length} pictures in ${store.name} are damaged, e.g. of "${ids[0]}", and they cannot be taken out: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /** Makes changes, durable ones where there is a store; tells of each picture whether it was new. */
  async apply(changes: readonly Change[]): Promise<('add' | 'replace')[]> {
    if (changes.length === 0) return [];
    const steps = this.#store ? await this.#store.append(changes) : this.#applyOwn(changes);
    if (this.#store) await this.#follow();
    else await this.#take(steps);
    if (this.#store?.worthCompacting) await this.#store.compact().catch(() => {}); // for want of space, later
    return steps.flatMap(({ kind }) => (kind === 'add' || kind === 'replace' ? [kind] : []));
  }

  /** A copy of a picture's row. */
  async vector(position: number): Promise<Float32Array> {
    if (this.#loaded || !this.#store) return this.#index.get(position);
    const row = new Float32Array(this.#index.dimension);
    await this.#store.readRows([this.entries[position]!], row);
    return row;
  }

  /** Whether there are features of this content. */
  knows(hash: string): boolean {
    return this.#withHash(hash) !== undefined;
  }

  /** The features of this content, if they are there. */
  async vectorOf(hash: string): Promise<Float32Array | undefined> {
    const position = this.#withHash(hash);
    return position === undefined ? undefined : this.vector(position);
  }

  /** Whether the picture is there just so. */
  has({ id, meta, hash }: Entry): boolean {
    const position = this.position(id);
    if (position === undefined) return false;
    const there = this.entries[position]!;
    return there.hash === hash && JSON.stringify(there.meta) === JSON.stringify(meta);
  }

  /** All pictures as a stored index: the store's, or a copy in memory. */
  async asIndex(info: IndexInfo): Promise<IndexStore> {
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

  /** Takes over another index, all or nothing. */
  async importFrom(source: IndexStore): Promise<void> {
    if (this.#store) {
      await this.#store.importFrom(source);
      await this.#follow();
      return;
    }
    const entries = [...source.entries];
    const { dimension } = this.#index;
    const values = new Float32Array(entries.length * dimension);
    await source.readRows(entries, values);
    const gone = this.entries.map(({ id }) => ({ remove: id }));
    const added = entries.map((entry, n) => ({
      ...entry,
      vector: values.subarray(n * dimension, (n + 1) * dimension),
    }));
    await this.apply([...gone, ...added]);
  }

  async compact(): Promise<void> {
    await this.#store?.compact();
    await this.#follow();
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
    };
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  #applyOwn(changes: readonly Change[]): FollowedStep[] {
    const vectors = changes.flatMap((change) => ('vector' in change ? [change.vector] : []));
    const steps = this.#own.apply(changes.map(recordOf), () => ({ at: 0, checksum: 0 }));
    let n = 0;
    return steps.map((step) => (step.kind === 'remove' ? step : { ...step, vector: vectors[n++]! }));
  }

  #follow(): Promise<void> {
    return this.#take(this.#store?.takeSteps() ?? []);
  }

  /** Takes the steps with the rows. */
  async #take(steps: readonly FollowedStep[]): Promise<void> {
    if (!this.#loaded) return;
    for (const step of steps) {
      if (step.kind === 'reload') {
        this.#clear();
        this.#loaded = false;
        return;
      }
      if (step.kind === 'remove') {
        this.#index.remove(step.positions);
        continue;
      }
      const vector = step.vector ?? new Float32Array(this.#index.dimension);
      if (!step.vector) await this.#store!.readRows([step.entry], vector);
      if (step.kind === 'add') this.#index.add(vector);
      else this.#index.set(step.position, vector);
    }
  }

  #clear(): void {
    this.#index.remove(Array.from({ length: this.#index.size }, (_, row) => row));
  }

  /** Where a picture with this content is. */
  #withHash(hash: string): number | undefined {
    const { entries } = this;
    // Entries that were replaced behind what was looked at are only missed: such a picture is extracted again.
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

/** Rows that go into one commit of a copy. */
const copyBytes = 8 << 20;
