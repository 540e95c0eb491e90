import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { openFile } from '../base/open-file.node.ts';
import { bytesFile, type OpenFile } from '../base/random-access.ts';
import { reasonOf } from './system-error.ts';

/**
 * Opens a file that the user named; close it.
 *
 * @throws LikenessError `not-found`; `bad-argument` for a folder, a device or a named pipe, which would wait for ever;
 *   `bad-file` when it is empty
 */
export async function openInput(path: string): Promise<OpenFile> {
  if (await isPlainInput(path)) return openFile(path);
  return { ...bytesFile(await readFile(path)), close: async () => {} };
}

/** All of a file that the user named. Errors as those of {@link openInput}. */
export async function readInput(path: string): Promise<Uint8Array> {
  await isPlainInput(path);
  return readFile(path).catch((error) => Promise.reject(unreadable(path, error)));
}

/** Refuses what {@link openInput} would refuse, before a decoder waits for it. */
export const checkInput = async (path: string): Promise<void> => void (await isPlainInput(path));

/** Resolves to `false` for a stream: the shell's `<(…)`, `/dev/stdin`. */
async function isPlainInput(path: string): Promise<boolean> {
  const info: Stats = await stat(path).catch((error) => Promise.reject(unreadable(path, error)));
  if (info.isDirectory()) throw new LikenessError('bad-argument', `${path} is a folder; wanted a file.`);
  if (info.isFile()) {
    if (info.size > 0 || /^\/proc\//.test(resolve(path))) return true;
    throw new LikenessError('bad-file', `${path} is empty: 0 bytes.`);
  }
  if (info.isFIFO() && /^\/(dev|proc)\//.test(resolve(path))) return false;
  throw new LikenessError(
    'bad-argument',
    `${path} is no plain file but a ${info.isFIFO() ? 'named pipe' : 'device or socket'}; write what it gives to a file, and name that.`,
  );
}

function unreadable(path: string, error: Error): LikenessError {
  let why = reasonOf(error) ?? error.message;
  if (path === '') why = 'the path is empty';
  else if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) why = 'it is a URL; download it, and name the file';
  return new LikenessError('not-found', `${path === '' ? '""' : path} cannot be read: ${why}.`, {
    cause: error,
  });
}
