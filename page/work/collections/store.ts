import type { StoredCollection, StoredFile } from '../../state/collection-types.ts';
import { pageStore } from '../page-store.ts';
import { Turns } from '../turns.ts';

/** Files that are read and written at a time: the page goes on between two parts. */
const atOnce = 250;

/** The stored collections with their files; none where storage is blocked. */
export async function storedCollections(): Promise<[StoredCollection, Map<string, StoredFile>][]> {
  const store = await pageStore();
  const found = (await store?.getAll('collections').catch(() => undefined)) ?? [];
  return Promise.all(
    found.map(async (collection): Promise<[StoredCollection, Map<string, StoredFile>]> => {
      const files = new Map<string, StoredFile>();
      const last: [string, string] = [collection.key, '\uffff'];
      let after: IDBKeyRange | undefined = IDBKeyRange.bound([collection.key, ''], last);
      while (after) {
        const part: StoredFile[] = (await store?.getAll('files', after, atOnce).catch(() => undefined)) ?? [];
        for (const file of part) files.set(file.path, file);
        const { path = '' } = part.at(-1) ?? {};
        after = part.length === atOnce ? IDBKeyRange.bound([collection.key, path], last, true) : undefined;
      }
      return [collection, files];
    }),
  );
}

/** Stores a collection. A browser may not store handles: it is stored without. */
export async function putCollection(collection: StoredCollection): Promise<void> {
  const { key, name, place, opened, handle, isPaused } = collection;
  const plain: StoredCollection = { key, name, place, opened, ...(isPaused ? { isPaused } : {}) };
  const store = await pageStore();
  if (!store) return;
  await store
    .put('collections', handle ? { ...plain, handle } : plain)
    .catch(() => store.put('collections', plain))
    .catch(() => {}); // a full or blocked storage: it is known in this visit
}

/** Stores files, and forgets others by their paths. */
export async function changeFiles(
  collection: string,
  put: readonly StoredFile[],
  gone: readonly string[],
): Promise<void> {
  const store = await pageStore();
  const changes = [...put, ...gone];
  const turns = new Turns();
  try {
    for (let at = 0; store && at < changes.length; at += atOnce) {
      const { store: files, done } = store.transaction('files', 'readwrite');
      for (const one of changes.slice(at, at + atOnce)) {
        if (typeof one === 'string') void files.delete([collection, one]);
        else void files.put(one);
      }
      await done;
      await turns.next();
    }
  } catch {} // as above
}

export async function deleteCollection(key: string): Promise<void> {
  const store = await pageStore();
  await store?.delete('collections', key).catch(() => {});
  await store?.delete('files', IDBKeyRange.bound([key, ''], [key, '\uffff'])).catch(() => {});
}
