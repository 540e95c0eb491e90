import type { StoredFile } from '../../state/collection-types.ts';
import { type Collection, changeCollection, collections } from '../../state/collections.ts';
import { placeOfIndexes } from '../place.ts';
import { rememberedUnread } from '../unread.ts';
import { changeFiles, deleteCollection, putCollection, storedCollections } from './store.ts';

let loading: Promise<void> | undefined;

/** Looks up the folders that were given before, for the pictures that this page shows. */
export function loadCollections(): Promise<void> {
  loading ??= (async () => {
    const [place, stored] = await Promise.all([placeOfIndexes(), storedCollections(), rememberedUnread()]);
    collections.value = stored
      .filter(([collection]) => collection.place === place)
      .map(([collection, files]): Collection => ({ ...collection, files, isOpen: false, vanished: [] }))
      .sort((a, b) => b.opened - a.opened);
  })();
  return loading;
}

/** A file as the browser has it now, beside what is known of it. */
export const isAsBefore = (known: StoredFile, file: File): boolean =>
  known.size === file.size && known.modified === file.lastModified;

/**
 * The collection that a folder is; a new one where it is none.
 *
 * @param files by their paths
 * @param key of the one that the person said it is
 */
export async function collectionOf(
  name: string,
  handle: FileSystemDirectoryHandle | undefined,
  files: ReadonlyMap<string, File>,
  key?: string,
): Promise<Collection> {
  await loadCollections();
  const found =
    collections.value.find((one) => one.key === key && one.name === name) ??
    (await sameFolder(handle)) ??
    collections.value.find((one) => one.name === name && !(handle && one.handle) && isAlike(one, files));
  const opened: Collection = {
    ...(found ?? { key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, files: new Map() }),
    name,
    place: await placeOfIndexes(),
    opened: Date.now(),
    isOpen: true,
    vanished: [],
    ...(handle ? { handle } : {}),
  };
  if (found) changeCollection(opened.key, opened);
  else collections.value = [opened, ...collections.value];
  await putCollection(opened);
  return opened;
}

/** The collection that the person said a folder is, or whose handle is the same. */
export async function knownFolder(
  handle: FileSystemDirectoryHandle | undefined,
  key?: string,
): Promise<Collection | undefined> {
  await loadCollections();
  return collections.value.find((one) => one.key === key) ?? (await sameFolder(handle));
}

async function sameFolder(handle: FileSystemDirectoryHandle | undefined): Promise<Collection | undefined> {
  for (const one of handle ? collections.value : []) {
    if (one.handle && (await one.handle.isSameEntry(handle!).catch(() => false))) return one;
  }
  return undefined;
}

/** Whether half of a collection's files are among these: a folder that only has the same name is another one. */
export function isAlike(collection: Collection, files: ReadonlyMap<string, File>): boolean {
  let same = 0;
  for (const known of collection.files.values()) {
    const file = files.get(known.path);
    if (file && isAsBefore(known, file)) same++;
  }
  return same > 0 && 2 * same >= collection.files.size;
}

/** Notes what a collection has now. */
export async function noteFiles(
  key: string,
  put: readonly StoredFile[],
  gone: readonly string[],
): Promise<void> {
  const collection = collections.value.find((one) => one.key === key);
  if (!collection || put.length + gone.length === 0) return;
  const files = new Map(collection.files);
  for (const file of put) files.set(file.path, file);
  for (const path of gone) files.delete(path);
  changeCollection(key, { files });
  await changeFiles(key, put, gone);
}

/** Whether the person stopped the reading: collections that are not all read do not go on by themselves after a reload. */
export async function pauseCollections(isPaused: boolean): Promise<void> {
  for (const one of collections.value) {
    if ((one.isPaused ?? false) === isPaused) continue;
    const changed = { ...one, isPaused };
    changeCollection(one.key, { isPaused });
    await putCollection(changed);
  }
}

/** After the index was emptied: the folders are there to be opened again, and nothing of them is read by itself. */
export async function closeCollections(): Promise<void> {
  await pauseCollections(true);
  collections.value = collections.value.map((one) => ({ ...one, isOpen: false, vanished: [] }));
}

/**
 * Pictures that the person took out of the index: their files stay, and are not read again.
 *
 * @param isLeftOut `false`: they are in the index again
 */
export async function leaveOut(ids: Iterable<string>, isLeftOut = true): Promise<void> {
  const those = new Set(ids);
  for (const { key, files } of collections.value) {
    const put = [...files.values()].filter(({ id }) => those.has(id));
    await noteFiles(
      key,
      put.map(({ isLeftOut: _, ...file }) => (isLeftOut ? { ...file, isLeftOut } : file)),
      [],
    );
  }
}

/** Forgets a folder. Its pictures stay in the index. */
export async function forgetCollection(key: string): Promise<void> {
  collections.value = collections.value.filter((one) => one.key !== key);
  await deleteCollection(key);
}
