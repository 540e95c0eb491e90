import { crc32 as ourCrc32 } from '../crc32.ts';
import { LikenessError } from '../errors.ts';
import { Entries, type PlacedEntry, type Step } from './entries.ts';
import { readExactly, type Store, type StoreLock, storageError } from './files.ts';
import { fileName, type Generation, generationOf, newestGeneration, openGeneration } from './generations.ts';
import {
  type Crc32,
  checkKind,
  decodeHeader,
  decodeMark,
  decodeSuccessor,
  encodeHeader,
  encodeMark,
  encodeSuccessor,
  headerBytes,
  type IndexInfo,
  markAt,
  successorAt,
} from './header.ts';
import { beginning, type Commit, type Dropped, type Position, readLog } from './log.ts';
import { checkMeta, type Entry, encodeRecords, type IndexRecord, type Json } from './records.ts';
import { encodeCommit, encodeHead, paddingAfter, sealOf, segmentLayout } from './segment.ts';
import { checkedRows, damagedRow, type Snapshot, snapshot } from './snapshot.ts';

/** A change to make: add or replace a picture, remove one, note something. */
export type Change = (Entry & { vector: Float32Array }) | { remove: string } | { set: string; value: Json };

/** A {@link Step} with what a follower needs to take it. */
export type FollowedStep =
  | (Exclude<Step, { kind: 'remove' }> & { vector?: Float32Array })
  | Extract<Step, { kind: 'remove' }>
  /** All may be different: another process replaced the file. */
  | { kind: 'reload' };

export interface OpenIndexOptions {
  /** Makes an index of this kind where there is none; one of another model or dimension is refused. */
  create?: IndexInfo | undefined;
  /** Refuses an index of another kind. */
  expect?: IndexInfo | undefined;
  /** How long the right to write is kept after the last commit. Default 1000. */
  idleMs?: number;
}

interface Request {
  changes: readonly Change[];
  done: (steps: FollowedStep[]) => void;
  failed: (error: unknown) => void;
}

/** Rows of one commit: what is acknowledged together, and what opening checks of the last commit. */
const commitBytes = 64 << 20;
/** Commits after which, and dead bytes from which, a compaction is worth its while. */
const manyCommits = 1024;
const muchGarbage = 32 << 20;

/**
 * A stored index: pictures in the order of adding, each with a row of float32 values, durable from the moment that a
 * call resolves. The format is described in docs/FORMAT.md.
 *
 * One at a time writes; others read, and see new commits with {@link refresh}. Whoever wants to write takes the
 * store's lock with its first change and gives it back when it has been idle.
 */
export class IndexStore {
  readonly #store: Store;
  readonly #crc32: Crc32;
  readonly #idleMs: number;
  #generation: Generation;
  #entries = new Entries();
  #position: Position;
  #commits = 0;
  #lock: StoreLock | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** Behind the last commit lies something that has to go before the next is written. */
  #torn = false;
  #dropped: Dropped | undefined;
  /** A compaction failed in a way that leaves open which file counts. */
  #uncertain = false;
  readonly #requests: Request[] = [];
  #committing = false;
  #turn: Promise<unknown> = Promise.resolve();
  #steps: FollowedStep[] = [];
  #closed = false;

  private constructor(store: Store, crc32: Crc32, idleMs: number, generation: Generation) {
    this.#store = store;
    this.#crc32 = crc32;
    this.#idleMs = idleMs;
    this.#generation = generation;
    this.#position = beginning(generation.block);
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
    const crc32 = store.crc32?.bind(store) ?? ourCrc32;
    try {
      const there = await openGeneration(store, crc32);
      if (!('file' in there) && !create) {
        throw new LikenessError('not-found', `There is no index in ${store.name}.`);
      }
      const found = 'file' in there ? there : await createIndex(store, create!, there.leftovers, crc32);
      const index = new IndexStore(store, crc32, idleMs, found);
      try {
        if (expect) checkKind(found.header, expect, store.name);
        index.#dropped = (await index.#readOn()).dropped;
        await index.#repairIfFree();
      } catch (error) {
        await index.close();
        throw error;
      }
      index.#steps = [];
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
    const { model, dimension, parity } = this.#generation.header;
    return { model, dimension, parity };
  }

  get readOnly(): boolean {
    return this.#store.readOnly;
  }

  /** The pictures, in the order of adding. */
  get entries(): readonly PlacedEntry[] {
    return this.#entries.list;
  }

  position(id: string): number | undefined {
    return this.#entries.position(id);
  }

  get settings(): ReadonlyMap<string, Json> {
    return this.#entries.settings;
  }

  /** What opening found torn and left out; `undefined` when all was whole. */
  get dropped(): Dropped | undefined {
    return this.#dropped;
  }

  /** Bytes of the file, up to the last commit. */
  get byteLength(): number {
    return this.#position.end;
  }

  /** Name of the file that holds it now. */
  get fileName(): string {
    return this.#generation.name;
  }

  /** Number of the last commit in this file. */
  get sequence(): number {
    return this.#position.sequence;
  }

  /** The changes since the last call, in order: of this object and of others. */
  takeSteps(): FollowedStep[] {
    return this.#steps.splice(0);
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
    for (const change of changes) this.#checkChange(change);
    if (changes.length === 0) return [];
    const rowBytes = 4 * this.info.dimension;
    const perCommit = Math.max(1, Math.floor(commitBytes / rowBytes));
    const parts: Promise<FollowedStep[]>[] = [];
    for (let from = 0; from < changes.length; from += perCommit) {
      parts.push(
        new Promise((done, failed) => {
          this.#requests.push({ changes: changes.slice(from, from + perCommit), done, failed });
        }),
      );
    }
    void this.#commitRequests();
    return (await Promise.all(parts)).flat();
  }

  /** Reads what others committed since. Resolves to whether there was anything. */
  async refresh(): Promise<boolean> {
    return this.#exclusive(async () => {
      this.#checkOpen();
      if (this.#lock || this.#store.readOnly) return false;
      try {
        return await this.#catchUp();
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
   * The rows of entries in blocks of up to 8 MiB.
   *
   * @param onDamage is told of a row that does not match its checksum; left out, such a row ends the call
   * @throws LikenessError `bad-file` that names the picture
   */
  async *rows(
    entries: readonly PlacedEntry[] = this.entries,
    onDamage?: (entry: PlacedEntry) => void,
  ): AsyncGenerator<{ first: number; values: Float32Array<ArrayBuffer> }> {
    const { file } = this.#generation;
    const rowBytes = 4 * this.info.dimension;
    const report =
      onDamage ??
      ((entry: PlacedEntry): never => {
        throw damagedRow(entry, this.name);
      });
    const blocks = checkedRows(file, [...entries], rowBytes, this.#crc32, report);
    for (;;) {
      const next = await this.#exclusive(async () => {
        this.#checkOpen();
        if (this.#generation.file !== file) throw new ChangedError();
        try {
          return await blocks.next();
        } catch (error) {
          throw storageError(error, `Reading ${this.name}`);
        }
      });
      if (next.done) return;
      yield { first: next.value.first, values: new Float32Array(next.value.bytes.buffer) };
    }
  }

  /** Whether a compaction would free much, or make opening much faster. */
  get worthCompacting(): boolean {
    const live = this.entries.length * 4 * this.info.dimension;
    return this.#commits > manyCommits || this.byteLength - live > Math.max(muchGarbage, live);
  }

  /**
   * Writes the index anew without what was replaced and removed. At every moment one whole file is there; interrupted,
   * nothing has changed.
   */
  async compact({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkWritable();
    await this.#exclusive(async () => {
      try {
        await this.#takeLock();
        await this.#cleanTail();
        const { header, file } = this.#generation;
        const entries = [...this.entries];
        const damaged = (entry: PlacedEntry): never => {
          throw damagedRow(entry, this.name);
        };
        const rows = checkedRows(file, entries, 4 * header.dimension, this.#crc32, damaged);
        await this.#replace({ info: header, entries, settings: this.settings, rows }, signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw storageError(error, `Compacting ${this.name}`);
      } finally {
        this.#startIdle();
      }
    });
  }

  /** The whole index as the bytes of one file, compact; a store may be opened over it, or import it. */
  exported(): { byteLength: number; parts: AsyncGenerator<Uint8Array> } {
    const entries = [...this.entries];
    const rows = bytesOfRows(this.rows(entries));
    const header = { ...this.#generation.header, generation: 1 };
    const whole = snapshot(header, entries, new Map(this.settings), rows, this.#crc32);
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
  async importFrom(source: IndexStore, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkWritable();
    checkKind(this.info, source.info, this.name);
    if (source.dropped) {
      throw new LikenessError(
        'bad-file',
        `${source.name} is not whole (${source.dropped.reason}); export it again.`,
      );
    }
    await this.#exclusive(async () => {
      try {
        await this.#takeLock();
        const entries = [...source.entries];
        const rows = bytesOfRows(source.rows(entries));
        await this.#replace({ info: source.info, entries, settings: source.settings, rows }, signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw storageError(error, `Importing into ${this.name}`);
      } finally {
        this.#startIdle();
      }
    });
  }

  /** Waits for what is under way, gives back the lock. */
  async close(): Promise<void> {
    if (this.#closed) return;
    while (this.#committing || this.#requests.length > 0) await this.#turn.catch(() => {});
    this.#closed = true;
    await this.#exclusive(async () => {
      await this.#giveBackLock();
      await this.#generation.file.close().catch(() => {});
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

  #checkChange(change: Change): void {
    if (!('vector' in change)) return;
    const { dimension } = this.info;
    if (change.vector.length !== dimension) {
      throw new LikenessError(
        'bad-argument',
        `The vector of "${change.id}" has ${change.vector.length} values, the index ${this.name} holds ${dimension}.`,
      );
    }
    if (change.meta !== undefined) checkMeta(change.meta, change.id);
  }

  /** Runs `work` after all work before it: the file is used by one at a time. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #commitRequests(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    const rowBytes = 4 * this.info.dimension;
    while (this.#requests.length > 0) {
      await this.#exclusive(async () => {
        const group = [this.#requests.shift()!];
        let bytes = group[0]!.changes.length * rowBytes;
        while (this.#requests[0] && bytes + this.#requests[0].changes.length * rowBytes <= commitBytes) {
          const request = this.#requests.shift()!;
          bytes += request.changes.length * rowBytes;
          group.push(request);
        }
        try {
          const steps = await this.#commit(group);
          for (const [n, { done }] of group.entries()) done(steps[n]!);
        } catch (error) {
          for (const { failed } of group) failed(storageError(error, `Writing to ${this.name}`));
        }
      });
    }
    this.#committing = false;
    this.#startIdle();
  }

  /** Writes the changes of all requests as one segment; returns what each request did. */
  async #commit(group: readonly Request[]): Promise<FollowedStep[][]> {
    this.#stopIdle();
    await this.#takeLock();
    await this.#cleanTail();
    const crc32 = this.#crc32;
    const { dimension } = this.info;
    const changes = group.flatMap(({ changes }) => changes);
    const rows = changes.flatMap((change) => ('vector' in change ? [change.vector] : []));
    const rowParts = rows.map(bytesOfValues);
    const checksums = Uint32Array.from(rowParts, (part) => crc32(part));
    const json = encodeRecords(changes.map(recordOf));
    const { sequence: before, end: at, seal } = this.#position;
    const shape = { sequence: before + 1, rows: rows.length, recordBytes: json.length, chain: seal };
    const layout = segmentLayout(shape, dimension);
    const head = encodeHead(shape, crc32);
    const table = [new Uint8Array(checksums.buffer), json];
    const commit = encodeCommit(shape.sequence, crc32(table[1]!, crc32(table[0]!)), sealOf(head), crc32);
    const after = { sequence: shape.sequence, end: at + layout.byteLength, seal: sealOf(commit) };

    const { file } = this.#generation;
    await this.#checkLock();
    try {
      await file.write(at, [
        head,
        ...rowParts,
        paddingAfter(4 * rows.length * dimension),
        ...table,
        paddingAfter(layout.tableBytes),
        commit,
      ]);
      await file.write(markAt, [encodeMark(after, crc32)]);
      await file.sync();
    } catch (error) {
      this.#torn = true;
      // The index is as it was, if the store allows as much; else the next change, or the next opening, sees to it.
      await this.#cleanTail().catch(() => {});
      throw error;
    }
    this.#position = after;
    this.#commits++;

    let row = 0;
    return group.map(({ changes: own }) => {
      const vectors = own.flatMap((change) => ('vector' in change ? [change.vector] : []));
      const first = row;
      row += vectors.length;
      const steps = this.#entries.apply(own.map(recordOf), (n) => ({
        at: at + layout.rowsAt + (first + n) * 4 * dimension,
        checksum: checksums[first + n]!,
      }));
      let n = 0;
      const followed = steps.map(
        (step): FollowedStep => (step.kind === 'remove' ? step : { ...step, vector: vectors[n++]! }),
      );
      this.#steps.push(...followed);
      return followed;
    });
  }

  /** Becomes the one that writes, and reads what the one before it wrote. */
  async #takeLock(): Promise<void> {
    this.#stopIdle();
    if (this.#uncertain) {
      throw new LikenessError(
        'storage-failed',
        `A compaction of ${this.name} failed and could not be undone; open the index again to write.`,
      );
    }
    if (this.#lock) return;
    const lock = await this.#store.lock();
    if (!lock) {
      throw new LikenessError(
        'locked',
        `The index ${this.name} is being written by another tab or process; wait until it is done, or close it there.`,
      );
    }
    try {
      await this.#catchUp();
      const { name } = this.#generation;
      const file = await this.#store.open(name, 'write');
      await this.#generation.file.close();
      this.#generation.file = file;
      this.#lock = lock;
      const { leftovers } = this.#generation;
      for (; leftovers[0] !== undefined; leftovers.shift()) await this.#retire(leftovers[0]);
      if ((await file.size()) > this.#position.end) this.#torn = true;
      // Whoever made the index may have ended before its header was on the medium.
      if (this.#position.sequence === 0) await file.sync();
    } catch (error) {
      this.#lock = undefined;
      await lock.release();
      throw error;
    }
  }

  async #checkLock(): Promise<void> {
    try {
      await this.#lock?.check();
    } catch (error) {
      this.#lock = undefined;
      throw error;
    }
  }

  async #giveBackLock(): Promise<void> {
    this.#stopIdle();
    const lock = this.#lock;
    if (!lock) return;
    this.#lock = undefined;
    const { name, file } = this.#generation;
    await file.close();
    if (!this.#closed) this.#generation.file = await this.#store.open(name, 'read');
    await lock.release();
  }

  #startIdle(): void {
    if (!this.#lock || this.#committing || this.#closed) return;
    this.#stopIdle();
    this.#idleTimer = setTimeout(() => {
      void this.#exclusive(async () => {
        if (!this.#committing) await this.#giveBackLock();
      }).catch(() => {});
    }, this.#idleMs);
    // A process that has nothing else to do may end.
    (this.#idleTimer as { unref?: () => void }).unref?.();
  }

  #stopIdle(): void {
    clearTimeout(this.#idleTimer);
  }

  /** Removes what lies behind the last commit. */
  async #cleanTail(): Promise<void> {
    if (!this.#torn) return;
    const { file } = this.#generation;
    await file.truncate(this.#position.end);
    await file.write(markAt, [encodeMark(this.#position, this.#crc32)]);
    await file.sync();
    this.#torn = false;
  }

  /** What a crash left is put right at once, unless somebody is writing just now or nothing may be written. */
  async #repairIfFree(): Promise<void> {
    const { leftovers } = this.#generation;
    if (this.#store.readOnly || (!this.#torn && leftovers.length === 0)) return;
    try {
      await this.#takeLock();
    } catch (error) {
      // Then it is no tear but a commit on its way.
      if (error instanceof LikenessError && error.code === 'locked') this.#dropped = undefined;
      return;
    }
    try {
      if (!this.#torn) this.#dropped = undefined;
      await this.#cleanTail();
    } catch {
      // No space or no permission: it can be read as it is.
    } finally {
      await this.#giveBackLock();
    }
  }

  /** Removes a file that is out of date, or was never finished. */
  async #retire(name: string): Promise<void> {
    // An older one could be taken for the index again; noted as replaced, it cannot, even where it stays.
    if (generationOf(name) < generationOf(this.#generation.name)) {
      const file = await this.#store.open(name, 'write');
      try {
        const note = encodeSuccessor(generationOf(this.#generation.name), this.#crc32);
        await file.write(successorAt, [note]);
        await file.sync();
      } finally {
        await file.close();
      }
    }
    await this.#store.remove(name).catch(() => {});
  }

  /** Applies the commits behind what was read before. */
  async #readOn(): Promise<{ dropped: Dropped | undefined; broken: boolean }> {
    const { file, header, block, name } = this.#generation;
    const where = { crc32: this.#crc32, name: `${name} in ${this.name}` };
    const take = (commit: Commit): void => this.#take(commit);
    const { position, dropped, broken } = await readLog(file, header, block, this.#position, take, where);
    this.#position = position;
    this.#torn = dropped !== undefined;
    return { dropped, broken };
  }

  #take({ records, rowsAt, checksums }: Commit): void {
    this.#commits++;
    const rowBytes = 4 * this.info.dimension;
    const steps = this.#entries.apply(records, (n) => ({
      at: rowsAt + n * rowBytes,
      checksum: checksums[n]!,
    }));
    this.#steps.push(...steps);
  }

  /** Sees whether others wrote, and reads it. */
  async #catchUp(): Promise<boolean> {
    const { file } = this.#generation;
    const before = this.#position;
    const block = await readExactly(file, 0, headerBytes).catch(() => undefined);
    if (!block || decodeSuccessor(block, this.#crc32) !== undefined) {
      const found = await openGeneration(this.#store, this.#crc32);
      if (!('file' in found)) throw new LikenessError('not-found', `The index ${this.name} was deleted.`);
      await file.close().catch(() => {});
      this.#generation = found;
      return this.#reload();
    }
    const mark = decodeMark(block, this.#crc32);
    const same = mark?.sequence === before.sequence && mark.seal === before.seal;
    if (same && !this.#torn) return false;
    this.#generation.block = block;
    // A commit that was read and then taken back, because it could not be finished.
    if (mark && !same && mark.sequence <= before.sequence) return this.#reload();
    if ((await this.#readOn()).broken) return this.#reload();
    return this.#position.sequence !== before.sequence;
  }

  async #reload(): Promise<boolean> {
    this.#entries = new Entries();
    this.#position = beginning(this.#generation.block);
    this.#commits = 0;
    await this.#readOn();
    this.#steps = [{ kind: 'reload' }];
    return true;
  }

  /** Puts a new file in the place of the one that is there. */
  async #replace(content: Content, signal?: AbortSignal): Promise<void> {
    const before = this.#generation;
    await this.#checkLock();
    const number = (await newestGeneration(this.#store)) + 1;
    const { identity } = before.header;
    const header = { ...content.info, identity, generation: number };
    const whole = snapshot(header, content.entries, content.settings, content.rows, this.#crc32);
    let written: Generation;
    try {
      written = await writeGeneration(this.#store, number, whole, this.#crc32, signal);
    } catch (error) {
      // It may be there whole all the same: what is added to the old file might not be seen again.
      if (error instanceof UncertainError) this.#uncertain = true;
      throw error instanceof UncertainError ? error.cause : error;
    }
    this.#generation = written;
    this.#entries = new Entries();
    this.#position = beginning(written.block);
    this.#commits = 0;
    this.#torn = false;
    await this.#readOn();
    this.#steps = [{ kind: 'reload' }];
    await before.file.close();
    written.leftovers.push(before.name);
    try {
      await this.#retire(before.name);
      written.leftovers.length = 0;
    } catch (error) {
      // Nothing may be added before the old file is noted as replaced: whoever takes the lock next does that first.
      await this.#giveBackLock();
      throw error;
    }
  }
}

/** What a new file is to hold. */
interface Content {
  info: IndexInfo;
  entries: readonly PlacedEntry[];
  settings: ReadonlyMap<string, Json>;
  rows: AsyncIterable<{ bytes: Uint8Array }>;
}

/** Thrown to a reader of rows under whom the file was replaced. */
export class ChangedError extends LikenessError {
  constructor() {
    super('storage-failed', 'The index was replaced while its rows were read; read them again.');
  }
}

/** A file could not be written, nor removed. */
class UncertainError extends Error {}

/** Writes a file that becomes the index with its header, which is written last. */
async function writeGeneration(
  store: Store,
  number: number,
  { header: block, body, byteLength }: Snapshot,
  crc32: Crc32,
  signal?: AbortSignal,
): Promise<Generation> {
  const name = fileName(number);
  const file = await store.open(name, 'create');
  let begun = false;
  try {
    let at = headerBytes;
    for await (const part of body) {
      signal?.throwIfAborted();
      await file.write(at, [part]);
      at += part.length;
    }
    await file.sync();
    begun = true;
    await file.write(0, [block]);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => {});
    try {
      await store.remove(name);
    } catch {
      if (begun) throw new UncertainError(undefined, { cause: error });
    }
    throw error;
  }
  return { name, file, header: decodeHeader(block, byteLength, crc32, name)!, block, leftovers: [] };
}

async function createIndex(
  store: Store,
  info: IndexInfo,
  leftovers: readonly string[],
  crc32: Crc32,
): Promise<Generation> {
  const lock = await store.lock();
  if (!lock)
    throw new LikenessError('locked', `The index ${store.name} is just being made elsewhere; try again.`);
  try {
    // Somebody may have been faster.
    const found = await openGeneration(store, crc32);
    if ('file' in found) return found;
    for (const name of leftovers) await store.remove(name);
    const identity = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('');
    const block = encodeHeader({ ...info, identity, generation: 1, synced: headerBytes }, crc32);
    block.set(encodeMark(beginning(block), crc32), markAt);
    const name = fileName(1);
    const file = await store.open(name, 'create');
    try {
      await file.write(0, [block]);
      await file.sync();
    } finally {
      await file.close();
    }
    const header = decodeHeader(block, headerBytes, crc32, name)!;
    return { name, file: await store.open(name, 'read'), header, block, leftovers: [] };
  } finally {
    await lock.release();
  }
}

const bytesOfValues = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

async function* bytesOfRows(
  blocks: AsyncIterable<{ values: Float32Array }>,
): AsyncGenerator<{ bytes: Uint8Array }> {
  for await (const { values } of blocks) yield { bytes: bytesOfValues(values) };
}

export function recordOf(change: Change): IndexRecord {
  if (!('vector' in change)) return change;
  const { id: put, meta, hash } = change;
  return {
    put,
    ...(meta === undefined ? {} : { meta }),
    ...(hash === undefined ? {} : { hash }),
  };
}
