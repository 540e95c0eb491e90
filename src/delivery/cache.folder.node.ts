import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathFile } from '../base/open-file.node.ts';
import type { RandomAccess } from '../base/random-access.ts';
import type { ShardCache, ShardWriter } from './cache.ts';

/** The user's folder for what can be fetched again: `~/.cache/likeness`, or what the system has for it. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'likeness');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'likeness', 'Cache');
  return join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'likeness');
}

/** Where the files of models are, each under its sha256. */
export const shardsFolder = (folder: string): string => join(folder, 'shards');

/**
 * Files of models in a folder, as `shards/<sha256>`, written in place. Where several processes fetch the same file they
 * write the same bytes to the same places.
 *
 * @throws a system error where the folder is not there and cannot be made
 */
export async function openFolderCache(folder: string): Promise<ShardCache<RandomAccess>> {
  const shards = shardsFolder(folder);
  const records = join(folder, 'records');
  for (const path of [shards, records]) await mkdir(path, { recursive: true });
  const fileOf = (sha256: string): string => join(shards, sha256);
  const recordOf = (key: string): string => join(records, `${key}.json`);
  const stored = async (sha256: string): Promise<number> =>
    (await stat(fileOf(sha256)).catch(unlessMissing))?.size ?? 0;
  return {
    kind: 'folder',
    stored,
    append: (sha256, from) => openAt(fileOf(sha256), from),
    blob: async (sha256) => pathFile(fileOf(sha256)),
    async digest(sha256, onBytes) {
      const hash = createHash('sha256');
      for await (const bytes of createReadStream(fileOf(sha256), { highWaterMark: 2 ** 20 })) {
        hash.update(bytes);
        onBytes(bytes.length);
      }
      return hash.digest('hex');
    },
    remove: (sha256) => rm(fileOf(sha256), { force: true }),
    async sizes() {
      const names = (await readdir(shards)).filter((name) => /^[0-9a-f]{64}$/.test(name));
      return new Map(await Promise.all(names.map(async (name) => [name, await stored(name)] as const)));
    },
    readRecord: (key) => readFile(recordOf(key), 'utf8').catch(unlessMissing),
    async writeRecord(key, text) {
      const whole = `${recordOf(key)}.${randomUUID()}`;
      await writeFile(whole, text);
      await rename(whole, recordOf(key));
    },
    removeRecord: (key) => rm(recordOf(key), { force: true }),
    async recordKeys() {
      const names = (await readdir(records)).filter((name) => name.endsWith('.json'));
      return names.map((name) => name.slice(0, -'.json'.length));
    },
  };
}

/** Opens a file to write at byte `from`. A link is not followed: it may lead to somebody's file. */
export async function openAt(path: string, from: number): Promise<ShardWriter> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(path, flags, 0o666);
  let at = from;
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at);
        done += bytesWritten;
        at += bytesWritten;
      }
    },
    close: () => handle.close(),
  };
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
