import type { DBSchema } from 'idb';
import { database } from './database.ts';

/** Files that queries were made with, in IndexedDB: the last ones, up to a size. */
const maxFiles = 20;
const maxBytes = 200e6;

/** Bytes and not a `File`: some browsers store no files, or not in private windows. */
interface StoredFile {
  key: string;
  name: string;
  type: string;
  modified: number;
  bytes: ArrayBuffer;
  byteLength: number;
  /** When it was asked with last: milliseconds since 1970. */
  used: number;
}

interface FilesSchema extends DBSchema {
  files: { key: string; value: StoredFile; indexes: { used: [used: number, byteLength: number] } };
}

/** Rejects where storage is blocked. */
const files = database<FilesSchema>('likeness-page-files', (db) => {
  db.createObjectStore('files', { keyPath: 'key' }).createIndex('used', ['used', 'byteLength']);
});

/** Stores a file, as the one used last; the oldest ones go. */
export async function storeFile(key: string, file: File): Promise<void> {
  if (file.size > maxBytes) return;
  const bytes = await file.arrayBuffer();
  const { name, type, lastModified: modified, size: byteLength } = file;
  const entry: StoredFile = { key, name, type, modified, bytes, byteLength, used: Date.now() };
  const transaction = (await files()).transaction('files', 'readwrite');
  await transaction.store.put(entry);
  // By the index alone, from the one used last on.
  let count = 0;
  let sum = 0;
  for (
    let cursor = await transaction.store.index('used').openKeyCursor(null, 'prev');
    cursor;
    cursor = await cursor.continue()
  ) {
    sum += cursor.key[1];
    if (++count > maxFiles || sum > maxBytes) await transaction.store.delete(cursor.primaryKey);
  }
  await transaction.done;
}

/** A stored file, which is then the one used last; `undefined` where it is not stored. */
export async function loadFile(key: string): Promise<File | undefined> {
  const { store, done } = (await files()).transaction('files', 'readwrite');
  const found = await store.get(key);
  if (found) await store.put({ ...found, used: Date.now() });
  await done;
  return found && new File([found.bytes], found.name, { type: found.type, lastModified: found.modified });
}
