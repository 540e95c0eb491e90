import { readExactly } from '../base/random-access.ts';
import { IndexedDbStore } from '../store/media/store.indexeddb.ts';
import {
  answered,
  indexedDatabases,
  indexedDbName,
  NoStorage,
  probeName,
  unlessFull,
} from '../web/storage.ts';
import type { ShardCache } from './cache.ts';
import { blobSha256 } from './hash.ts';

/** A write is a transaction, which waits for the disk. */
const pieceBytes = 4 * 2 ** 20;
const records = 'records/';
const databaseName = 'likeness-models';

/**
 * IndexedDB, for browsers whose private file system is missing or has no handles in workers: WebKitGTK, private windows of
 * Firefox.
 *
 * @param isLookedAt for what is there, which a page does often: no database is made, which would take room
 * @throws where it is missing too, denied, or takes nothing
 */
export async function openIndexedDbCache(isLookedAt = false): Promise<ShardCache> {
  const store = new IndexedDbStore('models', databaseName);
  const sizeOf = async (name: string): Promise<number | undefined> =>
    (await store.list()).find((file) => file.name === name)?.byteLength;
  const write = async (name: string, at: number, parts: readonly Uint8Array[]): Promise<void> => {
    const file = await store.open(name, at === 0 ? 'create' : 'write');
    await file.write(at, parts);
  };
  const read = async (name: string, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> =>
    (await readExactly(await store.open(name, 'read'), at, length)) ?? new Uint8Array(0);
  await answered(indexedDbName, async () => {
    if (isLookedAt) {
      const databases = await indexedDatabases().databases?.();
      if (databases?.some(({ name }) => name === databaseName) === false) throw new NoStorage('no models');
      return void (await store.list());
    }
    const name = probeName();
    await write(name, 0, [new Uint8Array(1)]).catch(unlessFull);
    await store.remove(name);
  });

  const cache: ShardCache = {
    kind: 'indexeddb',
    stored: async (sha256) => (await sizeOf(sha256)) ?? 0,
    async append(sha256) {
      let at = await cache.stored(sha256);
      let pending: Uint8Array[] = [];
      let pendingBytes = 0;
      const flush = async (): Promise<void> => {
        if (pendingBytes === 0) return;
        const [start, parts] = [at, pending];
        at += pendingBytes;
        pending = [];
        pendingBytes = 0;
        await write(sha256, start, parts);
      };
      return {
        async write(bytes) {
          pending.push(bytes.slice()); // it is the caller’s again
          pendingBytes += bytes.length;
          if (pendingBytes >= pieceBytes) await flush();
        },
        close: flush,
      };
    },
    async blob(sha256) {
      const size = await cache.stored(sha256);
      const parts: Blob[] = [];
      for (let at = 0; at < size; at += pieceBytes) {
        parts.push(new Blob([await read(sha256, at, Math.min(pieceBytes, size - at))]));
      }
      return new Blob(parts);
    },
    digest: async (sha256, onBytes) => blobSha256(await cache.blob(sha256), onBytes),
    remove: (sha256) => store.remove(sha256),
    async sizes() {
      const files = (await store.list()).filter(({ name }) => !name.startsWith(records));
      return new Map(files.map(({ name, byteLength }) => [name, byteLength]));
    },
    async readRecord(key) {
      const size = await sizeOf(records + key);
      return size === undefined ? undefined : new TextDecoder().decode(await read(records + key, 0, size));
    },
    writeRecord: (key, text) => write(records + key, 0, [new TextEncoder().encode(text)]),
    removeRecord: (key) => store.remove(records + key),
    async recordKeys() {
      const names = (await store.list()).map(({ name }) => name);
      return names.filter((name) => name.startsWith(records)).map((name) => name.slice(records.length));
    },
  };
  return cache;
}
