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
import { readOnlyStore } from '../store/media/store.read-only.ts';

/** Where the next index of a folder is made, in the folder itself: on the same disk, and nobody else's. */
const stagingName = '.likeness-new';

/** An index that is made while another one, or none, is in its place. */
export interface StagedIndex {
  /** Where it is made. What an attempt that was killed left there may be gone on with. */
  folder: string;
  /**
   * Puts it in the place of the index that is there, in one step: at every moment one of them is there whole.
   *
   * @throws LikenessError `locked`, or a storage code
   */
  publish(): Promise<void>;
  /** Removes it, and the folders that were made for it. */
  discard(): Promise<void>;
}

/**
 * @param anew whether what an attempt that was killed left there is removed, not gone on with
 * @throws LikenessError `bad-argument` where something else has its name, `locked` while another process is at it, or
 *   a storage code
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

/** Removes what an attempt to make another index left, when nobody is at it. */
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
  // Of processes that were killed while they took the lock.
  const remains = (await readdir(folder)).filter((name) => /^lock\.(stale\.)?[0-9a-f-]{36}$/.test(name));
  for (const name of remains) await rm(join(folder, name), { force: true });
  return true;
}

/**
 * Removes an index that holds no pictures. Another process may be filling it, or have filled it: whoever failed to has
 * no right to remove that.
 *
 * @returns whether no index is left
 */
export async function removeEmptyIndex(folder: string): Promise<boolean> {
  const store = new FolderStore(folder);
  // On a full disk no lock can be written; whether somebody has it can be seen.
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

/** Removes the files of an index from a folder, and nothing else. */
async function removeIndexFiles(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (isIndexFile(name)) await rm(join(folder, name), { force: true });
}

/** Whether a name is that of an index's file, as Likeness looks for it in a folder. */
export const isIndexFile = (name: string): boolean => /^index-\d{1,9}\.likeness$/.test(name);

async function publish(folder: string, { path, named }: FolderPlace): Promise<void> {
  const store = new FolderStore(path);
  await whileLocked(store, async () => {
    const staged = await openGeneration(new FolderStore(folder));
    if (!('file' in staged))
      throw new LikenessError('not-found', `The index that was made in ${folder} is gone.`);
    await staged.file.close();
    // The newest whole file is the index. Those before it are noted as out of date, and removed, when it is opened.
    await rename(join(folder, staged.name), join(path, fileName((await newestGeneration(store)) + 1)));
    await syncFolder(path);
  }).catch((error) => {
    throw cannotWrite(named, error, 'The index cannot be written to');
  });
  await emptyStaging(folder);
  await rmdir(folder).catch(() => {});
  await (await IndexStore.open(store)).close();
}
