import { signal } from '@preact/signals';
import { deleteIndex, listIndexes } from 'likeness-search';

/** An index that this browser keeps for the page. */
export interface StoredIndex {
  store: string;
  byteLength: number;
}

const ofPage = /^\w+:page-/;

/** The page's indexes in this browser; none where nothing can be stored. */
export const storedIndexes = signal<readonly StoredIndex[]>([]);

export async function findStoredIndexes(): Promise<readonly StoredIndex[]> {
  const found = await listIndexes().catch(() => []);
  storedIndexes.value = found.filter(({ store }) => ofPage.test(store));
  return storedIndexes.value;
}

/** Whether the person's own pictures may be here from an earlier visit. */
export const hasStoredPictures = async (): Promise<boolean> =>
  (await findStoredIndexes()).some(({ store }) => /^\w+:page-own-/.test(store));

export async function forgetIndex(store: string): Promise<void> {
  await deleteIndex(store);
  await findStoredIndexes();
}
