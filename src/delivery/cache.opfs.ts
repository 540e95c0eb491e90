import { Mutex } from '../base/lock.ts';
import { freeNow } from '../base/random-access.ts';
import { sha256 as digestOf } from '../base/sha256.ts';
import type { SyncAccessHandle, FileHandle as WorkerFileHandle } from '../web/access-handle.ts';
import {
  answered,
  NoStorage,
  opfsName,
  privateFileSystem,
  probeName,
  unlessFull,
  writesInPlace,
} from '../web/storage.ts';
import type { ShardCache, ShardWriter } from './cache.ts';
import { blobSha256 } from './hash.ts';

/** In a page or in a worker. */
type FileHandle = FileSystemFileHandle & Partial<Pick<WorkerFileHandle, 'createSyncAccessHandle'>>;

const folder = 'likeness-models';

/** Larger files are hashed a slice at a time: the browser's own hash, four times as fast, wants all of a file at once. */
const maxAtOnce = 64 * 2 ** 20;

/**
 * The origin's private file system. Writing goes in place, through handles that only workers have: what was written
 * before a page is closed or killed is there afterwards.
 *
 * @throws where there is no such file system, a worker's handles are missing, or a worker cannot write
 */
export async function openOpfsCache(): Promise<ShardCache> {
  const inWorker = !('document' in globalThis);
  if (inWorker && !writesInPlace()) throw new NoStorage(`${opfsName} cannot be written in place`);
  const root = await privateFileSystem();
  const { shards, records } = await answered(opfsName, async () => {
    const ours = await root.getDirectoryHandle(folder, { create: true });
    if (inWorker) await probe(ours).catch(unlessFull);
    return {
      shards: await ours.getDirectoryHandle('shards', { create: true }),
      records: await ours.getDirectoryHandle('records', { create: true }),
    };
  });
  const recordFile = (key: string): string => `${key}.json`;
  /** Holds a file while it is hashed, one at a time. It grows in place: no buffer waits for the garbage collector. */
  const whole = new WebAssembly.Memory({ initial: 0 });
  const mutex = new Mutex();

  const digestAtOnce = async (handle: FileHandle): Promise<string> => {
    const access = await handle.createSyncAccessHandle!();
    try {
      const size = access.getSize();
      const missing = size - whole.buffer.byteLength;
      if (missing > 0) whole.grow(Math.ceil(missing / 65536));
      const view = new Uint8Array(whole.buffer, 0, size);
      if (access.read(view, { at: 0 }) !== size) return 'cut short while it was read';
      return await digestOf(view);
    } finally {
      access.close();
    }
  };

  return {
    kind: 'opfs',
    stored: async (sha256) => (await existing(shards, sha256))?.size ?? 0,
    async append(sha256) {
      const handle: FileHandle = await shards.getFileHandle(sha256, { create: true });
      return appendTo(await handle.createSyncAccessHandle!());
    },
    async blob(sha256) {
      return (await shards.getFileHandle(sha256)).getFile();
    },
    async digest(sha256, onBytes) {
      const handle: FileHandle = await shards.getFileHandle(sha256);
      const { size } = await handle.getFile();
      if (size > maxAtOnce || !handle.createSyncAccessHandle) {
        return blobSha256(await handle.getFile(), onBytes);
      }
      const digest = await mutex.run(() => digestAtOnce(handle));
      onBytes(size);
      return digest;
    },
    remove: (sha256) => removeIn(shards, sha256),
    async sizes() {
      const sizes = new Map<string, number>();
      for await (const [name, handle] of shards.entries()) {
        if (handle.kind === 'file') sizes.set(name, (await (handle as FileSystemFileHandle).getFile()).size);
      }
      return sizes;
    },
    async readRecord(key) {
      return (await existing(records, recordFile(key)))?.text();
    },
    async writeRecord(key, text) {
      // Not in place: a record is whole or absent.
      const handle = await records.getFileHandle(recordFile(key), { create: true });
      const writable = await handle.createWritable();
      await writable.write(text);
      await writable.close();
    },
    removeRecord: (key) => removeIn(records, recordFile(key)),
    async recordKeys() {
      const keys: string[] = [];
      for await (const name of records.keys()) {
        if (name.endsWith('.json')) keys.push(name.slice(0, -'.json'.length));
      }
      return keys;
    },
  };
}

/** Writes a byte, and takes it away. */
async function probe(directory: FileSystemDirectoryHandle): Promise<void> {
  const name = probeName();
  const handle: FileHandle = await directory.getFileHandle(name, { create: true });
  try {
    const access = await handle.createSyncAccessHandle!();
    try {
      access.write(new Uint8Array(1), { at: 0 });
      access.flush();
    } finally {
      access.close();
    }
  } finally {
    await directory.removeEntry(name);
  }
}

function appendTo(access: SyncAccessHandle): ShardWriter {
  let end = access.getSize();
  return {
    async write(bytes) {
      const { length, buffer } = bytes;
      const written = access.write(bytes, { at: end });
      if (written < length) {
        throw new DOMException(`${written} of ${length} bytes were written`, 'QuotaExceededError');
      }
      end += written;
      if (length === buffer.byteLength) freeNow(buffer as ArrayBuffer);
    },
    async close() {
      access.flush();
      access.close();
    },
  };
}

async function existing(directory: FileSystemDirectoryHandle, name: string): Promise<File | undefined> {
  try {
    return await (await directory.getFileHandle(name)).getFile();
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return undefined;
    throw error;
  }
}

async function removeIn(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  await directory.removeEntry(name).catch((error: DOMException) => {
    if (error.name !== 'NotFoundError') throw error;
  });
}
