import { constants, type Stats } from 'node:fs';
import { access, open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { missingFolders } from '../base/make-folder.node.ts';
import { cannotWrite } from '../base/storage-errors.ts';
import { pictureNameOf, SNIFFED_BYTES } from '../image/format.ts';
import { isNpy } from '../python/npy.ts';
import { isIndex } from '../store/format/header.ts';

export interface PlaceOptions {
  /** The option that named it, for messages: `--npy`. */
  option: string;
  /** Files and folders that are read, or written by other options: the place has to be another. */
  apartFrom?: readonly (string | undefined)[];
}

/** What a page that a command wrote begins with: such a page may be replaced, a page of somebody's may not. */
export const generatedBy = '<meta name="generator" content="Likeness">';

/** What a command writes to a file: the one kind of file that it replaces. */
export type OutputKind = 'npy' | 'json' | 'html' | 'index';

export interface FilePlaceOptions extends PlaceOptions {
  kind: OutputKind;
}

/** Where a file may be written. */
export interface FilePlace {
  /** As the user named it. */
  named: string;
  /** The file itself, where the user named a link to it. */
  path: string;
  /** The regular file that is there, which is replaced. */
  there: Stats | undefined;
  /** A device or a pipe: written to as it is. */
  stream: boolean;
}

/** Where a folder may be written. */
export interface FolderPlace {
  named: string;
  /** The folder itself, where the user named a link to it. */
  path: string;
  /** What lies in it; `undefined` where there is no folder yet. */
  names: string[] | undefined;
}

/**
 * Decides whether a file may be written where a user said, before any work is done: a file of the same kind is replaced,
 * as is an empty one; a link is followed; anything else is refused.
 *
 * @throws LikenessError `bad-argument`, `storage-denied`
 */
export async function placeForFile(named: string, options: FilePlaceOptions): Promise<FilePlace> {
  const { option } = options;
  checkName(named, option);
  if (/[/\\]$/.test(named) && (sep === '\\' || named.endsWith('/'))) {
    throw new LikenessError('bad-argument', `${option} ${named} names a folder; wanted a file in it.`);
  }
  const stream = await isStream(named);
  // What stands for an open file (/dev/stdout) has no path of its own.
  const path = stream ? resolve(named) : await followLinks(named, option);
  const there = stream ? undefined : await infoOf(path, named);
  if (there?.isDirectory()) {
    throw new LikenessError('bad-argument', `${option} ${named} is a folder; wanted a file in it.`);
  }
  if (there && !there.isFile()) {
    throw new LikenessError('bad-argument', `${option} ${named} is no file that can be written.`);
  }
  if (!stream) {
    await checkApart(path, options);
    await checkWritable(path, there, named);
    if (there) await checkKind(path, options, named);
  }
  return { named, path, there, stream };
}

/**
 * Decides whether a folder may be written to where a user said, before any work is done. What lies in it is the
 * caller's to judge.
 *
 * @throws LikenessError `bad-argument`, `storage-denied`
 */
export async function placeForFolder(named: string, options: PlaceOptions): Promise<FolderPlace> {
  const { option } = options;
  checkName(named, option);
  const path = await followLinks(named, option);
  const there = await infoOf(path, named);
  if (there && !there.isDirectory()) {
    throw new LikenessError('bad-argument', `${option} ${named} is a file; wanted a folder.`);
  }
  await checkApart(path, options);
  await checkWritable(path, there, named);
  const names = there && (await readdir(path).catch((error) => Promise.reject(cannotWrite(named, error))));
  return { named, path, names };
}

function checkName(named: string, option: string): void {
  const wrong = (why: string): never => {
    throw new LikenessError('bad-argument', `${option} ${why}`);
  };
  if (named === '') wrong('wants a path; what came is empty.');
  if (named.includes('\0')) wrong('wants a path; what came holds a zero byte.');
  if (/^([a-z][a-z0-9+.-]+:\/\/|(file|opfs|indexeddb):)/i.test(named)) {
    wrong(`${named} is a URL; wanted a path on this machine, as it is (./${named} for that very name).`);
  }
  if (/^~[^/\\]*([/\\]|$)/.test(named)) {
    wrong(
      `${named} was not replaced by a home folder: the shell knows no such user, or it stood in quotes. Write the path in full, or ./${named} for that very name.`,
    );
  }
}

/** The path behind all links; of what does not exist, the path it would have. */
async function followLinks(named: string, option: string): Promise<string> {
  let at = resolve(named);
  for (let links = 0; links < 40; links++) {
    const folder = await realpath(dirname(at)).catch(() => dirname(at));
    const here = dirname(at) === at ? at : join(folder, basename(at));
    const target = await readlink(here).catch(() => undefined);
    if (target === undefined) return here;
    at = resolve(folder, target);
  }
  throw new LikenessError('bad-argument', `${option} ${named} is a link that leads round in a circle.`);
}

/** Names of a process's open files: what is behind one may be a file, or a socket, and is written on, not replaced. */
const openFiles = /^\/(dev\/(stdout|stderr|fd\/\d+)|proc\/[^/]+\/fd\/\d+)$/;

async function isStream(named: string): Promise<boolean> {
  const info = await stat(named).catch(() => undefined);
  if (info?.isFIFO() || info?.isCharacterDevice()) return true;
  return (info?.isFile() || info?.isSocket()) === true && openFiles.test(resolve(named));
}

const infoOf = (path: string, named: string): Promise<Stats | undefined> =>
  stat(path).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw cannotWrite(named, error);
  });

async function checkApart(path: string, { option, apartFrom = [] }: PlaceOptions): Promise<void> {
  const mine = await stat(path, { bigint: true }).catch(() => undefined);
  for (const other of apartFrom) {
    if (other === undefined) continue;
    const theirs = await stat(other, { bigint: true }).catch(() => undefined);
    const same =
      mine && theirs
        ? mine.dev === theirs.dev && mine.ino === theirs.ino
        : path === (await followLinks(other, option));
    if (same) {
      throw new LikenessError(
        'bad-argument',
        `${option} names what is read, or written, already: ${other}. Name another place.`,
      );
    }
  }
}

const kinds: Record<OutputKind, { name: string; is(begin: Uint8Array): boolean }> = {
  npy: { name: 'a .npy file', is: isNpy },
  json: { name: 'a JSON list', is: (begin) => /^\uFEFF?\s*\[/.test(asText(begin)) },
  html: { name: 'a page of Likeness', is: (begin) => asText(begin).includes(generatedBy) },
  index: { name: 'a Likeness index', is: isIndex },
};

const asText = (begin: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(begin);

/** Options and files are mixed up easily: what was written by hand, or a photograph, cannot be made again. */
async function checkKind(path: string, { option, kind }: FilePlaceOptions, named: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined); // may be written and not be read
  if (!handle) return;
  const buffer = new Uint8Array(SNIFFED_BYTES);
  let begin: Uint8Array;
  try {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    begin = buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
  if (begin.length === 0 || kinds[kind].is(begin)) return;
  const other = pictureNameOf(begin) ?? Object.values(kinds).find(({ is }) => is(begin))?.name;
  throw new LikenessError(
    'bad-argument',
    `${option} ${named} is there, and is ${other ?? 'a file of another kind'}, which would be lost: only ${kinds[kind].name} is replaced. Name another file, or remove that one.`,
  );
}

/** Permission for what is there, or for the innermost folder that is. */
async function checkWritable(path: string, there: Stats | undefined, named: string): Promise<void> {
  try {
    if (there) await access(path, constants.W_OK);
    if (there?.isDirectory()) return;
    const [outermost] = await missingFolders(dirname(path));
    await access(dirname(outermost ?? path), constants.W_OK);
  } catch (error) {
    throw cannotWrite(named, error);
  }
}
