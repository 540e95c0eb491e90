import { rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, removeFolders } from '../base/make-folder.node.ts';
import { cannotWrite } from '../base/storage-errors.ts';
import { untilFinished } from './clean-up.node.ts';
import type { FilePlace } from './place.node.ts';

/** A name that nobody else has: made for this one file, and only ever created, never opened. */
const temporaryName = (): string => `.likeness-${crypto.randomUUID()}.tmp`;

/**
 * Writes a file that appears whole or not at all, in the place of what was there, with the permissions that had.
 *
 * @param body all bytes, or what writes them by and by
 * @param options.sync whether it is on the medium when this resolves. Default `true`
 * @throws LikenessError a storage code; then all is as it was
 */
export async function writeFileAt(
  { named, path, there, stream }: FilePlace,
  body: Uint8Array | string | ((write: (bytes: Uint8Array) => Promise<void>) => Promise<void>),
  { sync = true }: { sync?: boolean } = {},
): Promise<void> {
  const fill = async (handle: Pick<FileHandle, 'writeFile'>): Promise<void> => {
    if (typeof body === 'function') await body((bytes) => handle.writeFile(bytes));
    else await handle.writeFile(body);
  };
  try {
    if (standardOutput.test(path)) await fill({ writeFile: writeToStandardOutput });
    else if (stream) await fillAndClose(await open(path, 'a'), fill);
    else await replace(path, there, sync, fill);
  } catch (error) {
    throw cannotWrite(named, error);
  }
}

/** It may be a socket, which cannot be opened by its name. */
const standardOutput = /^\/(dev\/(stdout|fd\/1)|proc\/self\/fd\/1)$/;

const writeToStandardOutput = (bytes: unknown): Promise<void> =>
  new Promise((done, failed) => {
    process.stdout.write(bytes as Uint8Array | string, (error) => (error ? failed(error) : done()));
  });

async function replace(
  path: string,
  there: FilePlace['there'],
  sync: boolean,
  fill: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  const made = await makeFolder(folder);
  const temporary = join(folder, temporaryName());
  const undo = untilFinished(() => rmSync(temporary, { force: true }));
  try {
    // Nobody reads meanwhile what was not theirs to read.
    const handle = await open(temporary, 'wx', there ? 0o600 : 0o666);
    await fillAndClose(handle, async () => {
      await fill(handle);
      if (there) {
        await handle.chown(there.uid, there.gid).catch(() => {}); // only the administrator may give a file away
        await handle.chmod(there.mode & 0o7777);
      }
      if (sync) await handle.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    await removeFolders(made);
    throw error;
  } finally {
    undo.finished();
  }
}

async function fillAndClose(handle: FileHandle, fill: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await fill(handle);
  } finally {
    await handle.close();
  }
}
