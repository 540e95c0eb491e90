import { type DBSchema, openDB } from 'idb';

/** A map as it is kept for the next visit. */
export interface KeptMap {
  /** The index's store. */
  store: string;
  ids: string[];
  coordinates: Float32Array;
  marks: string[];
}

interface MapSchema extends DBSchema {
  maps: { key: string; value: KeptMap };
}

const open = () =>
  openDB<MapSchema>('likeness-maps', 1, {
    upgrade(store) {
      store.createObjectStore('maps', { keyPath: 'store' });
    },
    // A newer page in another tab wants to change the store.
    blocking: (_, __, event) => (event.target as IDBDatabase).close(),
  });

/** Keeps the map of an index; where storage is blocked, it is made again at the next visit. */
export async function storeMap(map: KeptMap): Promise<void> {
  try {
    const db = await open();
    await db.put('maps', map);
    db.close();
  } catch {
    // See above.
  }
}

/** The map that was kept for an index. */
export async function loadMap(store: string): Promise<KeptMap | undefined> {
  try {
    const db = await open();
    const found = await db.get('maps', store);
    db.close();
    const isWhole =
      found?.coordinates instanceof Float32Array && found.ids.length * 2 === found.coordinates.length;
    return isWhole && found.marks.length === found.ids.length ? found : undefined;
  } catch {
    return undefined;
  }
}
