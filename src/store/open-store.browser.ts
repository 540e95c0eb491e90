import { LikenessError } from '../errors.ts';
import type { StoredIndexInfo } from '../types.ts';
import { isStore, type Store } from './files.ts';
import { httpStore } from './store.http.ts';
import { deleteIndexedDb, IndexedDbStore, listIndexedDb } from './store.indexeddb.ts';
import { deleteOpfs, hasOpfs, listOpfs, OpfsStore } from './store.opfs.ts';
import { blobStore } from './store.single.ts';

/**
 * A store as it can be posted to the worker: `opfs:name`, `indexeddb:name`, an absolute URL, a file, or a program's own,
 * which stays in the page.
 */
export type StoreName = string | Blob | Store;

/** In a worker. `opfs:` falls back to IndexedDB where files of the private file system cannot be written in place. */
export async function openStore(name: StoreName): Promise<Store> {
  if (name instanceof Blob) return blobStore(name);
  if (typeof name === 'object') return name;
  const [, kind, rest] = /^(opfs|indexeddb):(.+)$/.exec(name) ?? [];
  if (rest === undefined) return httpStore(name);
  return kind === 'opfs' && (await hasOpfs()) ? new OpfsStore(rest) : new IndexedDbStore(rest);
}

/**
 * In the page: what {@link openStore} will understand.
 *
 * @throws LikenessError `bad-argument`
 */
export function storeName(store: unknown, base: string): StoreName {
  if (store instanceof Blob || isStore(store)) return store;
  if (typeof store === 'string' && /^(opfs|indexeddb):./.test(store)) return store;
  const name = typeof store === 'string' || store instanceof URL ? new URL(store, base).href : '';
  if (/^(https?|blob):/.test(name)) return name;
  throw new LikenessError(
    'bad-argument',
    `The store is ${typeof store === 'string' ? `"${store}"` : typeof store}; in a page it has to be opfs:<name>, the URL of an exported index, a Blob, or a Store.`,
  );
}

/** The indexes that are kept in this browser for this origin, with their sizes. */
export async function listIndexes(): Promise<StoredIndexInfo[]> {
  const opfs = typeof navigator.storage?.getDirectory === 'function' ? await listOpfs().catch(() => []) : [];
  const all = [...opfs, ...(await listIndexedDb())];
  return all.map(({ name, byteLength }) => ({ store: name, byteLength }));
}

/**
 * Deletes an index of this browser.
 *
 * @param store `opfs:name`, as {@link listIndexes} says it
 * @throws LikenessError `not-found`, `locked` while a tab writes to it, `bad-argument`
 */
export async function deleteIndex(store: string): Promise<void> {
  const [, kind, name] = /^(opfs|indexeddb):(.+)$/.exec(store) ?? [];
  if (name === undefined) {
    throw new LikenessError('bad-argument', `The store is "${store}"; it has to be opfs:<name>.`);
  }
  // An index that was opened as opfs: may have become one of IndexedDB.
  const inDatabase = (await listIndexedDb()).some((index) => index.name === `indexeddb:${name}`);
  const inFiles = kind === 'opfs' && (await listIndexes()).some((index) => index.store === store);
  if (inFiles) await deleteOpfs(name);
  else if (inDatabase) await deleteIndexedDb(name);
  else throw new LikenessError('not-found', `There is no index ${store} in this browser.`);
}
