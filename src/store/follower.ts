import { LikenessError } from '../base/errors.ts';
import { readExactly } from '../base/random-access.ts';
import { checksumOf } from './format/block.ts';
import type { FollowedStep } from './format/changes.ts';
import { Entries } from './format/entries.ts';
import type { Store } from './format/files.ts';
import { type Generation, openGeneration } from './format/generations.ts';
import { decodeCheckpoint, decodeSuccessor, headerBytes, type Position } from './format/header.ts';
import { beginning, type Commit, type Dropped, readLog } from './format/log.ts';
import { blockBytes } from './format/segment.ts';

/** What an index holds, as far as its file was read. Reads also what others append. */
export class Follower {
  readonly store: Store;
  /** The file that is the index. */
  generation: Generation;
  entries: Entries = new Entries();
  /** Where the last commit that was read, or written, ends. */
  position: Position;
  /** Commits in this file. */
  commits = 0;
  /** How often the whole file was read: positions of rows from before are no longer valid. */
  readings = 0;
  /** There are bytes behind the last commit. They have to be truncated before the next commit is written. */
  torn = false;
  #steps: FollowedStep[] = [];
  /** Whether anybody takes the steps; else they would pile up, with their vectors. */
  #followed = false;

  constructor(store: Store, generation: Generation) {
    this.store = store;
    this.generation = generation;
    this.position = beginning(generation.block);
  }

  get name(): string {
    return this.store.name;
  }

  get rowBytes(): number {
    return 4 * this.generation.header.dimension;
  }

  /** The steps since the last call; none before the first. */
  takeSteps(): FollowedStep[] {
    this.#followed = true;
    return this.#steps.splice(0);
  }

  tell(steps: readonly FollowedStep[]): void {
    if (this.#followed) for (const step of steps) this.#steps.push(step);
  }

  /** Reads the commits behind what was read before. */
  async readOn(): Promise<{ dropped: Dropped | undefined; broken: boolean }> {
    const { file, header, block, name } = this.generation;
    const onCommit = ({ records, rowsAt, checksums }: Commit): void => {
      this.commits++;
      this.tell(this.entries.apply(records, { at: rowsAt, rowBytes: this.rowBytes, checksums }));
    };
    const where = `${name} in ${this.name}`;
    const { position, dropped, broken } = await readLog(file, header, block, this.position, onCommit, where);
    this.position = position;
    this.torn = dropped !== undefined;
    return { dropped, broken };
  }

  /** Sees whether others wrote, and reads it. Resolves to whether there was anything. */
  async catchUp(): Promise<boolean> {
    const { file } = this.generation;
    const before = this.position;
    const size = await file.size().catch(() => undefined);
    const block = await readExactly(file, 0, headerBytes).catch(() => undefined);
    if (!block || decodeSuccessor(block) !== undefined) {
      const found = await openGeneration(this.store);
      if (!('file' in found)) throw new LikenessError('not-found', `The index ${this.name} was deleted.`);
      await file.close().catch(() => {});
      await this.reload(found);
      return true;
    }
    const checkpoint = decodeCheckpoint(block);
    const isLast = checkpoint?.sequence === before.sequence && checkpoint.checksum === before.checksum;
    this.generation.block = block;
    if (isLast && size === before.end && !this.torn) return false;
    // A commit that was read may have been truncated since, because its writer could not finish it.
    if ((!isLast && !(await this.#isThere(before))) || (await this.readOn()).broken) {
      await this.reload();
      return true;
    }
    return this.position.sequence !== before.sequence;
  }

  /** Whether the file has the commit that ends there. */
  async #isThere({ sequence, end, checksum }: Position): Promise<boolean> {
    if (sequence === 0) return true;
    const block = await readExactly(this.generation.file, end - blockBytes, blockBytes);
    return block !== undefined && checksumOf(block) === checksum;
  }

  /** Reads all of a file: of another one, or this one again. */
  async reload(generation: Generation = this.generation): Promise<void> {
    this.generation = generation;
    this.readings++;
    this.entries = new Entries();
    this.position = beginning(generation.block);
    this.commits = 0;
    this.torn = false;
    this.#steps = [];
    const followed = this.#followed;
    this.#followed = false;
    try {
      await this.readOn();
    } finally {
      this.#followed = followed;
      this.tell([{ kind: 'reload' }]);
    }
  }
}
