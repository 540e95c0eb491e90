import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LikenessError } from '../errors.ts';
import type { StoredIndexInfo } from '../types.ts';
import { isStore, type Store } from './files.ts';
import { fileName, generations } from './generations.ts';
import { httpStore } from './store.http.ts';
import { FolderStore } from './store.node.ts';
import { blobStore, type ReadableFile, SingleFileStore } from './store.single.ts';

export type StoreName = string | URL | Blob | Store;

/**
 * A folder (`file:folder`, a path, a `file:` URL), an exported file, the URL of one, a `Blob`, or a store as it is.
 *
 * @throws LikenessError `bad-argument`
 */
export async function openStore(name: StoreName): Promise<Store> {
  if (name instanceof Blob) return blobStore(name);
  if (typeof name === 'object' && !(name instanceof URL)) {
    if (isStore(name)) return name;
    throw new LikenessError('bad-argument', 'The store has to be file:<folder>, a URL, a Blob, or a Store.');
  }
  const text = String(name);
  if (/^https?:/.test(text)) return httpStore(text);
  if (/^(opfs|indexeddb):/.test(text)) {
    throw new LikenessError('bad-argument', `${text} exists in browsers only; take file:<folder>.`);
  }
  const path = storePath(text);
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? fileStore(path) : new FolderStore(path);
}

const storePath = (text: string): string =>
  text.startsWith('file://') ? fileURLToPath(text) : text.replace(/^file:/, '');

/** A file that is read where it is wanted. */
export async function openReadable(path: string): Promise<ReadableFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw new LikenessError('not-found', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return {
    size: async () => (await handle.stat()).size,
    async read(at, into) {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, at + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    close: () => handle.close(),
  };
}

/** An exported index, read-only. */
const fileStore = (path: string): Store => new SingleFileStore(path, () => openReadable(path), true);

/** The indexes in a folder: those of its folders that hold one, with their sizes. */
export async function listIndexes(folder: string): Promise<StoredIndexInfo[]> {
  const found: StoredIndexInfo[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    const files = (await new FolderStore(path).list()).filter(({ name }) => name.endsWith('.likeness'));
    const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
    if (byteLength > 0) found.push({ store: `file:${path}`, byteLength });
  }
  return found;
}

/**
 * Deletes an index: its files, and its folder when nothing else is in it.
 *
 * @param store `file:folder`
 * @throws LikenessError `not-found`, `locked`
 */
export async function deleteIndex(store: string | URL): Promise<void> {
  const folder = storePath(String(store));
  const files = new FolderStore(folder);
  const numbers = await generations(files);
  if (numbers.length === 0) throw new LikenessError('not-found', `There is no index in ${folder}.`);
  const lock = await files.lock();
  if (!lock) throw new LikenessError('locked', `The index in ${folder} is being written by another process.`);
  try {
    // The oldest first: a newer one alone is the index, an older one would be one that is out of date.
    for (const number of numbers.reverse()) await files.remove(fileName(number));
  } finally {
    await lock.release();
  }
  if ((await readdir(folder)).length === 0) await rm(folder, { recursive: true });
}
