import { copyParts, totalLength } from '../../base/bytes.ts';
import { LikenessError } from '../../base/errors.ts';
import type { StoreLock } from '../../base/lock.ts';
import { once } from '../../base/once.ts';
import { takeWebLock } from '../../web/lock.ts';
import { indexedDatabases } from '../../web/storage.ts';
import { againInBrowser, type Store, type StoredFile, whileLocked } from '../format/files.ts';

const prefix = 'likeness-index:';
/** A file is kept in blocks. A change rewrites the blocks that it touches. */
const blockBytes = 1 << 16;

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** Makes changes in one transaction. Resolves when it is on the medium. */
async function changed(
  database: IDBDatabase,
  change: (sizes: IDBObjectStore, blocks: IDBObjectStore) => void | Promise<void>,
): Promise<void> {
  const transaction = database.transaction(['sizes', 'blocks'], 'readwrite', { durability: 'strict' });
  const committed = new Promise<void>((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = () => failed(transaction.error ?? new DOMException('aborted', 'AbortError'));
  });
  committed.catch(() => {}); // `change` may throw first
  await change(transaction.objectStore('sizes'), transaction.objectStore('blocks'));
  await committed;
}

/** All blocks of a file from the n-th on. */
const blocksFrom = (name: string, n: number): IDBKeyRange =>
  IDBKeyRange.bound([name, n], [name, Number.MAX_SAFE_INTEGER]);

/** Files in IndexedDB, for browsers without a private file system that workers can write to in place. */
export class IndexedDbStore implements Store {
  readonly name: string;
  readonly readOnly = false;
  warnings: readonly string[] = [];
  readonly again: string;
  readonly #databaseName: string;
  readonly #database = once(() => this.#open());

  /** @param databaseName default: that of an index, which {@link listIndexedDb} lists */
  constructor(name: string, databaseName: string = prefix + name) {
    this.name = `indexeddb:${name}`;
    this.again = againInBrowser(this.name);
    this.#databaseName = databaseName;
  }

  async list(): Promise<{ name: string; byteLength: number }[]> {
    const sizes = (await this.#database()).transaction('sizes').objectStore('sizes');
    const [names, values] = await Promise.all([settled(sizes.getAllKeys()), settled(sizes.getAll())]);
    return names.map((name, n) => ({ name: String(name), byteLength: values[n] as number }));
  }

  async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    const database = await this.#database();
    const file = new DatabaseFile(database, name);
    if (mode === 'create') {
      await changed(database, (sizes, blocks) => {
        blocks.delete(blocksFrom(name, 0));
        sizes.put(0, name);
      });
    } else if ((await file.sizeIfThere()) === undefined) {
      throw new LikenessError('not-found', `There is no ${name} in ${this.name}.`);
    }
    return file;
  }

  async remove(name: string): Promise<void> {
    await changed(await this.#database(), (sizes, blocks) => {
      blocks.delete(blocksFrom(name, 0));
      sizes.delete(name);
    });
  }

  /** Removes all files. */
  async clear(): Promise<void> {
    await changed(await this.#database(), (sizes, blocks) => {
      sizes.clear();
      blocks.clear();
    });
  }

  /** Closes the database; it is opened again when it is needed. */
  close(): void {
    this.#database().then(
      (database) => database.close(),
      () => {},
    );
    this.#database.forget();
  }

  lock(): Promise<StoreLock | undefined> {
    return takeWebLock(`likeness ${this.name}`);
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((done, failed) => {
      const request = indexedDatabases().open(this.#databaseName, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore('sizes');
        request.result.createObjectStore('blocks');
      };
      request.onsuccess = () => {
        const database = request.result;
        // A tab that deletes the index does not wait for this one.
        database.onversionchange = () => {
          database.close();
          this.#database.forget();
        };
        // The browser closes it where a person clears this site's data.
        database.onclose = () => this.#database.forget();
        done(database);
      };
      request.onerror = () => failed(request.error);
    });
  }
}

const removed = (name: string): LikenessError => new LikenessError('not-found', `${name} was removed.`);

/** Each write is a transaction: all of it is there or nothing, on the medium when it resolves. */
class DatabaseFile implements StoredFile {
  readonly #database: IDBDatabase;
  readonly #name: string;

  constructor(database: IDBDatabase, name: string) {
    this.#database = database;
    this.#name = name;
  }

  async sizeIfThere(): Promise<number | undefined> {
    return settled(this.#database.transaction('sizes').objectStore('sizes').get(this.#name));
  }

  async size(): Promise<number> {
    const size = await this.sizeIfThere();
    if (size === undefined) throw removed(this.#name);
    return size;
  }

  async read(at: number, into: Uint8Array): Promise<number> {
    if (into.length === 0) return 0;
    const first = Math.floor(at / blockBytes);
    const last = Math.floor((at + into.length - 1) / blockBytes);
    const range = IDBKeyRange.bound([this.#name, first], [this.#name, last]);
    // One transaction: a file that is removed meanwhile is missing, and never read as zeros.
    const transaction = this.#database.transaction(['sizes', 'blocks']);
    const blocks = transaction.objectStore('blocks');
    const [size, keys, values] = await Promise.all([
      settled<number | undefined>(transaction.objectStore('sizes').get(this.#name)),
      settled(blocks.getAllKeys(range)),
      settled(blocks.getAll(range)),
    ]);
    if (size === undefined) throw removed(this.#name);
    const end = Math.min(at + into.length, size);
    if (at >= end) return 0;
    for (const [n, key] of keys.entries()) {
      const start = (key as [string, number])[1] * blockBytes;
      const block = values[n] as Uint8Array;
      const from = Math.max(at, start);
      const to = Math.min(end, start + block.length);
      if (from < to) into.set(block.subarray(from - start, to - start), from - at);
    }
    return end - at;
  }

  async write(at: number, parts: readonly Uint8Array[]): Promise<void> {
    const length = totalLength(parts);
    if (length === 0) return;
    const end = at + length;
    const first = Math.floor(at / blockBytes);
    const last = Math.floor((end - 1) / blockBytes);
    await changed(this.#database, async (sizes, blocks) => {
      // The first and the last block keep what is not written now.
      const [size = 0, head, tail] = await Promise.all([
        settled<number | undefined>(sizes.get(this.#name)),
        settled<Uint8Array | undefined>(blocks.get([this.#name, first])),
        settled<Uint8Array | undefined>(blocks.get([this.#name, last])),
      ]);
      const bytes = new Uint8Array((last - first + 1) * blockBytes);
      if (head) bytes.set(head);
      if (tail && last > first) bytes.set(tail, (last - first) * blockBytes);
      copyParts(parts, bytes, at - first * blockBytes);
      for (let n = first; n <= last; n++) {
        const start = (n - first) * blockBytes;
        blocks.put(bytes.slice(start, start + blockBytes), [this.#name, n]);
      }
      if (end > size) sizes.put(end, this.#name);
    });
  }

  async truncate(size: number): Promise<void> {
    await changed(this.#database, async (sizes, blocks) => {
      const before: number = (await settled(sizes.get(this.#name))) ?? 0;
      if (size >= before) return;
      const last = Math.floor(size / blockBytes);
      const block = await settled<Uint8Array | undefined>(blocks.get([this.#name, last]));
      blocks.delete(blocksFrom(this.#name, last + 1));
      if (block) blocks.put(block.fill(0, size % blockBytes), [this.#name, last]);
      sizes.put(size, this.#name);
    });
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}
}

/** The indexes of this origin. */
export async function listIndexedDb(): Promise<{ name: string; byteLength: number }[]> {
  const databases = indexedDatabases();
  if (!databases.databases) return [];
  const found: { name: string; byteLength: number }[] = [];
  for (const { name = '' } of await databases.databases()) {
    if (!name.startsWith(prefix)) continue;
    const store = new IndexedDbStore(name.slice(prefix.length));
    const files = await store.list();
    const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
    if (byteLength > 0) found.push({ name: store.name, byteLength });
  }
  return found;
}

/**
 * Empties the database and does not delete it. Deleting waits for all connections, and WebKit sometimes keeps that of a
 * worker that has ended: then deleting and opening wait for ever.
 *
 * @throws LikenessError `locked` while a tab writes to it
 */
export async function deleteIndexedDb(name: string): Promise<void> {
  const store = new IndexedDbStore(name);
  try {
    await whileLocked(store, () => store.clear());
  } finally {
    store.close();
  }
}
