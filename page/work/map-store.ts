import type { DBSchema } from 'idb';
import { database } from '../state/database.ts';

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

const maps = database<MapSchema>('likeness-maps', (db) => {
  db.createObjectStore('maps', { keyPath: 'store' });
});

/** Keeps the map of an index; where storage is blocked, it is made again at the next visit. */
export async function storeMap(map: KeptMap): Promise<void> {
  try {
    await (await maps()).put('maps', map);
  } catch {
    // See above.
  }
}

/** The map that was kept for an index. */
export async function loadMap(store: string): Promise<KeptMap | undefined> {
  try {
    const found = await (await maps()).get('maps', store);
    const isWhole =
      found?.coordinates instanceof Float32Array && found.ids.length * 2 === found.coordinates.length;
    return isWhole && found.marks.length === found.ids.length ? found : undefined;
  } catch {
    return undefined;
  }
}
