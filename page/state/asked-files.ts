import { signal } from '@preact/signals';
import { loadFile, storeFile } from './file-store.ts';

/** A file that a person asked with, and where it is shown from. */
export interface AskedFile {
  file: File;
  url: string;
}

/** Files that are at hand in this visit, or were looked for and are not stored (`'gone'`), by their names in addresses. */
export const askedFiles = signal<ReadonlyMap<string, AskedFile | 'gone'>>(new Map());

/** So many are at hand at a time. */
const maxAtHand = 40;

function know(key: string, found: AskedFile | 'gone'): void {
  const next = new Map(askedFiles.value);
  next.delete(key);
  next.set(key, found);
  const [oldest] = next;
  if (oldest && next.size > maxAtHand) {
    next.delete(oldest[0]);
    if (oldest[1] !== 'gone') URL.revokeObjectURL(oldest[1].url);
  }
  askedFiles.value = next;
}

/**
 * Keeps a file for queries: for this visit, and in the browser for the next one.
 *
 * @param hash SHA-256 of the file; its beginning is the file's name in addresses
 * @returns that name
 */
export function keepAskedFile(file: File, hash: string): string {
  const key = hash.slice(0, 16);
  if (!askedFile(key)) know(key, { file, url: URL.createObjectURL(file) });
  // Where the browser stores nothing, the file is there for this visit.
  storeFile(key, file).catch(() => {});
  return key;
}

/** A file that is at hand. */
export function askedFile(key: string): AskedFile | undefined {
  const found = askedFiles.value.get(key);
  return found === 'gone' ? undefined : found;
}

/** The file of an address, from this visit or an earlier one; `undefined` where it is not on this device any more. */
export async function findAskedFile(key: string): Promise<AskedFile | undefined> {
  const found = askedFiles.value.get(key);
  if (found !== undefined) return found === 'gone' ? undefined : found;
  const file = await loadFile(key).catch(() => undefined);
  // Meanwhile the person may have chosen it again.
  if (!askedFiles.value.has(key)) know(key, file ? { file, url: URL.createObjectURL(file) } : 'gone');
  return askedFile(key);
}
