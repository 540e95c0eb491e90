import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

/**
 * A database of the page in this browser (IndexedDB), opened when it is first asked for. Where that fails, as in windows that
 * store nothing, it rejects, and the next one who asks tries again.
 *
 * @param create makes the object stores, at the first visit
 */
export function database<S extends DBSchema>(
  name: string,
  create: (db: IDBPDatabase<S>) => void,
): () => Promise<IDBPDatabase<S>> {
  let opening: Promise<IDBPDatabase<S>> | undefined;
  const forget = (): void => {
    opening = undefined;
  };
  return () => {
    // Where it is blocked, some browsers throw at once.
    opening ??= Promise.resolve()
      .then(() =>
        openDB<S>(name, 1, {
          upgrade: create,
          // A newer page in another tab wants to change it, or the person deletes it: this page opens it anew.
          blocking: (_, __, event) => {
            (event.target as IDBDatabase).close();
            forget();
          },
          terminated: forget,
        }),
      )
      .catch((error) => {
        forget();
        throw error;
      });
    return opening;
  };
}
