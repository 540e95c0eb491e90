import { LikenessError } from '../../base/errors.ts';
import type { FileHandle, SyncAccessHandle } from '../../web/access-handle.ts';
import type { StoredFile } from '../format/files.ts';

/** Reads that follow one another within this time are in a row. */
const pauseMs = 20;
/** The n-th read in a row opens an access handle: opening takes as long as two reads of a snapshot. */
const readsWorthOpening = 3;
/** A handle keeps writers out for this long at the most. Then it is closed for a while, to let them in. */
const longestHoldMs = 200;
const restMs = 30;
/** The pause after a failed attempt: somebody writes. */
const restAfterFailureMs = 1000;

/**
 * A file that another tab may be writing. It is read through snapshots: more than a millisecond a read. Many reads in a
 * row use an access handle, which takes a hundredth of that, and keeps writers out while it is open.
 */
export class ReadFile implements StoredFile {
  readonly readsOverlap = true;
  readonly #handle: FileHandle;
  readonly #onClose: () => void;
  #snapshot: File | undefined;
  #access: SyncAccessHandle | undefined;
  #opening: Promise<SyncAccessHandle | undefined> | undefined;
  /** Rises with each {@link letGo}: a handle that is being opened is then closed at once. */
  #turn = 0;
  #openedAt = 0;
  #restsUntil = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #readsInARow = 0;

  constructor(handle: FileHandle, onClose: () => void) {
    this.#handle = handle;
    this.#onClose = onClose;
  }

  async size(): Promise<number> {
    if (this.#access) return this.#access.getSize();
    this.#snapshot = await this.#handle.getFile();
    return this.#snapshot.size;
  }

  async read(at: number, into: Uint8Array): Promise<number> {
    const access = await this.#accessForThis();
    // It may have been closed meanwhile.
    if (access && access === this.#access) {
      const length = access.read(into, { at });
      if (length <= into.length) return length;
      this.letGo();
    }
    for (let attempt = 1; ; attempt++) {
      this.#snapshot ??= await this.#handle.getFile();
      try {
        const part = await this.#snapshot.slice(at, at + into.length).arrayBuffer();
        // The file may have grown since.
        if (part.byteLength < into.length && attempt === 1) {
          this.#snapshot = undefined;
          continue;
        }
        into.set(new Uint8Array(part));
        return part.byteLength;
      } catch (error) {
        // A change makes a snapshot unreadable.
        if (attempt === 5 || (error as Error).name !== 'NotReadableError') throw error;
        this.#snapshot = undefined;
      }
    }
  }

  async write(): Promise<never> {
    throw new LikenessError('read-only', 'This file was opened to be read.');
  }

  truncate(): Promise<never> {
    return this.write();
  }

  sync(): Promise<never> {
    return this.write();
  }

  async close(): Promise<void> {
    this.letGo();
    this.#onClose();
  }

  /** Lets writers in. */
  letGo(): void {
    this.#turn++;
    this.#access?.close();
    this.#access = undefined;
    this.#snapshot = undefined;
  }

  #accessForThis(): Promise<SyncAccessHandle | undefined> | SyncAccessHandle | undefined {
    const now = performance.now();
    this.#readsInARow = now - this.#readAt < pauseMs ? this.#readsInARow + 1 : 1;
    this.#readAt = now;
    if (this.#access && now - this.#openedAt > longestHoldMs) {
      this.letGo();
      this.#restsUntil = now + restMs;
    }
    if (this.#access) return this.#access;
    if (this.#readsInARow < readsWorthOpening || now < this.#restsUntil) return undefined;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<SyncAccessHandle | undefined> {
    const turn = this.#turn;
    try {
      const access = await this.#handle.createSyncAccessHandle({ mode: 'read-only' });
      // Of a file that is being removed, Chromium opens a handle whose numbers are all codes of errors.
      if (turn !== this.#turn || !Number.isSafeInteger(access.getSize())) {
        access.close();
        return undefined;
      }
      this.#access = access;
      this.#openedAt = performance.now();
      this.#closeAfterUse(access);
      return access;
    } catch {
      this.#restsUntil = performance.now() + restAfterFailureMs;
      return undefined;
    }
  }

  #closeAfterUse(access: SyncAccessHandle): void {
    setTimeout(() => {
      if (access !== this.#access) return;
      if (performance.now() - this.#readAt < pauseMs) this.#closeAfterUse(access);
      else this.letGo();
    }, pauseMs);
  }
}
