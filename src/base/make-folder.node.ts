import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LikenessError } from './errors.ts';
import { cannotWrite } from './storage-errors.ts';

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` never ends where the folder above is there
 * and none can be made in it (`/proc/x`).
 *
 * @returns the folders that were made, outermost first
 * @throws LikenessError `bad-argument`, or a storage code; then none was made
 */
export async function makeFolder(path: string): Promise<string[]> {
  const made: string[] = [];
  try {
    for (const folder of await missingFolders(path)) {
      try {
        await mkdir(folder);
        made.push(folder);
      } catch (error) {
        // Somebody else may have been faster.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await isFolder(folder))) throw error;
      }
    }
    return made;
  } catch (error) {
    await removeFolders(made);
    throw cannotWrite(path, error, 'No folder can be made at');
  }
}

/** Removes folders that {@link makeFolder} made, as far as nothing lies in them. */
export async function removeFolders(made: readonly string[]): Promise<void> {
  for (const folder of made.toReversed()) await rmdir(folder).catch(() => {});
}

/**
 * The folders that would have to be made, outermost first.
 *
 * @throws LikenessError `bad-argument` where something else than a folder is in the way
 */
export async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const info = await stat(at).catch((error) => {
      if (error.code === 'ENOENT') return undefined;
      throw cannotWrite(path, error, 'No folder can be made at');
    });
    if (info?.isDirectory()) return missing;
    if (info) {
      throw new LikenessError('bad-argument', `${at} is a file; a folder is wanted there.`);
    }
    if (dirname(at) === at) throw new LikenessError('not-found', `There is no ${at}.`);
    missing.unshift(at);
  }
}

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
