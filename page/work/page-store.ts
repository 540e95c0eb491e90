import type { DBSchema, IDBPDatabase } from 'idb';
import type { StoredCollection, StoredFile } from '../state/collection-types.ts';
import { database } from '../state/database.ts';

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

const opened = database<PageSchema>('likeness-page', (db) => {
  db.createObjectStore('unread', { keyPath: 'id' });
  db.createObjectStore('collections', { keyPath: 'key' });
  db.createObjectStore('files', { keyPath: ['collection', 'path'] });
});

/** What the page itself remembers, beside its indexes; `undefined` where storage is blocked. */
export const pageStore = (): Promise<IDBPDatabase<PageSchema> | undefined> => opened().catch(() => undefined);
