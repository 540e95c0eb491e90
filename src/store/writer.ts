import { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { StoreLock } from '../base/lock.ts';
import type { Follower } from './follower.ts';
import type { Change, FollowedStep } from './format/changes.ts';
import { type EncodedTable, encodeChanges } from './format/commit.ts';
import type { PlacedEntry } from './format/entries.ts';
import { beingWritten } from './format/files.ts';
import { type Generation, generationOf, newestGeneration } from './format/generations.ts';
import {
  checkpointAt,
  decodeCheckpoint,
  encodeCheckpoint,
  encodeSuccessor,
  type IndexInfo,
  type Position,
  successorAt,
} from './format/header.ts';
import { snapshot } from './format/snapshot.ts';
import { UncertainError, writeGeneration } from './new-file.ts';

/** What a new file is to hold. */
export interface Content {
  info: IndexInfo;
  entries: readonly PlacedEntry[];
  settings: ReadonlyMap<string, Json>;
  rows: AsyncIterable<{ bytes: Uint8Array }>;
}

/** A checkpoint for each commit would cost a call of the system that writes 24 bytes. */
const commitsPerCheckpoint = 16;

/** Writes to an index: appends commits behind what a {@link Follower} has read, and replaces its file by a new one. */
export class Writer {
  readonly #index: Follower;
  #lock: StoreLock | undefined;
  /** A compaction failed, and it is not known which file is the index now. */
  #uncertain = false;
  /** The checkpoint names another commit than the last. */
  #checkpointIsOld = false;

  constructor(index: Follower) {
    this.#index = index;
  }

  get hasLock(): boolean {
    return this.#lock !== undefined;
  }

  /** Takes the lock, and reads what the last holder wrote. @throws LikenessError `locked`, `storage-failed` */
  async takeLock(): Promise<void> {
    const index = this.#index;
    if (this.#uncertain) {
      throw new LikenessError(
        'storage-failed',
        `A compaction of ${index.name} failed and could not be undone; open the index again to write.`,
      );
    }
    if (this.#lock) return;
    const lock = await index.store.lock();
    if (!lock) throw beingWritten(index.name);
    this.#lock = lock;
    try {
      // The file is opened to be written before it is read: in a browser, reads are a hundred times faster then.
      let opened: Generation | undefined = index.generation;
      await this.#openToWrite().catch((error) => {
        if ((error as LikenessError).code !== 'not-found') throw error;
        opened = undefined; // replaced meanwhile
      });
      await index.catchUp();
      if (index.generation !== opened) await this.#openToWrite();
      const { generation } = index;
      this.#checkpointIsOld = decodeCheckpoint(generation.block)?.sequence !== index.position.sequence;
      const { leftovers } = generation;
      for (; leftovers[0] !== undefined; leftovers.shift()) await this.#retire(leftovers[0]);
      if ((await generation.file.size()) > index.position.end) index.torn = true;
      // Whoever made the index may have ended before its header was synced.
      if (index.position.sequence === 0) await generation.file.sync();
    } catch (error) {
      await this.giveBackLock().catch(() => {});
      throw error;
    }
  }

  async #openToWrite(): Promise<void> {
    const { store, generation } = this.#index;
    const file = await store.open(generation.name, 'write');
    await generation.file.close();
    generation.file = file;
  }

  /** @param reopen whether the file is read further on */
  async giveBackLock(reopen = true): Promise<void> {
    const lock = this.#lock;
    if (!lock) return;
    this.#lock = undefined;
    try {
      const { generation, store } = this.#index;
      // A failure does no harm: all that was acknowledged is in the file.
      if (this.#checkpointIsOld)
        await this.#writeCheckpoint()
          .then(() => generation.file.sync())
          .catch(() => {});
      await generation.file.close();
      if (reopen) generation.file = await store.open(generation.name, 'read');
    } finally {
      await lock.release();
    }
  }

  /** Truncates the file behind the last commit. */
  async cleanTail(): Promise<void> {
    const index = this.#index;
    if (!index.torn) return;
    const { file } = index.generation;
    await file.truncate(index.position.end);
    await this.#writeCheckpoint();
    await file.sync();
    index.torn = false;
  }

  async #writeCheckpoint(position: Position = this.#index.position): Promise<void> {
    const { generation } = this.#index;
    await generation.file.write(checkpointAt, [encodeCheckpoint(position)]);
    this.#checkpointIsOld = false;
  }

  /** Writes the changes of several calls as one segment. Returns what each call changed. */
  async commit(group: readonly (readonly Change[])[]): Promise<FollowedStep[][]> {
    await this.takeLock();
    await this.cleanTail();
    const index = this.#index;
    const { file, header } = index.generation;
    const at = index.position.end;
    await this.#checkLock();
    const changes = group.length === 1 ? group[0]! : group.flat();
    const { records, vectors, rows, table } = encodeChanges(changes, header.dimension, index.position);
    let made: EncodedTable | undefined;
    const rest = (): Uint8Array[] => {
      made = table();
      return made.parts;
    };
    try {
      if (file.writeMeanwhile) await file.writeMeanwhile(at, rows, rest);
      else await file.write(at, [...rows, ...rest()]);
      this.#checkpointIsOld = true;
      if (made!.position.sequence % commitsPerCheckpoint === 0) await this.#writeCheckpoint(made!.position);
      await file.sync();
    } catch (error) {
      index.torn = true;
      // Truncates what was written. Where the store does not allow it, the next change or the next opening does that.
      await this.cleanTail().catch(() => {});
      throw error;
    }
    const { position, placed } = made!;
    index.position = position;
    index.commits++;

    let record = 0;
    let row = 0;
    return group.map((own) => {
      const ownRecords = records.slice(record, record + own.length);
      const steps: FollowedStep[] = index.entries.apply(ownRecords, placed, vectors, row);
      record += own.length;
      row += own.filter((change) => 'vector' in change).length;
      index.tell(steps);
      return steps;
    });
  }

  /** Replaces the file by a new one. */
  async replace(content: Content, signal?: AbortSignal): Promise<void> {
    const index = this.#index;
    const before = index.generation;
    await this.#checkLock();
    const number = (await newestGeneration(index.store)) + 1;
    const { identity } = before.header;
    const header = { ...content.info, identity, generation: number };
    const whole = snapshot(header, content.entries, content.settings, content.rows);
    let written: Generation;
    try {
      written = await writeGeneration(index.store, number, whole, signal);
    } catch (error) {
      // The new file may exist all the same. Then nobody would see what is added to the old one.
      if (error instanceof UncertainError) this.#uncertain = true;
      throw error instanceof UncertainError ? error.cause : error;
    }
    await index.reload(written);
    this.#checkpointIsOld = false;
    await before.file.close();
    written.leftovers.push(before.name);
    try {
      await this.#retire(before.name);
      written.leftovers.length = 0;
    } catch (error) {
      // Nothing may be added before the old file has `NEXT`. Whoever takes the lock next writes that first.
      await this.giveBackLock();
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

  /** Removes a file that is out of date, or was never finished. */
  async #retire(name: string): Promise<void> {
    const { store, generation } = this.#index;
    const newest = generationOf(generation.name);
    // An older file could be taken for the index again. With `NEXT` in it, it is not, even where it cannot be removed.
    if (generationOf(name) < newest) {
      const file = await store.open(name, 'write');
      try {
        await file.write(successorAt, [encodeSuccessor(newest)]);
        await file.sync();
      } finally {
        await file.close();
      }
    }
    await store.remove(name).catch(() => {});
  }
}
