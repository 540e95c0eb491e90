import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LikenessError } from '../errors.ts';
import type { Shard } from './manifest.ts';
import type { ModelSink } from './write.ts';

/** A folder that appears whole or not at all. */
export interface FolderSink extends ModelSink {
  /** Puts what was written in the folder's place, replacing the model that was there. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** What a model's folder may hold: anything else in it is somebody's own, and not replaced. */
const filesOfModel = /^(manifest\.json|model\.onnx|(graph|dense)-\d+\.bin|(LICENCE|README)\.md)$/;

/**
 * Writes a model's files beside `folder`, hashing them on the way, until they are committed.
 *
 * @throws LikenessError `bad-argument` when `folder` holds something else than a model; here and later `bad-file` when
 *   there is no room or no permission
 */
export async function folderSink(folder: string): Promise<FolderSink> {
  const target = resolve(folder);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw cannotWrite(folder, error);
    }
  };
  await attempt(async () => {
    await refuseOthers(folder);
    await mkdir(dirname(target), { recursive: true });
    await removeLeftOvers(target);
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
  });
  const done: Shard[] = [];
  let current: { file: string; handle: FileHandle; hash: Hash; byteLength: number } | undefined;
  const finish = async (): Promise<void> => {
    if (!current) return;
    const { file, handle, hash, byteLength } = current;
    current = undefined;
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    done.push({ file, byteLength, sha256: hash.digest('hex') });
  };
  return {
    write: (file, bytes) =>
      attempt(async () => {
        if (current?.file !== file) {
          await finish();
          const handle = await open(join(temporary, file), 'w');
          current = { file, handle, hash: createHash('sha256'), byteLength: 0 };
        }
        await current.handle.writeFile(bytes);
        current.hash.update(bytes);
        current.byteLength += bytes.length;
      }),
    files: () =>
      attempt(async () => {
        await finish();
        return [...done];
      }),
    commit: () =>
      attempt(async () => {
        await finish();
        const old = `${temporary}.old`;
        await rename(target, old).catch((error) => {
          if (error.code !== 'ENOENT') throw error;
        });
        await rename(temporary, target).catch(async (error) => {
          await rename(old, target).catch(() => {});
          throw error;
        });
        await rm(old, { recursive: true, force: true });
      }),
    async discard() {
      await current?.handle.close();
      current = undefined;
      await rm(temporary, { recursive: true, force: true });
    },
  };
}

async function refuseOthers(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const foreign = names.find((name) => !filesOfModel.test(name));
  if (foreign === undefined) return;
  throw new LikenessError(
    'bad-argument',
    `${folder} holds "${foreign}", which is no part of a model; a model is written to a new folder, or in place of another model.`,
  );
}

/** Removes what processes left here that were killed: their folders carry their numbers. */
async function removeLeftOvers(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    const owner = name.startsWith(`.${basename(target)}.`) && /\.(\d+)\.tmp(\.old)?$/.exec(name)?.[1];
    if (owner && !isRunning(Number(owner))) {
      await rm(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}

function isRunning(process_: number): boolean {
  try {
    process.kill(process_, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function cannotWrite(folder: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof LikenessError || !code) return error;
  const why: Record<string, string> = {
    ENOSPC: 'there is no room left on the disk',
    EDQUOT: 'there is no room left in your quota',
    EACCES: 'there is no permission',
    EPERM: 'there is no permission',
    EROFS: 'the disk is read-only',
    ENOTDIR: 'a part of that path is a file',
    EEXIST: 'a part of that path is a file',
  };
  return new LikenessError(
    'bad-file',
    `The model cannot be written to ${folder}: ${why[code] ?? code}. What was there is as it was.`,
    { cause: error },
  );
}
