import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { LikenessError } from '../../base/errors.ts';
import type { RandomAccess } from './random-access.ts';

/**
 * Opens a file for reading. Every read is a buffer of its own, aligned for any typed array.
 *
 * @throws LikenessError `not-found`, or `bad-argument` for what is no file; later `bad-file` when the file has become shorter
 *   and `closed`
 */
export function openFile(path: string): RandomAccess {
  let descriptor: number | undefined;
  try {
    // A pipe would be waited for: it is looked at first, and opened without waiting should it have become one meanwhile.
    refuseSpecial(path, statSync(path));
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (error instanceof LikenessError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? error})`;
    throw new LikenessError('not-found', `${path} ${why}.`, { cause: error });
  }
  const stat = fstatSync(descriptor);
  try {
    refuseSpecial(path, stat);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return {
    byteLength: stat.size,
    read(offset, length) {
      if (descriptor === undefined) throw new LikenessError('closed', `${path} was read after close().`);
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const count = readSync(descriptor, bytes, done, length - done, offset + done);
        if (count === 0)
          throw new LikenessError(
            'bad-file',
            `${path} ends at byte ${offset + done}; wanted ${length} bytes from ${offset} on.`,
          );
        done += count;
      }
      return bytes;
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** A folder has no bytes; a pipe or device has no length, and its bytes come once. */
function refuseSpecial(path: string, stat: Stats): void {
  if (stat.isFile()) return;
  const what = stat.isDirectory()
    ? 'is a folder; wanted a file'
    : 'is a pipe or a device; save it as a file first';
  throw new LikenessError('bad-argument', `${path} ${what}.`);
}
