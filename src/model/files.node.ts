import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../errors.ts';
import { manifestFile, type ReadModelFile } from './load.ts';

/** Reads a model from a folder. */
export function modelFilesIn(folder: string): ReadModelFile {
  return async (file, { signal, onBytes }) => {
    const path = join(folder, file);
    try {
      const bytes = await readFile(path, signal ? { signal } : {});
      onBytes(bytes.length);
      return bytes;
    } catch (error) {
      signal?.throwIfAborted();
      const what = file === manifestFile ? `${folder} holds no model: ${path}` : path;
      throw new LikenessError(
        'not-found',
        `${what} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
        {
          cause: error,
        },
      );
    }
  };
}

/** Folder of a built-in model, below `models`. */
export async function builtInModel(name: string, models: string): Promise<string> {
  const names = await readdir(models);
  if (names.includes(name)) return join(models, name);
  throw new LikenessError(
    'not-found',
    `There is no built-in model "${name}"; there is ${names.join(', ')}. A folder is named with a path, e.g. ./${name}.`,
  );
}
