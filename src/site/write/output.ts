import type { Stats } from 'node:fs';
import { rmSync } from 'node:fs';
import { lstat, open, readdir, readFile, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { LikenessError } from '../../base/errors.ts';
import type { StoreLock } from '../../base/lock.ts';
import { makeFolder, removeFolders } from '../../base/make-folder.node.ts';
import { cannotWrite } from '../../base/storage-errors.ts';
import { untilFinished } from '../../output/clean-up.node.ts';
import { lockFolder } from '../../store/media/lock.node.ts';
import { entryName, isOurs, isPassing, Names, outputName, scriptNames, sha256Of } from './names.ts';

/** A file that is to be there. */
export interface SiteFile {
  /** Its path below the folder, `/`-separated. */
  name: string;
  sha256: string;
  byteLength: number;
  bytes(): Promise<Uint8Array>;
}

/** What a run changed. */
export interface Changes {
  /** Files that were not there, or not as they are now; bytes of all of them. */
  written: number;
  writtenBytes: number;
  /** Files that were there as they are. */
  kept: number;
  removed: number;
}

/** How long to wait for another run that writes, in milliseconds. */
const patience = 5 * 60_000;

/**
 * The folder `likeness/` of a site while it is written: files by content first, then scripts, then the entry, which takes
 * its place by one renaming; after that what no longer belongs is removed. At any moment the entry that is there names
 * files that are there.
 */
export class Output {
  readonly #folder: string;
  readonly #named: string;
  readonly #dryRun: boolean;
  readonly #names = new Names();
  /** Folders that are there. */
  readonly #known = new Set<string>();
  readonly #changes: Changes = { written: 0, writtenBytes: 0, kept: 0, removed: 0 };
  readonly #made: string[];
  #lock: StoreLock | undefined;

  private constructor(folder: string, named: string, dryRun: boolean, made: string[]) {
    this.#folder = folder;
    this.#named = named;
    this.#dryRun = dryRun;
    this.#made = made;
  }

  /**
   * Waits until no other run writes there.
   *
   * @param dryRun whether to tell what would change, and change nothing
   * @throws LikenessError `locked`; as {@link checkOutput}
   */
  static async open(
    site: string,
    { dryRun, signal }: { dryRun: boolean; signal: AbortSignal | undefined },
  ): Promise<Output> {
    const folder = join(site, outputName);
    const made = dryRun ? [] : await makeFolder(folder);
    const output = new Output(folder, folder, dryRun, made);
    if (!dryRun) {
      try {
        output.#lock = await waitForLock(folder, signal);
        // What another run has written meanwhile, or somebody else.
        await checkOutput(site);
      } catch (error) {
        await output.close();
        throw cannotWrite(folder, error);
      }
    }
    return output;
  }

  /** Writes a file unless it is there. Resolves to whether it is the first of its name. */
  async put({ name, sha256, byteLength, bytes }: SiteFile): Promise<boolean> {
    if (!this.#names.take(name, sha256)) return false;
    const path = join(this.#folder, name);
    if (await isThere(path, sha256, byteLength)) {
      this.#changes.kept++;
      return true;
    }
    this.#changes.written++;
    this.#changes.writtenBytes += byteLength;
    if (!this.#dryRun) await this.#write(path, await bytes());
    return true;
  }

  /** Puts the entry in its place, then removes what no longer belongs. */
  async finish(entry: Uint8Array): Promise<Changes> {
    await this.#lock?.check();
    await this.put({
      name: entryName,
      sha256: sha256Of(entry),
      byteLength: entry.length,
      bytes: async () => entry,
    });
    const wanted = this.#names.all;
    for (const path of await filesBelow(this.#folder)) {
      if (wanted.has(path) || !(isOurs(path) || scriptNames.includes(path))) continue;
      if (path === 'lock' || (await isWaiting(join(this.#folder, path)))) continue;
      if (!isPassing(path)) this.#changes.removed++;
      if (!this.#dryRun) await rm(join(this.#folder, path), { force: true });
    }
    if (!this.#dryRun) await removeEmpty(this.#folder);
    return this.#changes;
  }

  /** Lets the next run write. */
  async close(): Promise<void> {
    await this.#lock?.release();
    // Folders that hold nothing, where nothing came of it.
    await removeFolders(this.#made);
  }

  /** Makes a folder. One that is a link may lead out of the site. */
  async #within(folder: string): Promise<void> {
    if (this.#known.has(folder)) return;
    try {
      await makeFolder(folder);
      const inside = relative(await realpath(this.#folder), await realpath(folder));
      if (inside !== relative(this.#folder, folder))
        throw new LikenessError('bad-argument', `${folder} is a link, or is behind one; remove it.`);
    } catch (error) {
      throw cannotWrite(this.#named, error);
    }
    this.#known.add(folder);
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#within(dirname(path));
    const temporary = join(dirname(path), `.likeness-${crypto.randomUUID()}.tmp`);
    const undo = untilFinished(() => rmSync(temporary, { force: true }));
    try {
      const handle = await open(temporary, 'wx', 0o666);
      try {
        await handle.writeFile(bytes);
      } finally {
        await handle.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw cannotWrite(this.#named, error);
    } finally {
      undo.finished();
    }
  }
}

async function waitForLock(folder: string, signal: AbortSignal | undefined): Promise<StoreLock> {
  for (const start = Date.now(); ; ) {
    signal?.throwIfAborted();
    const lock = await lockFolder(folder);
    if (lock) return lock;
    if (Date.now() - start > patience)
      throw new LikenessError(
        'locked',
        `Another command has been writing to ${folder} for five minutes. If there is none, remove ${join(folder, 'lock')}.`,
      );
    await new Promise((go) => setTimeout(go, 200));
  }
}

/** Whether a file is what another process, which waits for the lock, would take it with. */
async function isWaiting(path: string): Promise<boolean> {
  if (!/^lock\./.test(basename(path))) return false;
  try {
    const { pid } = JSON.parse(await readFile(path, 'utf8')) as { pid: number };
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Decides whether a site's folder `likeness/` is ours to write: it is not there, empty, has our entry, or holds nothing
 * but what a run of ours leaves that was killed.
 *
 * @throws LikenessError `bad-argument`
 */
export async function checkOutput(site: string): Promise<void> {
  const folder = join(site, outputName);
  const info = await infoOf(folder);
  if (!info) return;
  if (!info.isDirectory())
    throw new LikenessError(
      'bad-argument',
      `${folder} is ${info.isSymbolicLink() ? 'a link' : 'a file'}; the site's folder for it is wanted there. Move it away.`,
    );
  const entry = await readFile(join(folder, entryName), 'utf8').catch(() => undefined);
  if (entry !== undefined && isEntry(entry)) return;
  const paths = await filesBelow(folder);
  const foreign = paths.find((path) => !isOurs(path) && !scriptNames.includes(path));
  const some = paths.filter((path) => !isPassing(path));
  if (foreign === undefined && (some.length === 0 || some.some(isOurs))) return;
  throw new LikenessError(
    'bad-argument',
    `${folder} is there and was not written by "likeness site" (it holds ${foreign ?? some[0]}): nothing of it is replaced. Rename that folder.`,
  );
}

function isEntry(text: string): boolean {
  try {
    return (JSON.parse(text) as { format?: unknown } | null)?.format === 'likeness-site';
  } catch {
    return false;
  }
}

const infoOf = (path: string): Promise<Stats | undefined> => lstat(path).catch(() => undefined);

async function isThere(path: string, sha256: string, byteLength: number): Promise<boolean> {
  const info = await infoOf(path);
  // A link may be somebody's, or lead anywhere: a file takes its place.
  if (!info?.isFile() || info.size !== byteLength) return false;
  return sha256Of(await readFile(path)) === sha256;
}

/** All files below a folder, `/`-separated, sorted; links are files here. */
async function filesBelow(folder: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
  const paths: string[] = [];
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await filesBelow(folder, path)));
    else paths.push(path);
  }
  return paths.sort();
}

/** Removes the folders of ours that are empty: of models and libraries that are gone. */
async function removeEmpty(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^(small|(model|lib)-[0-9a-f]{12})$/.test(entry.name)) continue;
    await removeEmptyBelow(join(folder, entry.name));
  }
}

async function removeEmptyBelow(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await removeEmptyBelow(join(path, entry.name));
  await rmdir(path).catch(() => {});
}
