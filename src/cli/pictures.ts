import { readdir, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { LikenessError } from '../errors.ts';
import type { SourceStamp } from '../store/legacy-folder.node.ts';

/** Endings of the files that are taken for pictures. One that cannot be decoded is reported, not passed over in silence. */
const endings = /\.(jpe?g|jfif|png|webp|gif|avif|bmp|tiff?)$/i;

/** Pictures below `folder`: paths relative to it with `/`, in the order of their code units; hidden folders left out. */
export async function listPictures(folder: string): Promise<string[]> {
  const info = await stat(folder).catch(() => undefined);
  if (!info) throw new LikenessError('not-found', `There is no folder ${folder}.`);
  if (!info.isDirectory()) {
    throw new LikenessError(
      'bad-argument',
      `${folder} is not a folder; name the folder that holds the pictures.`,
    );
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const base = resolve(folder);
  const ids = entries
    .filter((entry) => !entry.isDirectory() && endings.test(entry.name))
    .map((entry) =>
      join(resolve(entry.parentPath), entry.name).slice(base.length + (base.endsWith(sep) ? 0 : 1)),
    )
    .map((path) => path.split(sep).join('/'))
    .filter((id) => !id.split('/').some((part) => part.startsWith('.')))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (ids.length === 0) {
    throw new LikenessError(
      'not-found',
      `There are no pictures (jpeg, png, webp, gif, avif, tiff) in ${folder}.`,
    );
  }
  return ids;
}

export async function stampOf(path: string): Promise<SourceStamp> {
  const { size, mtimeMs } = await stat(path);
  return { byteLength: size, modifiedMs: mtimeMs };
}
