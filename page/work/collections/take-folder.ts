import type { StoredFile } from '../../state/collection-types.ts';
import { changeCollection, collections } from '../../state/collections.ts';
import { type Picture, pictures } from '../../state/pictures.ts';
import { toRead } from '../../state/to-read.ts';
import type { GivenFile, Unread } from '../given-types.ts';
import type { NamedFile } from '../ids.ts';
import { Turns } from '../turns.ts';
import { compareFolder } from './compare.ts';
import { collectionOf, isAlike, knownFolder, noteFiles } from './known.ts';

/** A folder among what was given. */
export interface GivenFolder {
  name: string;
  files: GivenFile[];
  handle?: FileSystemDirectoryHandle;
}

/** Parts what was given into folders and single files. */
export function partFolders(
  files: readonly GivenFile[],
  handles: ReadonlyMap<string, FileSystemDirectoryHandle> = new Map(),
): { folders: GivenFolder[]; single: GivenFile[] } {
  const folders = new Map<string, GivenFolder>();
  for (const [name, handle] of handles) folders.set(name, { name, files: [], handle });
  const single: GivenFile[] = [];
  for (const one of files) {
    const slash = one.path.indexOf('/');
    if (slash < 0) {
      single.push(one);
      continue;
    }
    const name = one.path.slice(0, slash);
    if (!folders.has(name)) folders.set(name, { name, files: [] });
    folders.get(name)!.files.push(one);
  }
  return { folders: [...folders.values()], single };
}

/** What the page has, and ids that belong to files of folders that are not open now. */
export function takenIds(): Map<string, Picture> {
  const taken = new Map<string, Picture>();
  for (const { files } of collections.value)
    for (const { id, isLeftOut } of files.values())
      if (!isLeftOut) taken.set(id, { id, url: '', thumbnail: '', indexed: false });
  for (const [id, picture] of pictures.value) taken.set(id, picture);
  for (const [id, picture] of toRead.value) taken.set(id, picture);
  return taken;
}

/** A folder with another name by now, in which its files are as they were, keeps the name by which its pictures are known. */
async function asKnown(
  folder: GivenFolder,
  unlisted: readonly Unread[],
  key?: string,
): Promise<{ folder: GivenFolder; unlisted: readonly Unread[] }> {
  const known = await knownFolder(folder.handle, key);
  if (!known || known.name === folder.name) return { folder, unlisted };
  const renamed = <One extends { path: string }>(all: readonly One[]): One[] =>
    all.map((one) => ({ ...one, path: `${known.name}${one.path.slice(folder.name.length)}` }));
  const files = renamed(folder.files);
  if (!isAlike(known, new Map(files.map(({ path, file }) => [path, file])))) return { folder, unlisted };
  return { folder: { ...folder, name: known.name, files }, unlisted: renamed(unlisted) };
}

/**
 * Takes over a folder: as what it was known before, or as a new collection.
 *
 * @param unread what could not be opened
 * @param name finds the ids of new files that are pictures by their names
 * @param key of the collection that the person said it is
 * @returns its pictures, and which of them have another content than before
 */
export async function takeFolder(
  given: GivenFolder,
  unread: readonly Unread[],
  name: (files: readonly GivenFile[]) => Promise<NamedFile[]>,
  key?: string,
): Promise<{ files: NamedFile[]; changed: ReadonlySet<string> }> {
  const { folder, unlisted } = await asKnown(given, unread, key);
  const byPath = new Map(folder.files.map(({ path, file }) => [path, file]));
  const collection = await collectionOf(folder.name, folder.handle, byPath, key);
  const { unchanged, changed, fresh, gone } = await compareFolder(collection, folder.files, unlisted);
  const named = await name(fresh);
  const isNamed = new Set(named.map(({ path }) => path));
  const noted: StoredFile[] = [];
  const turns = new Turns();
  const note = async (path: string, id: string, file: File, isLeftOut = false): Promise<void> => {
    await turns.next(); // a file's size and date are asked of the disk
    const about = { collection: collection.key, path, id, size: file.size, modified: file.lastModified };
    noted.push(isLeftOut ? { ...about, isLeftOut } : about);
  };
  for (const { path, id, file } of named) await note(path, id, file);
  for (const { path, file } of fresh) if (!isNamed.has(path)) await note(path, path, file, true);
  for (const { path, id, file, isLeftOut } of [...unchanged, ...changed]) {
    const before = collection.files.get(path)!;
    if (before.modified !== file.lastModified || before.size !== file.size) {
      await note(path, id, file, isLeftOut);
    }
  }
  const vanished = gone.filter(({ id }) => pictures.value.get(id)?.indexed);
  const isVanished = new Set(vanished);
  await noteFiles(
    collection.key,
    noted,
    gone.filter((file) => !isVanished.has(file)).map(({ path }) => path),
  );
  changeCollection(collection.key, { vanished: vanished.map(({ id }) => id) });
  const isIn = ({ isLeftOut }: StoredFile): boolean => !isLeftOut;
  return {
    files: [...unchanged.filter(isIn), ...changed.filter(isIn), ...named],
    changed: new Set(changed.map(({ id }) => id)),
  };
}
