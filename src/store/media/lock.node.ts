import { readFileSync } from 'node:fs';
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LikenessError } from '../../base/errors.ts';
import type { StoreLock } from '../../base/lock.ts';

/** What a lock file says of its holder. */
interface Holder {
  host: string;
  pid: number;
  /** When the process began, as the system counts: its number may be another process's later. */
  started: string | undefined;
  /** Of this one lock. */
  token: string;
}

/**
 * Takes the lock of a folder: a file `lock` that names the process. A lock whose process has ended is taken over. A lock
 * of another host is respected: nothing is known of its processes.
 *
 * @returns `undefined` while another holder lives
 */
export async function lockFolder(folder: string): Promise<StoreLock | undefined> {
  const path = join(folder, 'lock');
  const token = crypto.randomUUID();
  const mine: Holder = { host: hostname(), pid: process.pid, started: await startOf(process.pid), token };
  const candidate = `${path}.${token}`;
  await writeFile(candidate, JSON.stringify(mine));
  try {
    // A link appears with its whole content or not at all; of two, one fails.
    for (let attempt = 0; attempt < 5; attempt++) {
      if (await tryLink(candidate, path)) return held(path, token);
      const holder = await readHolder(path);
      if (!holder) continue;
      if (holder !== 'unreadable' && (await alive(holder))) return undefined;
      await removeStale(path, holder, token);
      await removeRemains(folder);
    }
    return undefined;
  } finally {
    await rm(candidate, { force: true });
  }
}

function held(path: string, token: string): StoreLock {
  /** Synchronous: this runs before every commit, and waiting for a thread of the pool would take longer than the read. */
  const isMine = (): boolean => {
    try {
      return readFileSync(path, 'utf8').includes(token);
    } catch {
      return false;
    }
  };
  return {
    async check() {
      if (isMine()) return;
      throw new LikenessError('locked', `The lock ${path} was taken away; open the index again to write.`);
    },
    async release() {
      if (isMine()) await rm(path, { force: true });
    },
  };
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // A file system without links (FAT, some network ones): a file that is created exclusively does as well. A crash
    // while it is written leaves an unreadable lock, which is stale.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(code!)) throw error;
    return writeFile(to, await readFile(from), { flag: 'wx' }).then(
      () => true,
      (again) => {
        if (again.code === 'EEXIST') return false;
        throw again;
      },
    );
  }
}

async function readHolder(path: string): Promise<Holder | 'unreadable' | undefined> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error.code === 'EISDIR' ? notALock(path) : error;
  });
  if (text === undefined) return undefined;
  try {
    const holder = JSON.parse(text) as Holder;
    if (typeof holder.token === 'string' && Number.isInteger(holder.pid)) return holder;
  } catch {
    // One of ours that was not written to its end.
    const begun = '{"host":"';
    if (text.startsWith(begun) || begun.startsWith(text)) return 'unreadable';
  }
  throw notALock(path);
}

const notALock = (path: string): LikenessError =>
  new LikenessError(
    'bad-argument',
    `${path} is no lock of an index, but something else of that name; move it, or take another folder for the index.`,
  );

async function alive({ host, pid, started }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = await startOf(pid);
  return started === undefined || now === undefined || started === now;
}

/** Only Linux says when a process began; elsewhere the number alone is compared. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The 22nd field. The second is a name in brackets, which may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Removes the lock of `holder`, and no other: several processes may find it stale at the same time. */
async function removeStale(path: string, holder: Holder | 'unreadable', token: string): Promise<void> {
  const aside = `${path}.stale.${token}`;
  const isThere = await rename(path, aside).then(
    () => true,
    (error) => {
      if (error.code !== 'ENOENT') throw error;
    },
  );
  if (!isThere) return;
  const taken = await readHolder(aside);
  const right =
    typeof holder === 'object' && typeof taken === 'object' ? taken.token === holder.token : taken === holder;
  // Another process was faster and holds the lock: it is put back. The holder checks it before it writes.
  if (!right) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

const remains = /^lock\.(stale\.)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Removes what processes left that were killed while they took the lock. */
async function removeRemains(folder: string): Promise<void> {
  const aMinuteAgo = Date.now() - 60_000;
  for (const name of await readdir(folder)) {
    if (!remains.test(name)) continue;
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info && info.mtimeMs < aMinuteAgo) await rm(join(folder, name), { force: true });
  }
}
