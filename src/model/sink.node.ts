import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Shard } from './manifest.ts';
import type { ModelSink } from './write.ts';

/** A folder that appears whole or not at all. */
export interface FolderSink extends ModelSink {
  /** Puts what was written in the folder's place, replacing what was there. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** Writes a model's files beside `folder`, hashing them on the way, until they are committed. */
export async function folderSink(folder: string): Promise<FolderSink> {
  const target = resolve(folder);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  const done: Shard[] = [];
  let current: { file: string; handle: FileHandle; hash: Hash; byteLength: number } | undefined;
  const finish = async (): Promise<void> => {
    if (!current) return;
    const { file, handle, hash, byteLength } = current;
    current = undefined;
    await handle.sync();
    await handle.close();
    done.push({ file, byteLength, sha256: hash.digest('hex') });
  };
  return {
    async write(file, bytes) {
      if (current?.file !== file) {
        await finish();
        const handle = await open(join(temporary, file), 'w');
        current = { file, handle, hash: createHash('sha256'), byteLength: 0 };
      }
      await current.handle.writeFile(bytes);
      current.hash.update(bytes);
      current.byteLength += bytes.length;
    },
    async files() {
      await finish();
      return [...done];
    },
    async commit() {
      await finish();
      const old = `${temporary}.old`;
      await rename(target, old).catch((error) => {
        if (error.code !== 'ENOENT') throw error;
      });
      await rename(temporary, target);
      await rm(old, { recursive: true, force: true });
    },
    async discard() {
      await current?.handle.close();
      current = undefined;
      await rm(temporary, { recursive: true, force: true });
    },
  };
}
