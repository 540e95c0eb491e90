import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { LikenessError } from '../base/errors.ts';

/** The folder of an address; `undefined` where a scheme says that it is elsewhere. */
function folderOf(uri: string): string | undefined {
  if (/^file:\/\//i.test(uri)) return fileURLToPath(uri);
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) ? undefined : uri;
}

/**
 * Looks at a folder before LanceDB does, which would make it, whatever it is asked for.
 *
 * @returns whether there may be something at the address
 * @throws LikenessError `bad-argument` where it is no folder
 */
export async function mayBeThere(uri: string): Promise<boolean> {
  const folder = folderOf(uri);
  if (folder === undefined) return true;
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'ENOTDIR') throw noFolder(uri, error);
    throw error;
  });
  if (found && !found.isDirectory()) throw noFolder(uri);
  return found !== undefined;
}

const noFolder = (uri: string, cause?: unknown): LikenessError =>
  new LikenessError(
    'bad-argument',
    `${uri} is a file, or in one; a database of LanceDB is a folder. Name another.`,
    { cause },
  );

/** What LanceDB says of an address that it cannot read, as an error of ours; `undefined` for other errors. */
export function addressError(error: unknown, uri: string): LikenessError | undefined {
  const text = String((error as Error).message);
  const refuse = (what: string): LikenessError =>
    new LikenessError('bad-argument', `${uri} ${what}`, { cause: error });
  if (/no object store provider found/i.test(text)) {
    return refuse(
      "has a scheme that LanceDB does not know. It takes a folder ('shop.lance'), s3://bucket/path, gs://bucket/path or az://container/path.",
    );
  }
  return undefined;
}
