import { refuse, urlOf } from '../../base/checks.ts';
import { isBlob, isUrl } from '../../base/class-of.ts';
import { LikenessError } from '../../base/errors.ts';
import { proveWebLocks } from '../../web/lock.ts';
import {
  answered,
  indexedDbName,
  NoStorage,
  opfsName,
  probeName,
  webLocksName,
  whyNot,
  writesInPlace,
} from '../../web/storage.ts';
import { isStore, type Store, type StoredIndexInfo } from '../format/files.ts';
import { httpStore } from './store.http.ts';
import { deleteIndexedDb, IndexedDbStore, listIndexedDb } from './store.indexeddb.ts';
import { MemoryStore } from './store.memory.ts';
import { deleteOpfs, listOpfs, OpfsStore } from './store.opfs.ts';
import { type PostedStore, postStore, RemoteStore } from './store.remote.ts';
import { blobStore } from './store.single.ts';

/**
 * A store as it is posted to the worker: `opfs:name`, `indexeddb:name`, an absolute URL, a file, or a program's own, which
 * stays in the page.
 *
 * @internal
 */
export type PostedStoreName = string | Blob | PostedStore;

/** A place in this browser; `what` is for messages. */
interface Place {
  what: string;
  store: Store & { warnings: readonly string[] };
}

/**
 * In a worker. `opfs:` falls back to IndexedDB where files of the private file system cannot be written in place.
 *
 * @internal
 * @throws LikenessError `storage-denied` where the browser keeps nothing for this page
 */
export async function openStore(name: PostedStoreName | Store): Promise<Store> {
  if (isBlob(name)) return blobStore(name);
  if (typeof name === 'object') return isStore(name) ? name : new RemoteStore(name);
  const [, kind, rest] = /^(opfs|indexeddb):(.+)$/.exec(name) ?? [];
  if (rest === undefined) return httpStore(name);
  const places: Place[] = [{ what: indexedDbName, store: new IndexedDbStore(rest) }];
  if (kind === 'opfs') places.unshift({ what: opfsName, store: new OpfsStore(rest) });
  return provenStore(name, places);
}

/** @internal The same, but where the browser keeps nothing the index is in memory, with a warning. */
export async function openStoreOrMemory(name: PostedStoreName): Promise<Store> {
  try {
    return await openStore(name);
  } catch (error) {
    if (!(error instanceof LikenessError) || error.code !== 'storage-denied') throw error;
    const warning = `${error.message} The index is in memory and goes with this page; export() gives it as a file.`;
    console.warn(`Likeness: ${warning}`);
    return new MemoryStore('memory', [warning]);
  }
}

/** The first place that keeps something. Web Locks are needed, too: without them two tabs could write at once. */
async function provenStore(name: string, places: readonly Place[]): Promise<Store> {
  const locks = proveWebLocks();
  locks.catch(() => {});
  const reasons: string[] = [];
  const silent: string[] = [];
  for (const { what, store } of places) {
    try {
      await prove(what, store);
    } catch (error) {
      reasons.push(whyNot(what, error));
      if (error instanceof NoStorage && error.silent) silent.push(what);
      continue;
    }
    try {
      await locks;
    } catch (error) {
      reasons.push(whyNot(webLocksName, error));
      break;
    }
    const instead = `does not answer: the index is in ${store.name}; one that was kept there is not seen.`;
    store.warnings = silent.map((place) => `${place} ${instead}`);
    return store;
  }
  throw new LikenessError('storage-denied', `${name} cannot be kept in this browser: ${reasons.join('; ')}.`);
}

/** Where an index is, something was written before; else a byte is written, and removed. */
async function prove(what: string, store: Store): Promise<void> {
  if (store instanceof OpfsStore && !writesInPlace()) {
    throw new NoStorage(`${what} cannot be written in place`);
  }
  const files = await answered(what, () => store.list());
  if (files.some(({ byteLength }) => byteLength > 0)) return;
  await answered(what, async () => {
    const name = probeName();
    const file = await store.open(name, 'create');
    try {
      await file.write(0, [new Uint8Array(1)]);
      await file.sync();
    } finally {
      await file.close();
    }
    await store.remove(name);
  });
}

/** In the page: what names a store, checked. @internal @throws LikenessError `bad-argument` */
export function storeName(store: unknown, base: string): string | Blob | Store {
  if (isBlob(store) || isStore(store)) return store;
  if (typeof store === 'string' && /^(opfs|indexeddb):./.test(store)) return store;
  const isName = (typeof store === 'string' && store !== '') || isUrl(store);
  const name = (isName && urlOf(store, base)?.href) || '';
  if (/^(https?|blob):/.test(name)) return name;
  return refuse(
    'The store',
    isUrl(store) ? store.href : store,
    'opfs:<name>, the URL of an exported index, a Blob, or a Store, in a page',
  );
}

/** In the page: what {@link openStore} understands in the worker; for one call. @internal */
export const postedStoreName = (name: string | Blob | Store): PostedStoreName =>
  isStore(name) ? postStore(name) : name;

/**
 * The indexes that are kept in this browser for this origin, with their sizes. None where storage is blocked.
 *
 * @example for (const { store, byteLength } of await listIndexes()) show(store, byteLength);
 */
export async function listIndexes(): Promise<StoredIndexInfo[]> {
  const lists = [answered(opfsName, listOpfs), answered(indexedDbName, listIndexedDb)];
  // Where nothing may be stored nothing is.
  const all = (await Promise.all(lists.map((list) => list.catch(() => [])))).flat();
  return all.map(({ name, byteLength }) => ({ store: name, byteLength }));
}

/**
 * Deletes an index of this browser.
 *
 * @param store `opfs:name`, as {@link listIndexes} says it
 * @throws LikenessError `bad-argument`, `not-found`, `locked` while a tab writes to it, `storage-failed`
 * @example await deleteIndex('opfs:holiday');
 */
export async function deleteIndex(store: string): Promise<void> {
  const [, kind, name] = (typeof store === 'string' && /^(opfs|indexeddb):(.+)$/.exec(store)) || [];
  if (name === undefined) refuse('The index', store, 'opfs:<name>');
  // An index that was opened as opfs: may have become one of IndexedDB.
  const there = new Set((await listIndexes()).map((index) => index.store));
  const inDatabase = there.has(`indexeddb:${name}`);
  const inFiles = kind === 'opfs' && there.has(store);
  if (inFiles) await deleteOpfs(name);
  else if (inDatabase) await deleteIndexedDb(name);
  else throw new LikenessError('not-found', `There is no index ${store} in this browser.`);
}
