import { writevSync } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { totalLength } from '../../base/bytes.ts';
import { LikenessError } from '../../base/errors.ts';
import type { StoreLock } from '../../base/lock.ts';
import { makeFolder } from '../../base/make-folder.node.ts';
import { readHandle } from '../../base/open-file.node.ts';
import type { Store, StoredFile } from '../format/files.ts';
import { lockFolder } from './lock.node.ts';

/** Files in a folder. */
export class FolderStore implements Store {
  readonly name: string;
  readonly readOnly = false;
  readonly randomReads = true;
  readonly folder: string;
  readonly again: string;

  constructor(folder: string) {
    this.name = folder;
    this.folder = resolve(folder);
    this.again = `call deleteIndex('file:${folder}'), open it once more and add its pictures; or "likeness index <folder of pictures> -o ${folder}" puts a new one in its place`;
  }

  async list(): Promise<{ name: string; byteLength: number }[]> {
    const entries = await readdir(this.folder, { withFileTypes: true }).catch((error) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const files = entries.filter((entry) => entry.isFile());
    return Promise.all(
      files.map(async ({ name }) => ({
        name,
        byteLength: await stat(join(this.folder, name)).then(
          ({ size }) => size,
          () => 0, // removed meanwhile
        ),
      })),
    );
  }

  async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    if (mode === 'create') await makeFolder(this.folder);
    const flags = { read: 'r', write: 'r+', create: 'w+' }[mode];
    const handle = await open(join(this.folder, name), flags).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
      throw new LikenessError('not-found', `There is no ${name} in ${this.name}.`, { cause: error });
    });
    return new FolderFile(handle, mode === 'read' ? undefined : this.folder);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
    await syncFolder(this.folder);
  }

  async lock(): Promise<StoreLock | undefined> {
    await makeFolder(this.folder);
    return lockFolder(this.folder);
  }
}

/** The most that one call of the system takes. */
const maxParts = 1024;
/** Written synchronously, in less than a tenth of a millisecond. */
const atOnceBytes = 1 << 18;

class FolderFile implements StoredFile {
  readonly readsOverlap = true;
  readonly #handle: FileHandle;
  /** Set until the folder is synced: a new file's name has to be on the medium, too. */
  #unsyncedFolder: string | undefined;

  constructor(handle: FileHandle, folder: string | undefined) {
    this.#handle = handle;
    this.#unsyncedFolder = folder;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  read(at: number, into: Uint8Array): Promise<number> {
    return readHandle(this.#handle, at, into);
  }

  async write(at: number, parts: readonly Uint8Array[]): Promise<void> {
    let rest = parts.filter((part) => part.length > 0);
    // A few bytes are written synchronously: waiting for a thread of the pool would take longer.
    const small = totalLength(rest) <= atOnceBytes;
    while (rest.length > 0) {
      const some = rest.slice(0, maxParts);
      const bytesWritten = small
        ? writevSync(this.#handle.fd, some, at)
        : (await this.#handle.writev(some, at)).bytesWritten;
      at += bytesWritten;
      let written = bytesWritten;
      let n = 0;
      while (n < rest.length && written >= rest[n]!.length) written -= rest[n++]!.length;
      rest = rest.slice(n);
      if (written > 0) rest[0] = rest[0]!.subarray(written);
    }
  }

  async writeMeanwhile(
    at: number,
    parts: readonly Uint8Array[],
    rest: () => readonly Uint8Array[],
  ): Promise<void> {
    const written = this.write(at, parts);
    let more: readonly Uint8Array[];
    try {
      more = rest();
    } finally {
      await written;
    }
    await this.write(at + totalLength(parts), more);
  }

  async truncate(size: number): Promise<void> {
    await this.#handle.truncate(size);
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
    if (this.#unsyncedFolder === undefined) return;
    await syncFolder(this.#unsyncedFolder);
    this.#unsyncedFolder = undefined;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Puts the names in a folder on the medium, where the system can (Windows does it by itself). */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOENT'].includes((error as NodeJS.ErrnoException).code!))
      throw error;
  } finally {
    await handle?.close();
  }
}
