import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { StoredCollection, StoredFile } from '../state/collection-types.ts';

/** A file that could not be read, as it was then. */
export interface RememberedFile {
  id: string;
  size: number;
  modified: number;
  why: string;
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
