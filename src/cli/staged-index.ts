import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { makeFolder, removeFolders } from '../base/make-folder.node.ts';
import { cannotWrite } from '../base/storage-errors.ts';
import type { FolderPlace } from '../output/place.node.ts';
import { whileLocked } from '../store/format/files.ts';
import { fileName, newestGeneration, openGeneration } from '../store/format/generations.ts';
import { IndexStore } from '../store/index-store.ts';
import { FolderStore, syncFolder } from '../store/media/store.node.ts';
import { readOnlyStore } from '../store/media/store.single.ts';

/** A folder within the output, where the next index is made: it is on the same disk. */
const stagingName = '.likeness-new';

/** An index that is made before it replaces the one that is there. */
export interface StagedIndex {
  /** Where it is made. An attempt that was killed may be continued there. */
  folder: string;
  /** Replaces the index that is there in one step. @throws LikenessError `locked`, or a storage code */
  publish(): Promise<void>;
  /** Removes it, and the folders that were made for it. */
  discard(): Promise<void>;
}

/**
 * @param anew removes what a killed attempt left, instead of continuing it
 * @throws LikenessError `bad-argument` where a file has its name, `locked` while another process makes one, or a
 *   storage code
 */
export async function stageIndex(
  place: FolderPlace,
  { anew = false }: { anew?: boolean } = {},
): Promise<StagedIndex> {
  const folder = join(place.path, stagingName);
  const made = [...(await makeFolder(place.path)), ...(await makeFolder(folder))];
  if (anew && !(await emptyStaging(folder))) {
    throw new LikenessError('locked', `Another process is making an index in ${place.named}.`);
  }
  return {
    folder,
    publish: () => publish(folder, place),
    async discard() {
      await emptyStaging(folder);
      await rmdir(folder).catch(() => {});
      await removeFolders(made);
    },
  };
}

/** Removes what an attempt left, unless another process is making an index there. */
export async function discardStaged(place: FolderPlace): Promise<void> {
  if (!place.names?.includes(stagingName)) return;
  const folder = join(place.path, stagingName);
  if (await emptyStaging(folder).catch(() => false)) await rmdir(folder).catch(() => {});
}

/** Resolves to `false` while another process writes there. */
async function emptyStaging(folder: string): Promise<boolean> {
  const lock = await new FolderStore(folder).lock();
  if (!lock) return false;
  await removeIndexFiles(folder);
  await lock.release();
  // Left by processes that were killed while they took the lock.
  const remains = (await readdir(folder)).filter((name) => /^lock\.(stale\.)?[0-9a-f-]{36}$/.test(name));
  for (const name of remains) await rm(join(folder, name), { force: true });
  return true;
}

/**
 * Removes an index without pictures, unless another process fills it, or has filled it.
 *
 * @returns whether no index is left
 */
export async function removeEmptyIndex(folder: string): Promise<boolean> {
  const store = new FolderStore(folder);
  // On a full disk no lock can be written, but an existing one can be seen.
  const lock = await store.lock().catch(() => null);
  if (lock === undefined || (lock === null && (await readdir(folder)).includes('lock'))) return false;
  try {
    const index = await IndexStore.open(readOnlyStore(store));
    await index.close();
    if (index.entries.length > 0) return false;
    await removeIndexFiles(folder);
    return true;
  } catch (error) {
    return (error as LikenessError).code === 'not-found';
  } finally {
    await lock?.release();
  }
}

async function removeIndexFiles(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (isIndexFile(name)) await rm(join(folder, name), { force: true });
}

/** Whether a file in a folder is an index's, by its name. */
export const isIndexFile = (name: string): boolean => /^index-\d{1,9}\.likeness$/.test(name);

async function publish(folder: string, { path, named }: FolderPlace): Promise<void> {
  const store = new FolderStore(path);
  await whileLocked(store, async () => {
    const staged = await openGeneration(new FolderStore(folder));
    if (!('file' in staged))
      throw new LikenessError('not-found', `The index that was made in ${folder} is gone.`);
    await staged.file.close();
    // The newest whole file is the index; opening it removes the older ones.
    await rename(join(folder, staged.name), join(path, fileName((await newestGeneration(store)) + 1)));
    await syncFolder(path);
  }).catch((error) => {
    throw cannotWrite(named, error, 'The index cannot be written to');
  });
  await emptyStaging(folder);
  await rmdir(folder).catch(() => {});
  await (await IndexStore.open(store)).close();
}
