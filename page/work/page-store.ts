import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

/** A file that could not be read, as it was then. */
export interface RememberedFile {
  id: string;
  size: number;
  modified: number;
  why: string;
}

/** A folder that was given to the page. */
export interface StoredCollection {
  key: string;
  /** The folder's name. */
  name: string;
  /** Which pictures it belongs to: a served index's, or the person's own. */
  place: string;
  /** When it was opened last, in milliseconds since 1970. */
  opened: number;
  /** Where the browser lets a page keep it. */
  handle?: FileSystemDirectoryHandle;
}

/** A picture of such a folder, as it was when it was looked at last. */
export interface StoredFile {
  collection: string;
  /** From the folder's name on. */
  path: string;
  /** Of its picture; differs from the path where another picture had that. */
  id: string;
  size: number;
  modified: number;
}

interface PageSchema extends DBSchema {
  unread: { key: string; value: RememberedFile };
  collections: { key: string; value: StoredCollection };
  files: { key: [collection: string, path: string]; value: StoredFile };
}

let opening: Promise<IDBPDatabase<PageSchema> | undefined> | undefined;

/** What the page itself remembers, beside its indexes; `undefined` where storage is blocked. */
export function pageStore(): Promise<IDBPDatabase<PageSchema> | undefined> {
  opening ??= openDB<PageSchema>('likeness-page', 1, {
    upgrade(store) {
      store.createObjectStore('unread', { keyPath: 'id' });
      store.createObjectStore('collections', { keyPath: 'key' });
      store.createObjectStore('files', { keyPath: ['collection', 'path'] });
    },
    // A newer page in another tab wants to change the store.
    blocking: (_, __, event) => (event.target as IDBDatabase).close(),
    terminated() {
      opening = undefined;
    },
  }).catch(() => undefined);
  return opening;
}
