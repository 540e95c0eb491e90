import { firstNotFinite } from '../knn/search/vectors.ts';
import type { PlacedEntry } from '../store/format/entries.ts';
import type { IndexStore } from '../store/index-store.ts';
import { warnOfRows } from './open-index.ts';

/** The pictures of an index but for those whose features are damaged; stderr names these. */
export async function wholeEntries(index: IndexStore, where: string): Promise<PlacedEntry[]> {
  const entries = [...index.entries];
  const { dimension } = index.info;
  const damaged = new Set<PlacedEntry>();
  for await (const { first, values } of index.rows(entries, (entry) => damaged.add(entry))) {
    for (let at = 0; at < values.length; at += dimension) {
      if (firstNotFinite(values.subarray(at, at + dimension)) >= 0)
        damaged.add(entries[first + at / dimension]!);
    }
  }
  if (damaged.size > 0) {
    const ids = Array.from(damaged, ({ id }) => id);
    warnOfRows(where, ids, entries.length);
  }
  return entries.filter((entry) => !damaged.has(entry));
}

/** Copies of the features of some pictures. */
export async function rowsOf(index: IndexStore, entries: readonly PlacedEntry[]): Promise<Float32Array> {
  const values = new Float32Array(entries.length * index.info.dimension);
  await index.readRows(entries, values);
  return values;
}
