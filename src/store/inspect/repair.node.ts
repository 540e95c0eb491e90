import { constants } from 'node:fs';
import { copyFile, link, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { generationOf, newestGeneration } from '../format/generations.ts';
import type { FolderStore } from '../media/store.node.ts';
import { writeGeneration } from '../new-file.ts';
import { type InspectedIndex, inspectIndex } from './index.ts';

/**
 * Writes what is whole of an index as its next file. Then the damaged file is put aside: a kill at any moment leaves one
 * or the other. The caller has the store's lock.
 *
 * @param index inspected while the lock was held
 * @returns where the damaged file is now
 */
export async function repairFolder(store: FolderStore, index?: InspectedIndex): Promise<string> {
  const whole = index ?? (await inspectIndex(store));
  const generation = (await newestGeneration(store)) + 1;
  const written = await writeGeneration(store, generation, whole.snapshot(generation));
  await written.file.close();
  await whole.close();
  const path = join(store.folder, whole.fileName);
  const aside = await keepCopy(path);
  // The new file has what older ones hold. A newer one could not be read at all: it is kept.
  for (const name of whole.leftovers) {
    if (generationOf(name) > generationOf(whole.fileName)) await keepCopy(join(store.folder, name));
    await store.remove(name);
  }
  await store.remove(whole.fileName);
  return aside;
}

/** The same for an exported index: at every moment there is a file of its name. */
export async function repairFile(path: string, index: InspectedIndex): Promise<string> {
  const partial = `${path}.${crypto.randomUUID()}.partial`;
  const { header, body } = index.snapshot(1);
  const handle = await open(partial, 'wx');
  try {
    await handle.writeFile(header);
    for await (const part of body) await handle.writeFile(part);
    await handle.sync();
    await handle.close();
    await index.close();
    const aside = await keepCopy(path);
    await rename(partial, path);
    return aside;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}

/** Gives a file a second name, which is new and not one of an index. */
export async function keepCopy(path: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = `${path}.damaged${n === 1 ? '' : `-${n}`}`;
    try {
      // Some file systems have no links.
      await link(path, name).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') throw error;
        return copyFile(path, name, constants.COPYFILE_EXCL);
      });
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
