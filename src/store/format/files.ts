import { LikenessError } from '../../base/errors.ts';
import type { StoreLock } from '../../base/lock.ts';
import type { RandomAccess } from '../../base/random-access.ts';

/** One file of a store. Positions and lengths are in bytes; calls on one file do not overlap, but for reads where it says so. */
export interface StoredFile extends RandomAccess {
  /** Whether several reads may be under way at once, and are faster so. Default `false`. */
  readonly readsOverlap?: boolean;
  /** Writes the parts one behind the other. After an error any of it may be there. */
  write(at: number, parts: readonly Uint8Array[]): Promise<void>;
  /**
   * Writes `parts`, and behind them those that `rest` makes meanwhile, as one call of {@link write} would. Where it pays:
   * a file whose writing leaves the processor free.
   */
  writeMeanwhile?(at: number, parts: readonly Uint8Array[], rest: () => readonly Uint8Array[]): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Resolves when what was written is on the medium. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Where an index lives: a flat set of named files. Everything that differs between memory, OPFS, IndexedDB, Node and
 * HTTP is behind this. Errors come as the platform throws them; the index gives them a code.
 */
export interface Store {
  /** For messages: `opfs:holiday`, a path, a URL. */
  readonly name: string;
  readonly readOnly: boolean;
  /** Whether a few bytes are read at any moment without much ado: a disk is, a network is not. Default `false`. */
  readonly randomReads?: boolean;
  /** How its index is replaced by a new one, as a clause for messages. */
  readonly again?: string;
  /** What whoever uses it should know, as sentences: reports have them. Default none. */
  readonly warnings?: readonly string[];
  list(): Promise<{ name: string; byteLength: number }[]>;
  /**
   * @param mode `read`, `write` an existing file, or `create` an empty one, over whatever has the name
   */
  open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile>;
  /** Removes a file; nothing happens when there is none. */
  remove(name: string): Promise<void>;
  /** `undefined` while another process, tab or object has it. */
  lock(): Promise<StoreLock | undefined>;
}

/** An index that is kept here. */
export interface StoredIndexInfo {
  /** What `open` and `deleteIndex` take. */
  store: string;
  byteLength: number;
}

/** @internal {@link Store.again} of a store in this browser. */
export const againInBrowser = (name: string): string =>
  `call deleteIndex('${name}'), open it once more and add its pictures; or take another name and keep this one`;

/** @internal Whether this is a {@link Store} of a program's own, as far as can be seen. */
export const isStore = (value: unknown): value is Store =>
  typeof value === 'object' &&
  value !== null &&
  (['list', 'open', 'remove', 'lock'] as const).every((name) => typeof (value as Store)[name] === 'function');

/** @internal */
export const beingWritten = (where: string): LikenessError =>
  new LikenessError(
    'locked',
    `The index ${where} is being written by another tab or process; wait until it is done, or close it there.`,
  );

/**
 * Runs `work` while nobody else can write to a store.
 *
 * @internal
 * @throws LikenessError `locked` where somebody else writes to it
 */
export async function whileLocked<T>(store: Store, work: () => Promise<T>): Promise<T> {
  const lock = await store.lock();
  if (!lock) throw beingWritten(store.name);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
