import { createHash, type Hash } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { parseJson } from '../base/json.ts';
import { Mutex } from '../base/lock.ts';
import { makeFolder, removeFolders } from '../base/make-folder.node.ts';
import { cannotWrite } from '../base/storage-errors.ts';
import { manifestFile } from '../network/load.ts';
import type { Shard } from '../network/manifest.ts';
import { type FolderPlace, placeForFolder } from '../output/place.node.ts';
import type { ModelSink } from './write.ts';

/** A folder that appears whole or not at all. */
export interface FolderSink extends ModelSink {
  /** Puts what was written in the folder's place, replacing the model that was there. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** What a model's folder may hold. A folder with other files is not replaced. */
const filesOfModel = /^(manifest\.json|model\.onnx|(graph|dense)-\d+\.bin|(LICENCE|README)\.md)$/;

const readme = 'README.md';

const thisMachine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** Files are written in a folder whose name has the process and the machine. */
const prefix = `.likeness-model-${process.pid}-${thisMachine}-`;
const leftOver = /^\.likeness-model-(\d+)-([0-9a-f]{8})-[0-9a-f-]{36}\.tmp$/;

/**
 * Writes a model's files beside `folder`, hashing them on the way, until they are committed.
 *
 * @param from the file that is read for it
 * @throws LikenessError `bad-argument` when `folder` holds something else than a model; here and later a storage code
 *   when there is no room or no permission
 */
export async function folderSink(folder: string, from?: string): Promise<FolderSink> {
  const place = await placeForFolder(folder, { option: '-o', apartFrom: [from] });
  const target = place.path;
  await refuseOthers(place);
  if (from !== undefined) await refuseWithin(target, from, folder);
  // Within the folder where there is one: it may be another disk, or the only place with permission to write.
  const beside = place.names === undefined ? dirname(target) : target;
  const temporary = join(beside, `${prefix}${crypto.randomUUID()}.tmp`);
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw cannotWrite(folder, error, 'The model cannot be written to');
    }
  };
  const made = await makeFolder(beside);
  await attempt(async () => {
    await removeLeftOvers(beside);
    await mkdir(temporary);
  });
  const done: Shard[] = [];
  let current: { file: string; handle: FileHandle; hash: Hash; byteLength: number } | undefined;
  let discarded = false;
  /** One write at a time. `discard` waits for it: it could make again what was removed. */
  const mutex = new Mutex();
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
    write(file, bytes) {
      if (discarded) {
        return Promise.reject(new LikenessError('closed', `What was written for ${folder} was discarded.`));
      }
      return mutex.run(() =>
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
      );
    },
    files: () =>
      attempt(async () => {
        await finish();
        return [...done];
      }),
    commit: () =>
      attempt(async () => {
        await finish();
        if (place.names === undefined) await rename(temporary, target);
        else await replaceFiles(temporary, target);
      }),
    async discard() {
      discarded = true;
      await mutex.idle();
      await current?.handle.close();
      current = undefined;
      await removeModelFolder(temporary);
      await removeFolders(made);
    },
  };
}

/**
 * Replaces the files of a folder by those of another. The folder itself stays, with its permissions. Without a manifest
 * it is no model: so the old manifest is moved first, and the new one last.
 */
async function replaceFiles(from: string, to: string): Promise<void> {
  const old = join(from, 'old');
  await mkdir(old);
  const after = await modelFiles(from);
  // A README.md may be a person's own: it stays, unless a new one comes.
  const before = (await modelFiles(to)).filter((name) => name !== readme || after.includes(readme));
  const moved: [from: string, to: string][] = [];
  const move = async (names: readonly string[], a: string, b: string): Promise<void> => {
    for (const name of names) {
      await rename(join(a, name), join(b, name));
      moved.push([join(b, name), join(a, name)]);
    }
  };
  try {
    await move(before, to, old);
    await move(after.toReversed(), from, to);
  } catch (error) {
    for (const [a, b] of moved.toReversed()) await rename(a, b).catch(() => {});
    throw error;
  }
  await removeModelFolder(old);
  await removeModelFolder(from);
}

/** The files of a model in a folder, its manifest first. */
async function modelFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => filesOfModel.test(name));
  return names.sort((a, b) => Number(b === manifestFile) - Number(a === manifestFile));
}

/** Removes a model, and the folder when nothing else is in it. */
async function removeModelFolder(folder: string): Promise<void> {
  for (const name of await modelFiles(folder).catch(() => [])) await rm(join(folder, name), { force: true });
  await rmdir(folder).catch(() => {});
}

async function refuseOthers({ named, path, names = [] }: FolderPlace): Promise<void> {
  const theirs = names.filter((name) => !leftOver.test(name));
  const foreign = theirs.find((name) => !filesOfModel.test(name));
  const refuse = (what: string): never => {
    throw new LikenessError(
      'bad-argument',
      `${named} holds ${what}; a model is written to a new folder, or in place of another model.`,
    );
  };
  if (foreign !== undefined) refuse(`"${foreign}", which is no part of a model`);
  // Other folders have such files, too: a README.md, the manifest.json of a web page.
  if (theirs.length > 0 && !(await isManifest(join(path, manifestFile))))
    refuse(`${theirs.map((name) => `"${name}"`).join(', ')} and no manifest of a model`);
}

const isManifest = async (path: string): Promise<boolean> =>
  readFile(path)
    .then((bytes) => (parseJson(bytes, path) as { format?: unknown } | null)?.format === 'likeness-model')
    .catch(() => false);

async function refuseWithin(target: string, from: string, folder: string): Promise<void> {
  const path = await realpath(from).catch(() => resolve(from));
  if (dirname(path) !== target) return;
  throw new LikenessError(
    'bad-argument',
    `${from}, which is read, lies in ${folder}, which is replaced; write the model to another folder.`,
  );
}

/** Removes what processes of this machine left that were killed. */
async function removeLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid, machine] = leftOver.exec(name) ?? [];
    if (machine !== thisMachine || isRunning(Number(pid))) continue;
    await removeModelFolder(join(folder, name, 'old'));
    await removeModelFolder(join(folder, name));
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
