/** Files that queries were made with, in IndexedDB: the last ones, up to a size. */
const database = 'likeness-page-files';
const store = 'files';
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

const resultOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function withStore<T>(
  mode: IDBTransactionMode,
  body: (files: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const opening = indexedDB.open(database, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(store, { keyPath: 'key' }).createIndex('used', ['used', 'byteLength']);
  };
  const db = await resultOf(opening);
  try {
    const transaction = db.transaction(store, mode);
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    const [answer] = await Promise.all([body(transaction.objectStore(store)), ended]);
    return answer;
  } finally {
    db.close();
  }
}

/** Stores a file, as the one used last; the oldest ones go. */
export async function storeFile(key: string, file: File): Promise<void> {
  if (file.size > maxBytes) return;
  const bytes = await file.arrayBuffer();
  const { name, type, lastModified: modified, size: byteLength } = file;
  const entry: StoredFile = { key, name, type, modified, bytes, byteLength, used: Date.now() };
  await withStore('readwrite', async (files) => {
    await resultOf(files.put(entry));
    await dropOldest(files);
  });
}

/** Goes from the one used last on, by the index alone; what is beyond the bounds is deleted. */
function dropOldest(files: IDBObjectStore): Promise<void> {
  let count = 0;
  let bytes = 0;
  return new Promise((resolve, reject) => {
    const request = files.index('used').openKeyCursor(null, 'prev');
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve();
      count++;
      bytes += (cursor.key as [number, number])[1];
      if (count > maxFiles || bytes > maxBytes) files.delete(cursor.primaryKey);
      cursor.continue();
    };
  });
}

/** A stored file, which is then the one used last; `undefined` where it is not stored. */
export async function loadFile(key: string): Promise<File | undefined> {
  const found = await withStore('readwrite', async (files) => {
    const there = await resultOf<StoredFile | undefined>(files.get(key));
    if (there) await resultOf(files.put({ ...there, used: Date.now() }));
    return there;
  });
  return found && new File([found.bytes], found.name, { type: found.type, lastModified: found.modified });
}
