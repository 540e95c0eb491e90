import type { StoredFile } from '../../state/collection-types.ts';
import type { Collection } from '../../state/collections.ts';
import { pictures } from '../../state/pictures.ts';
import type { GivenFile, Unread } from '../given-types.ts';
import { hashOfFile } from '../thumbnails/keep.ts';
import { Turns } from '../turns.ts';

/** A file that a collection had, as it is now. */
export interface FoundFile extends StoredFile {
  file: File;
}

/** What has become of a folder since it was looked at last. */
export interface FolderChange {
  /** Files with the content that they had. */
  unchanged: FoundFile[];
  /** Files with another content. */
  changed: FoundFile[];
  fresh: GivenFile[];
  /** Files that are not there any more. */
  gone: StoredFile[];
}

/**
 * Compares a folder with what is known of it. A file of the same size and date is the same; of another date, the content
 * decides where it is known.
 *
 * @param unlisted what could not be opened: its files are not gone
 */
export async function compareFolder(
  { files: known }: Pick<Collection, 'files'>,
  files: readonly GivenFile[],
  unlisted: readonly Unread[],
): Promise<FolderChange> {
  const change: FolderChange = { unchanged: [], changed: [], fresh: [], gone: [] };
  const paths = new Set<string>();
  const turns = new Turns();
  for (const one of files) {
    await turns.next();
    const { path, file } = one;
    paths.add(path);
    const before = known.get(path);
    if (!before) {
      change.fresh.push(one);
      continue;
    }
    const { size, lastModified: modified } = file;
    const now: FoundFile = { ...before, size, modified, file };
    const isSame =
      size === before.size && (modified === before.modified || (await hasContentOf(before, file)));
    (isSame ? change.unchanged : change.changed).push(now);
  }
  const isUnlisted = (path: string): boolean =>
    unlisted.some((one) => one.path === path || (one.isFolder && path.startsWith(`${one.path}/`)));
  for (const [path, before] of known) if (!paths.has(path) && !isUnlisted(path)) change.gone.push(before);
  return change;
}

/** Whether a file has the content that the index knows of its picture. */
async function hasContentOf({ id }: StoredFile, file: File): Promise<boolean> {
  const { hash } = pictures.value.get(id) ?? {};
  return hash !== undefined && hash === (await hashOfFile(file).catch(() => undefined));
}
