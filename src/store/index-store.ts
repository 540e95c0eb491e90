import { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { Mutex } from '../base/lock.ts';
import { storageError } from '../base/storage-errors.ts';
import { CommitQueue } from './commit-queue.ts';
import { Follower } from './follower.ts';
import { type Change, checkChange, type FollowedStep } from './format/changes.ts';
import type { PlacedEntry } from './format/entries.ts';
import type { Store, StoredFile } from './format/files.ts';
import { type Generation, openGeneration } from './format/generations.ts';
import type { IndexInfo } from './format/header.ts';
import type { Dropped } from './format/log.ts';
import { checkedRows, damagedRow, snapshot } from './format/snapshot.ts';
import { inOrder } from './in-order.ts';
import { checkKind } from './mismatch.ts';
import { createIndex } from './new-file.ts';
import { type Content, Writer } from './writer.ts';

export interface OpenIndexOptions {
  /** Makes an index of this kind where there is none; one of another model or dimension is refused. */
  create?: IndexInfo | undefined;
  /** Refuses an index of another kind. */
  expect?: IndexInfo | undefined;
  /** How long the right to write is kept after the last commit. Default 1000. */
  idleMs?: number;
}

/** How a call that writes or reads all goes on. */
export interface RewriteOptions {
  signal?: AbortSignal | undefined;
  /** Told of the rows that have gone by; what it rejects with ends the call, and nothing has changed. */
  onRows?: ((done: number) => Promise<void>) | undefined;
}

/** Commits after which, and dead bytes from which, a compaction may be worth its while. */
const manyCommits = 1024;
const muchGarbage = 32 << 20;
/** A file of many commits is compacted when the bytes since the last compaction, times this, reach its size. */
const maxRewritten = 4;

/**
 * A stored index: pictures in the order of adding, each with a row of float32 values, durable from the moment that a
 * call resolves. The format is described in docs/FORMAT.md.
 *
 * One at a time writes; others read, and see new commits with {@link refresh}. Whoever wants to write takes the
 * store's lock with its first change and gives it back when it has been idle.
 */
export class IndexStore {
  readonly #store: Store;
  readonly #idleMs: number;
  /** What was read of the file. */
  readonly #index: Follower;
  readonly #writer: Writer;
  readonly #queue: CommitQueue;
  #dropped: Dropped | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** When the last change was made. */
  #usedAt = 0;
  /** After a failed compaction: the size from which on it is tried again. */
  #compactFrom = 0;
  /** The file is used by one at a time. */
  readonly #mutex = new Mutex();
  #closed = false;

  private constructor(store: Store, idleMs: number, generation: Generation) {
    this.#store = store;
    this.#idleMs = idleMs;
    this.#index = new Follower(store, generation);
    this.#writer = new Writer(this.#index);
    this.#queue = new CommitQueue(this.#index.rowBytes, (take) =>
      this.#mutex.run(async () => {
        const group = take();
        try {
          return await this.#writer.commit(group);
        } catch (error) {
          throw storageError(error, `Writing to ${this.name}`);
        }
      }),
    );
  }

  /**
   * Opens the index in a store: reads what there is but its rows, and repairs what a crash left.
   *
   * @throws LikenessError `not-found`, `bad-file`, `newer-format`, `model-mismatch`, or a storage code
   */
  static async open(
    store: Store,
    { create, expect = create, idleMs = 1000 }: OpenIndexOptions = {},
  ): Promise<IndexStore> {
    try {
      const there = await openGeneration(store);
      if (!('file' in there) && !create) {
        throw new LikenessError('not-found', `There is no index in ${store.name}.`);
      }
      const found = 'file' in there ? there : await createIndex(store, create!, there.leftovers);
      const index = new IndexStore(store, idleMs, found);
      try {
        if (expect) checkKind(found.header, expect, store);
        index.#dropped = (await index.#index.readOn()).dropped;
        await index.#repairIfFree();
      } catch (error) {
        await index.close().catch(() => {});
        throw error;
      }
      return index;
    } catch (error) {
      throw storageError(error, `Opening ${store.name}`);
    }
  }

  /** Where it is: `opfs:holiday`, a path, a URL. */
  get name(): string {
    return this.#store.name;
  }

  get info(): IndexInfo {
    const { model, dimension, parity } = this.#index.generation.header;
    return { model, dimension, parity };
  }

  get readOnly(): boolean {
    return this.#store.readOnly;
  }

  /** Whether rows may stay where they are and be read a few at a time. */
  get randomReads(): boolean {
    return this.#store.randomReads ?? false;
  }

  /** What whoever uses its store should know. */
  get warnings(): readonly string[] {
    return this.#store.warnings ?? [];
  }

  /** The pictures, in the order of adding. */
  get entries(): readonly PlacedEntry[] {
    return this.#index.entries.list;
  }

  position(id: string): number | undefined {
    return this.#index.entries.position(id);
  }

  get settings(): ReadonlyMap<string, Json> {
    return this.#index.entries.settings;
  }

  /** What opening found torn and left out; `undefined` when all was whole. */
  get dropped(): Dropped | undefined {
    return this.#dropped;
  }

  /** Bytes of the file, up to the last commit. */
  get byteLength(): number {
    return this.#index.position.end;
  }

  /** Name of the file that holds it now. */
  get fileName(): string {
    return this.#index.generation.name;
  }

  /** 16 bytes as hex: of this index, and of no other that had its name. */
  get identity(): string {
    return this.#index.generation.header.identity;
  }

  /** Rises with each reading of the whole file: positions of rows from before are no longer valid. */
  get readings(): number {
    return this.#index.readings;
  }

  /** Number of the last commit in this file. */
  get sequence(): number {
    return this.#index.position.sequence;
  }

  /** The changes since the last call, in order: of this object and of others. The first call begins to note them. */
  takeSteps(): FollowedStep[] {
    return this.#index.takeSteps();
  }

  /**
   * Makes changes. When this resolves they are on the medium. When it rejects, none of them is there, unless they
   * take more than 64 MiB: such a call is several commits. Calls that wait for one another's commit share the next.
   *
   * Vectors are not copied: leave them as they are until this resolves.
   *
   * @returns what each change did
   * @throws LikenessError `bad-argument`, `locked`, `read-only`, `storage-full`, `storage-denied`, `storage-failed`
   */
  async append(changes: readonly Change[]): Promise<FollowedStep[]> {
    this.#checkWritable();
    const { dimension } = this.info;
    for (const change of changes) checkChange(change, dimension, this.name);
    if (changes.length === 0) return [];
    try {
      return await this.#queue.add(changes);
    } finally {
      this.#startIdle();
    }
  }

  /** Reads what others committed since. Resolves to whether there was anything. */
  async refresh(): Promise<boolean> {
    return this.#mutex.run(async () => {
      this.#checkOpen();
      if (this.#writer.hasLock || this.#store.readOnly) return false;
      try {
        return await this.#index.catchUp();
      } catch (error) {
        throw storageError(error, `Reading ${this.name}`);
      }
    });
  }

  /**
   * The rows of entries, in their order, each checked.
   *
   * @param into entries × dimension values; may be a kernel's memory
   * @throws LikenessError `bad-file` that names the picture
   */
  async readRows(entries: readonly PlacedEntry[], into: Float32Array): Promise<void> {
    const { dimension } = this.info;
    for await (const { first, values } of this.rows(entries)) into.set(values, first * dimension);
  }

  /**
   * The rows of entries, as they are at the call, in blocks of up to 8 MiB. Between two blocks other commits may happen,
   * and the lock may change its holder. When the file is replaced, the call fails.
   *
   * @param onDamage is called for each row that does not match its checksum. Without it, such a row makes the call fail
   * @throws ChangedError; LikenessError `bad-file` that names the picture
   */
  rows(
    entries: readonly PlacedEntry[] = this.entries,
    onDamage?: (entry: PlacedEntry) => void,
  ): AsyncGenerator<RowBlock> {
    const rowBytes = 4 * this.info.dimension;
    const file = (): StoredFile => this.#index.generation.file;
    return this.#rowsOf(checkedRows(file, [...entries], rowBytes, onDamage ?? this.#refuse), this.readings);
  }

  readonly #refuse = (entry: PlacedEntry): never => {
    throw damagedRow(entry, this.name);
  };

  async *#rowsOf(
    blocks: AsyncGenerator<{ first: number; bytes: Uint8Array<ArrayBuffer> }>,
    readings: number,
  ): AsyncGenerator<RowBlock> {
    for (;;) {
      const next = await this.#mutex.run(async () => {
        this.#checkOpen();
        if (this.readings !== readings) throw new ChangedError();
        try {
          return await blocks.next();
        } catch (error) {
          throw storageError(error, `Reading ${this.name}`);
        }
      });
      if (next.done) return;
      const { first, bytes } = next.value;
      yield { first, bytes, values: new Float32Array(bytes.buffer) };
    }
  }

  /**
   * Whether a compaction would free much, or make opening much faster. It writes the whole index again. So it waits until
   * the changes since the last one are a good part of the file: all compactions cost a few times what the changes cost.
   */
  get worthCompacting(): boolean {
    const { byteLength } = this;
    if (byteLength < this.#compactFrom) return false;
    const dead = this.#index.entries.deadBytes;
    const live = byteLength - dead;
    if (dead > Math.max(muchGarbage, live)) return true;
    const written = byteLength - this.#index.generation.header.synced;
    return this.#index.commits > manyCommits && written * maxRewritten >= live;
  }

  /**
   * Writes the index again, without what was replaced or removed. One whole file exists at every moment. When this is
   * interrupted, the index is as it was.
   */
  async compact(options: RewriteOptions = {}): Promise<void> {
    this.#checkWritable();
    this.#compactFrom = 2 * this.byteLength; // stays so when this fails, because of a full disk or a damaged row
    await this.#rewrite('Compacting', options, () => [...this.entries]);
    this.#compactFrom = 0;
  }

  /**
   * Gives pictures another order (see {@link inOrder}), all or nothing: it writes the index again, as {@link compact} does.
   * Nothing is written where they have that order.
   */
  async reorder(ids: Iterable<string>, options: RewriteOptions = {}): Promise<void> {
    this.#checkWritable();
    const wanted = [...ids];
    await this.refresh();
    if (!inOrder(this.entries, wanted)) return;
    await this.#rewrite(
      'Reordering',
      options,
      // Others may have written until the lock was there.
      () => inOrder(this.entries, wanted) ?? [...this.entries],
    );
  }

  async #rewrite(
    doing: string,
    { signal, onRows }: RewriteOptions,
    inWhichOrder: () => PlacedEntry[],
  ): Promise<void> {
    await this.#replace(doing, signal, () => {
      const { header, file } = this.#index.generation;
      const entries = inWhichOrder();
      const rowBytes = 4 * header.dimension;
      const rows = counting(
        checkedRows(() => file, entries, rowBytes, this.#refuse),
        rowBytes,
        onRows,
      );
      return { info: header, entries, settings: this.settings, rows };
    });
  }

  /** The whole index as the bytes of one file, compact; a store may be opened over it, or import it. */
  exported(onRows?: RewriteOptions['onRows']): { byteLength: number; parts: AsyncGenerator<Uint8Array> } {
    const entries = [...this.entries];
    const rows = counting(this.rows(entries), 4 * this.info.dimension, onRows);
    const header = { ...this.#index.generation.header, generation: 1 };
    const whole = snapshot(header, entries, new Map(this.settings), rows);
    async function* parts(): AsyncGenerator<Uint8Array> {
      yield whole.header;
      yield* whole.body;
    }
    return { byteLength: whole.byteLength, parts: parts() };
  }

  /**
   * Takes over another index, all or nothing, in the place of what was here.
   *
   * @throws LikenessError `model-mismatch` where this one is of another model or dimension
   */
  async importFrom(source: IndexStore, { signal, onRows }: RewriteOptions = {}): Promise<void> {
    this.#checkWritable();
    checkKind(source.info, this.info, source);
    if (source.dropped) {
      const { reason } = source.dropped;
      throw new LikenessError('bad-file', `${source.name} is not whole (${reason}); export it again.`);
    }
    await this.#replace('Importing into', signal, () => {
      const entries = [...source.entries];
      const rows = counting(source.rows(entries), 4 * source.info.dimension, onRows);
      return { info: source.info, entries, settings: source.settings, rows };
    });
  }

  /** Waits for what is under way, gives back the lock. */
  async close(): Promise<void> {
    if (this.#closed) return;
    while (this.#queue.busy) await this.#mutex.idle();
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    await this.#mutex.run(async () => {
      await this.#writer.giveBackLock(false);
      await this.#index.generation.file.close().catch(() => {});
    });
  }

  #checkOpen(): void {
    if (this.#closed) throw new LikenessError('closed', `The index ${this.name} was closed; open it again.`);
  }

  #checkWritable(): void {
    this.#checkOpen();
    if (this.#store.readOnly) {
      throw new LikenessError(
        'read-only',
        `The index ${this.name} can only be read; export it and import it into a store of your own to change it.`,
      );
    }
  }

  /** Writes the file anew; `content` is asked when what others wrote has been read. */
  async #replace(doing: string, signal: AbortSignal | undefined, content: () => Content): Promise<void> {
    await this.#mutex.run(async () => {
      try {
        await this.#writer.takeLock();
        await this.#writer.cleanTail();
        await this.#writer.replace(content(), signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw storageError(error, `${doing} ${this.name}`);
      } finally {
        this.#startIdle();
      }
    });
  }

  /**
   * Gives the lock back after a time without writes. One timer checks when the last change was made: a new timer for each
   * change would take longer than everything else here.
   */
  #startIdle(): void {
    this.#usedAt = performance.now();
    if (this.#idleTimer === undefined && this.#writer.hasLock && !this.#closed) this.#waitIdle(this.#idleMs);
  }

  #waitIdle(ms: number): void {
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined;
      void this.#mutex
        .run(async () => {
          if (!this.#writer.hasLock || this.#closed || this.#idleTimer !== undefined) return;
          const left = this.#usedAt + this.#idleMs - performance.now();
          if (left > 0 || this.#queue.busy) this.#waitIdle(Math.max(left, 1));
          else await this.#writer.giveBackLock();
        })
        .catch(() => {});
    }, ms);
    // The timer alone does not keep a process alive.
    (this.#idleTimer as { unref?: () => void }).unref?.();
  }

  /** Repairs what a crash left, unless somebody else writes at the moment or nothing may be written. */
  async #repairIfFree(): Promise<void> {
    const { leftovers } = this.#index.generation;
    if (this.#store.readOnly || (!this.#index.torn && leftovers.length === 0)) return;
    try {
      await this.#writer.takeLock();
    } catch (error) {
      // Then it is not damage: the other one is about to finish a commit.
      if (error instanceof LikenessError && error.code === 'locked') this.#dropped = undefined;
      return;
    }
    try {
      if (!this.#index.torn) this.#dropped = undefined;
      await this.#writer.cleanTail();
    } catch {
      // The disk is full, or there is no permission. The index can be read all the same.
    } finally {
      await this.#writer.giveBackLock();
    }
  }
}

export interface RowBlock {
  /** Position of the first among the entries. */
  first: number;
  /** rows × d, and the same as bytes */
  values: Float32Array<ArrayBuffer>;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Thrown to a reader of rows under whom the file was replaced. */
export class ChangedError extends LikenessError {
  constructor() {
    super('storage-failed', 'The index was replaced while its rows were read; read them again.');
  }
}

async function* counting(
  blocks: AsyncIterable<{ bytes: Uint8Array }>,
  rowBytes: number,
  onRows: RewriteOptions['onRows'],
): AsyncGenerator<{ bytes: Uint8Array }> {
  let done = 0;
  for await (const block of blocks) {
    yield block;
    done += block.bytes.length / rowBytes;
    await onRows?.(done);
  }
}
