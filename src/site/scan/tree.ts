import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { LikenessError } from '../../base/errors.ts';

/** The files of a site. A path is `/`-separated and relative to the site's folder; nothing here leads out of it. */
export interface Tree {
  /** In the order of their code units. */
  files: readonly string[];
  /** Links that lead out of the folder, nowhere, or round in a circle; what cannot be read; names that are no UTF-8. */
  refused: readonly { path: string; why: RefusedWhy }[];
  /**
   * The file at a path. Where the disk has only its name in another normal form of Unicode (é as one character or as
   * two), that one.
   */
  find(path: string): string | undefined;
  /** Whether a path, or a folder on its way, is a link that leads out. */
  leadsOut(path: string): boolean;
}

export type RefusedWhy =
  | 'a link that leads out of the folder'
  | 'a link that leads nowhere'
  | 'it cannot be read'
  | 'its name is no UTF-8';

/**
 * Lists the files below a folder. Links are followed as long as they stay in it, those to folders once each.
 *
 * @param leaveOut paths that are not looked into
 * @throws LikenessError `not-found`, `bad-argument`
 */
export async function listTree(folder: string, leaveOut: ReadonlySet<string> = new Set()): Promise<Tree> {
  const info = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new LikenessError('not-found', `There is no folder ${folder}.`);
    throw unreadable(folder, error);
  });
  if (!info.isDirectory())
    throw new LikenessError('bad-argument', `${folder} is not a folder; name the folder of the built site.`);
  const root = await realpath(folder);
  const files: string[] = [];
  const refused: { path: string; why: RefusedWhy }[] = [];
  const linked = new Set<string>([root]);
  const folders = [''];
  /** Folders' own places before links to them. */
  const links: string[] = [];
  const enter = async (path: string, entries: readonly Dirent<Buffer>[]): Promise<void> => {
    for (const entry of entries) {
      const name = nameOf(entry.name);
      if (name === undefined) {
        refused.push({
          path: join(path, entry.name.toString('latin1')).replaceAll(sep, '/'),
          why: 'its name is no UTF-8',
        });
        continue;
      }
      const at = path === '' ? name : `${path}/${name}`;
      if (leaveOut.has(at)) continue;
      if (entry.isDirectory()) folders.push(at);
      else if (entry.isFile()) files.push(at);
      else if (entry.isSymbolicLink()) await follow(at);
    }
  };
  const follow = async (at: string): Promise<void> => {
    const path = join(root, at);
    try {
      const target = await realpath(path);
      const from = relative(root, target);
      const to = await stat(target);
      if (from === '..' || from.startsWith(`..${sep}`) || isAbsolute(from)) {
        refused.push({ path: at, why: 'a link that leads out of the folder' });
      } else if (to.isDirectory()) links.push(at);
      else if (to.isFile()) files.push(at);
    } catch {
      refused.push({ path: at, why: 'a link that leads nowhere' });
    }
  };
  for (;;) {
    const path = folders.pop() ?? links.shift();
    if (path === undefined) break;
    const own = join(root, path);
    try {
      const real = await realpath(own);
      if (real !== own) {
        // A link: to each folder once, and never to one that holds the link.
        if (linked.has(real) || `${own}${sep}`.startsWith(`${real}${sep}`)) continue;
        linked.add(real);
      }
      await enter(path, (await readdir(own, { withFileTypes: true, encoding: 'buffer' })).sort(byName));
    } catch (error) {
      if (path === '') throw unreadable(folder, error as NodeJS.ErrnoException);
      refused.push({ path, why: 'it cannot be read' });
    }
  }
  files.sort(byUnits);
  return treeOf(files, refused);
}

function treeOf(files: readonly string[], refused: Tree['refused']): Tree {
  const exact = new Set(files);
  const normal = new Map<string, string>();
  for (const file of files) {
    const form = file.normalize('NFC');
    if (!normal.has(form)) normal.set(form, file);
  }
  const outside = new Set(
    refused.filter(({ why }) => why === 'a link that leads out of the folder').map(({ path }) => path),
  );
  return {
    files,
    refused,
    find: (path) => (exact.has(path) ? path : normal.get(path.normalize('NFC'))),
    leadsOut(path) {
      if (outside.size === 0) return false;
      for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
        if (outside.has(path.slice(0, end))) return true;
      return false;
    },
  };
}

/** By code units: the same order everywhere. */
export const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byName = (a: Dirent<Buffer>, b: Dirent<Buffer>): number => Buffer.compare(a.name, b.name);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function nameOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const unreadable = (folder: string, error: NodeJS.ErrnoException): LikenessError =>
  new LikenessError('not-found', `${folder} cannot be read (${error.code ?? error.message}).`, {
    cause: error,
  });
