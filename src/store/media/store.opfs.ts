import { copyParts } from '../../base/bytes.ts';
import { LikenessError } from '../../base/errors.ts';
import type { StoreLock } from '../../base/lock.ts';
import { once } from '../../base/once.ts';
import { type FileHandle, type SyncAccessHandle, whenFree } from '../../web/access-handle.ts';
import { takeWebLock } from '../../web/lock.ts';
import { privateFileSystem } from '../../web/storage.ts';
import { againInBrowser, type Store, type StoredFile, whileLocked } from '../format/files.ts';
import { ReadFile } from './read-file.opfs.ts';

const folderName = 'likeness-indexes';

async function indexesFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await privateFileSystem();
  return root.getDirectoryHandle(folderName, { create: true });
}

/** A folder of the origin's private file system. In a worker: what was written stays when the tab is killed. */
export class OpfsStore implements Store {
  readonly name: string;
  readonly readOnly = false;
  warnings: readonly string[] = [];
  readonly randomReads = true;
  readonly again: string;
  readonly #folder: ReturnType<typeof once<FileSystemDirectoryHandle>>;
  /** Open files. Each may hold an access handle for a moment, which keeps writers out. */
  readonly #readers = new Set<ReadFile>();

  constructor(name: string) {
    this.name = `opfs:${name}`;
    this.again = againInBrowser(this.name);
    this.#folder = once(async () =>
      (await indexesFolder()).getDirectoryHandle(folderOf(name), { create: true }),
    );
  }

  async list(): Promise<{ name: string; byteLength: number }[]> {
    try {
      return await filesIn(await this.#folder());
    } catch (error) {
      if ((error as Error).name !== 'NotFoundError') throw error;
      this.#folder.forget(); // deleted in another tab; it may be made again
      return [];
    }
  }

  async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    const folder = await this.#folder();
    let handle: FileHandle;
    try {
      handle = (await folder.getFileHandle(name, { create: mode === 'create' })) as FileHandle;
    } catch (error) {
      if ((error as Error).name !== 'NotFoundError') throw error;
      throw new LikenessError('not-found', `There is no ${name} in ${this.name}.`, { cause: error });
    }
    if (mode === 'read') {
      const reader = new ReadFile(handle, () => this.#readers.delete(reader));
      this.#readers.add(reader);
      return reader;
    }
    this.#letGo();
    const access = await whenFree(() => handle.createSyncAccessHandle());
    if (mode === 'create') access.truncate(0);
    return new WrittenFile(access);
  }

  async remove(name: string): Promise<void> {
    this.#letGo();
    try {
      const folder = await this.#folder();
      await whenFree(() => folder.removeEntry(name));
    } catch (error) {
      if ((error as Error).name !== 'NotFoundError') throw error;
    }
  }

  lock(): Promise<StoreLock | undefined> {
    return takeWebLock(`likeness ${this.name}`);
  }

  #letGo(): void {
    for (const reader of this.#readers) reader.letGo();
  }
}

const folderOf = (name: string): string => encodeURIComponent(name).replaceAll('.', '%2E');

async function filesIn(folder: FileSystemDirectoryHandle): Promise<{ name: string; byteLength: number }[]> {
  const files: { name: string; byteLength: number }[] = [];
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind !== 'file') continue;
    const byteLength = await (handle as FileSystemFileHandle).getFile().then(
      ({ size }) => size,
      () => 0, // removed meanwhile
    );
    files.push({ name, byteLength });
  }
  return files;
}

/** Parts of fewer bytes than this in all are copied together: each call of the browser costs more than that. */
const gatheredBytes = 1 << 18;
const gatherings = new Uint8Array(gatheredBytes);

/** The same bytes in parts that are worth a call each; a part is valid until the next. */
function* gathered(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (let from = 0, to = 0; from < parts.length; from = to) {
    let bytes = parts[to++]!.length;
    while (to < parts.length && bytes + parts[to]!.length <= gatheredBytes) bytes += parts[to++]!.length;
    if (to === from + 1) yield parts[from]!;
    else yield copyParts(parts.slice(from, to), gatherings).subarray(0, bytes);
  }
}

/** A file that this worker alone has open. */
class WrittenFile implements StoredFile {
  readonly #access: SyncAccessHandle;

  constructor(access: SyncAccessHandle) {
    this.#access = access;
  }

  async size(): Promise<number> {
    return this.#access.getSize();
  }

  async read(at: number, into: Uint8Array): Promise<number> {
    return this.#access.read(into, { at });
  }

  async write(at: number, parts: readonly Uint8Array[]): Promise<void> {
    for (const part of gathered(parts)) {
      const written = this.#access.write(part, { at });
      if (written !== part.length) {
        throw new DOMException(`${written} of ${part.length} bytes were written`, 'QuotaExceededError');
      }
      at += part.length;
    }
  }

  async truncate(size: number): Promise<void> {
    if (size < this.#access.getSize()) this.#access.truncate(size);
  }

  async sync(): Promise<void> {
    this.#access.flush();
  }

  async close(): Promise<void> {
    this.#access.close();
  }
}

/** The indexes of this origin. */
export async function listOpfs(): Promise<{ name: string; byteLength: number }[]> {
  const found: { name: string; byteLength: number }[] = [];
  for await (const [name, handle] of (await indexesFolder()).entries()) {
    if (handle.kind !== 'directory') continue;
    const files = await filesIn(handle as FileSystemDirectoryHandle);
    const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
    if (byteLength > 0) found.push({ name: `opfs:${decodeURIComponent(name)}`, byteLength });
  }
  return found;
}

/** @throws LikenessError `not-found`, `locked` while a tab writes to it */
export async function deleteOpfs(name: string): Promise<void> {
  const store = new OpfsStore(name);
  await whileLocked(store, async () => {
    const all = await indexesFolder();
    try {
      await whenFree(() => all.removeEntry(folderOf(name), { recursive: true }));
    } catch (error) {
      if ((error as Error).name !== 'NotFoundError') throw error;
      throw new LikenessError('not-found', `There is no index ${store.name} here.`);
    }
  });
}
