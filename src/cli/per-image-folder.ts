import type { Stats } from 'node:fs';
import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { parseJson } from '../base/json.ts';
import { makeFolder, removeFolders } from '../base/make-folder.node.ts';
import type { FolderPlace } from '../output/place.node.ts';
import { writeFileAt } from '../output/write-file.node.ts';
import { encodeNpy } from '../python/npy.ts';
import type { IndexStore } from '../store/index-store.ts';
import { mapFile, perImageNames } from './per-image-names.ts';

/** What `likeness-ids.json` holds. */
interface NameMap {
  /** `false` while the files are written. */
  whole: boolean;
  /** The id of each file, in the order of the index; files below the folder, with `/`. */
  files: Map<string, string>;
}

/**
 * Writes a `.npy` for each picture, and `likeness-ids.json` with their ids. Files of an earlier export are replaced, or
 * removed if their picture left the index; nothing else is touched.
 *
 * @throws LikenessError `bad-argument` where another file has a name that is wanted, before anything is written; or a
 *   storage code
 */
export async function writePerImage(
  index: IndexStore,
  place: FolderPlace,
  dtype: 'f2' | 'f4',
): Promise<void> {
  const { entries, info } = index;
  const folder = place.path;
  const before = await readNameMap(folder);
  const names = perImageNames(entries.map(({ id }) => id));
  for (const name of names) await checkOurs(place, name, before);
  if (!before) await checkOurs(place, mapFile, undefined);

  const made = await makeFolder(folder);
  const written: string[] = [];
  const files = new Map(names.map((name, n) => [name, entries[n]!.id]));
  try {
    await writeNameMap(folder, { whole: false, files: new Map([...(before?.files ?? []), ...files]) });
    for await (const { first, values } of index.rows()) {
      for (let at = 0; at < values.length; at += info.dimension) {
        const name = names[first + at / info.dimension]!;
        const row = values.subarray(at, at + info.dimension);
        await write(folder, name, encodeNpy(row, [info.dimension], dtype));
        written.push(name);
      }
    }
    for (const name of before?.files.keys() ?? []) {
      if (!files.has(name)) await rm(join(folder, name), { force: true });
    }
    await writeNameMap(folder, { whole: true, files });
  } catch (error) {
    // A half replaced export says so in its map; another run completes it.
    if (!before) {
      for (const name of [...written, mapFile]) await rm(join(folder, name), { force: true });
      await removeFolders(made);
    }
    throw error;
  }
}

/** The map of an export; `undefined` where there is none. @throws LikenessError `bad-file` */
export async function readNameMap(folder: string): Promise<NameMap | undefined> {
  const path = join(folder, mapFile);
  const bytes = await readFile(path).catch((error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new LikenessError('bad-file', `${path} cannot be read (${error.code}).`, { cause: error });
  });
  if (!bytes) return undefined;
  const { whole, files } = (parseJson(bytes, path) ?? {}) as { whole?: unknown; files?: unknown };
  const pairs = typeof files === 'object' && files !== null ? Object.entries(files) : undefined;
  const fits =
    typeof whole === 'boolean' &&
    pairs?.every(
      ([name, id]) =>
        typeof id === 'string' && id !== '' && !name.split(/[/\\]/).some((part) => /^\.{0,2}$/.test(part)),
    );
  if (!fits) {
    throw new LikenessError(
      'bad-file',
      `${path} is not what "likeness export --per-image" writes; move it, or name another folder.`,
    );
  }
  return { whole: whole as boolean, files: new Map(pairs as [string, string][]) };
}

const writeNameMap = (folder: string, { whole, files }: NameMap): Promise<void> =>
  write(folder, mapFile, `${JSON.stringify({ whole, files: Object.fromEntries(files) }, null, 1)}\n`);

async function write(folder: string, name: string, bytes: Uint8Array | string): Promise<void> {
  const path = join(folder, name);
  await writeFileAt({ named: path, path, there: await infoOf(path), stream: false }, bytes, { sync: false });
}

async function checkOurs(
  { named, path }: FolderPlace,
  name: string,
  map: NameMap | undefined,
): Promise<void> {
  const there = await infoOf(join(path, name));
  if (!there || (there.isFile() && map?.files.has(name))) return;
  throw new LikenessError(
    'bad-argument',
    `${join(named, name)} is there already, and no export wrote it; name a folder without it.`,
  );
}

const infoOf = (path: string): Promise<Stats | undefined> => lstat(path).catch(() => undefined);
