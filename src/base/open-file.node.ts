import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { LikenessError } from './errors.ts';
import { type OpenFile, type RandomAccess, readFull } from './random-access.ts';

/** One call of the system reads less than 2 GiB. */
const maxReadBytes = 1 << 30;

/** Reads until `into` is full or the file ends. */
export const readHandle = (handle: FileHandle, at: number, into: Uint8Array): Promise<number> =>
  readFull(
    async (from, rest) => (await handle.read(rest, 0, Math.min(rest.length, maxReadBytes), from)).bytesRead,
    at,
    into,
  );

/** A file that is opened anew for each read. Errors are the system's. */
export const pathFile = (path: string): RandomAccess => ({
  size: async () => (await stat(path)).size,
  async read(at, into) {
    const handle = await open(path);
    try {
      return await readHandle(handle, at, into);
    } finally {
      await handle.close();
    }
  },
});

/**
 * Opens a file to be read.
 *
 * @throws LikenessError `not-found`; `bad-argument` for a folder, a pipe or a device; from `read` after `close`, `closed`
 */
export async function openFile(path: string): Promise<OpenFile> {
  let handle: FileHandle;
  try {
    // A pipe would be waited for: it is looked at first, and opened without waiting should it have become one meanwhile.
    refuseSpecial(path, await stat(path));
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (error instanceof LikenessError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? error})`;
    throw new LikenessError('not-found', `${path} ${why}.`, { cause: error });
  }
  try {
    refuseSpecial(path, await handle.stat());
  } catch (error) {
    await handle.close();
    throw error;
  }
  let closed = false;
  return {
    size: async () => (await handle.stat()).size,
    async read(at, into) {
      if (closed) throw new LikenessError('closed', `${path} was read after close().`);
      return readHandle(handle, at, into);
    },
    async close() {
      closed = true;
      await handle.close();
    },
  };
}

/** A folder has no bytes; a pipe or device has no length, and its bytes come once. */
function refuseSpecial(path: string, info: Stats): void {
  if (info.isFile()) return;
  const what = info.isDirectory()
    ? 'is a folder; wanted a file'
    : 'is a pipe or a device; save it as a file first';
  throw new LikenessError('bad-argument', `${path} ${what}.`);
}
