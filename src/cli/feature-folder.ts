import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import { matrixShape, parseNpy } from '../python/npy.ts';
import { type FeatureSource, naming, readIds, type Wanted } from './features.ts';
import { settingChanges } from './index-notes.ts';
import { readInput } from './input-file.ts';
import { readNameMap } from './per-image-folder.ts';
import { mapFile, perImageNames } from './per-image-names.ts';
import { say } from './print.ts';

/** A file of one vector. */
interface VectorFile {
  id: string;
  /** Below the folder, with `/`. */
  name: string;
}

/** A folder with a `.npy` for each picture, as the tutorial and `likeness export --per-image` write them. */
export async function openFeatureFolder(
  folder: string,
  { info, model }: Wanted,
  { ids }: { ids?: string },
): Promise<FeatureSource> {
  const { dimension } = info;
  const found = await npyFiles(folder);
  const map = await readNameMap(folder);
  if (map && !map.whole) {
    throw new LikenessError(
      'bad-file',
      `An export into ${folder} was interrupted; run it again, or remove ${join(folder, mapFile)} to take the files by their names.`,
    );
  }
  const listed = matchNames(map?.files ?? new Map(), found);
  const pictures =
    ids === undefined
      ? allPictures(found, listed, folder)
      : picked(await readIds(ids), found, listed, folder);
  if (pictures.length === 0) throw new LikenessError('not-found', `There are no .npy files in ${folder}.`);
  const path = (row: number): string => join(folder, ...pictures[row]!.name.split('/'));
  return {
    entries: pictures.map(({ id }) => ({ id })),
    settings: settingChanges({ pictures: '.', model }),
    parity: null,
    async *blocks() {
      const perBlock = 256;
      for (let from = 0; from < pictures.length; from += perBlock) {
        const count = Math.min(perBlock, pictures.length - from);
        const block = new Float32Array(count * dimension);
        for (let n = 0; n < count; n++) block.set(await readVector(path(from + n), dimension), n * dimension);
        yield block;
      }
    },
    where: path,
    close: async () => {},
  };
}

/** Names below the folder, with `/`, sorted. macOS adds `._` files to copies of a folder: they are no vectors. */
async function npyFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    throw new LikenessError('not-found', `${folder} cannot be read (${error.code}).`, { cause: error });
  });
  const names: string[] = [];
  for (const entry of entries) {
    if (!/\.npy$/i.test(entry.name) || entry.name.startsWith('._') || entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    // A link to a folder is no file.
    if (entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isDirectory()) continue;
    names.push(relative(folder, path).split(sep).join('/'));
  }
  return names.sort((a, b) => (a < b ? -1 : 1));
}

/** Pictures of the list whose files are there. macOS may give names back with decomposed letters. */
function matchNames(files: ReadonlyMap<string, string>, found: readonly string[]): VectorFile[] {
  const exact = new Set(found);
  const composed = new Map(found.map((name) => [name.normalize('NFC'), name]));
  const pictures: VectorFile[] = [];
  let missing = 0;
  for (const [listed, id] of files) {
    const name = exact.has(listed) ? listed : composed.get(listed.normalize('NFC'));
    if (name === undefined) missing++;
    else pictures.push({ id, name });
  }
  if (missing > 0) say(`${missing} of the ${files.size} files that ${mapFile} lists are not there.`);
  return pictures;
}

/** Listed files in their order; then all others, by their names. */
function allPictures(found: readonly string[], listed: readonly VectorFile[], folder: string): VectorFile[] {
  const known = new Set(listed.map(({ name }) => name));
  const others = found
    .filter((name) => !known.has(name))
    .map((name) => ({ id: name.replace(/\.npy$/i, ''), name }));
  const pictures = [...listed, ...others];
  const names = new Map<string, string>();
  for (const { id, name } of pictures) {
    const other = names.get(id);
    if (other !== undefined) {
      throw new LikenessError(
        'bad-file',
        `${other} and ${name} in ${folder} are both of "${id}"; remove one.`,
      );
    }
    names.set(id, name);
  }
  return pictures;
}

/** The files of the ids that `--ids` lists. */
function picked(
  ids: readonly string[],
  found: readonly string[],
  listed: readonly VectorFile[],
  folder: string,
): VectorFile[] {
  const there = new Set(found);
  const byId = new Map(listed.map(({ id, name }) => [id, name]));
  const usual = perImageNames(ids);
  const owners = new Map<string, string>();
  return ids.map((id, n) => {
    const names = [...new Set([usual[n]!, `${id}.npy`])];
    const name = byId.get(id) ?? names.find((candidate) => there.has(candidate));
    if (name === undefined) {
      throw new LikenessError(
        'not-found',
        `There is neither ${names.join(' nor ')} in ${folder} for "${id}".`,
      );
    }
    const other = owners.get(name);
    if (other !== undefined) {
      throw new LikenessError('bad-file', `${name} in ${folder} would be both of "${other}" and of "${id}".`);
    }
    owners.set(name, id);
    return { id, name };
  });
}

/** One vector of a file, float32; what was float64 is rounded. */
async function readVector(path: string, dimension: number): Promise<Float32Array> {
  try {
    const { data, shape } = parseNpy(await readInput(path));
    if (shape.length !== 1) matrixShape({ shape }, dimension);
    if (data.length === dimension) return Float32Array.from(data);
    throw new LikenessError(
      'bad-file',
      `This .npy file has the shape (${shape.join(', ')}); wanted one vector of ${dimension} values.`,
    );
  } catch (error) {
    throw naming(path, error);
  }
}
