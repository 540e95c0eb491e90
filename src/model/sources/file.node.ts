import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LikenessError } from '../../errors.ts';
import type { RandomAccess } from './random-access.ts';

/**
 * Opens a file for reading. Every read is a buffer of its own, aligned for any typed array.
 *
 * @throws LikenessError `not-found`, or `bad-argument` for a folder; later `bad-file` when the file has become shorter
 *   and `closed`
 */
export function openFile(path: string): RandomAccess {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw isFolder(path);
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? error})`;
    throw new LikenessError('not-found', `${path} ${why}.`, { cause: error });
  }
  const stat = fstatSync(descriptor);
  if (stat.isDirectory()) {
    closeSync(descriptor);
    throw isFolder(path);
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

function isFolder(path: string): LikenessError {
  return new LikenessError('bad-argument', `${path} is a folder; wanted a file.`);
}
