import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { LikenessError } from '../../errors.ts';
import { matrixShape, parseNpy } from '../../knn/npy.ts';
import { type NpyRows, openNpyRows } from '../../knn/npy-rows.ts';
import { isZip, openNpz } from '../../knn/npz.ts';
import { modelManifest } from '../../platform/node.ts';
import { identityOf } from '../../store/header.ts';
import { IndexStore } from '../../store/index-store.ts';
import { settingChanges } from '../../store/legacy-folder.node.ts';
import { openReadable, openStore } from '../../store/open-store.node.ts';
import { FolderStore } from '../../store/store.node.ts';
import { modelSource } from '../model-source.ts';
import { perImageNames } from './export.ts';

export interface ImportOptions {
  output: string;
  model: string;
  ids?: string;
  array?: string;
}

/** Vectors with their ids, read as they are asked for. */
interface Vectors {
  ids: string[];
  blocks(): AsyncIterable<Float32Array<ArrayBuffer>>;
}

/**
 * `likeness import <features.npy | folder | index.likeness> --ids ids.json --model <name> -o <index>`: an index of
 * features that were made elsewhere. All or nothing.
 */
export async function importFeatures(from: string, options: ImportOptions): Promise<void> {
  const { output, model } = options;
  const there = await readdir(output).catch(() => []);
  if (there.length > 0) {
    throw new LikenessError(
      'bad-argument',
      `${output} is not empty; name a folder that is, or does not exist.`,
    );
  }
  const manifest = await modelManifest(model);
  const { dimension } = manifest.output;
  const info = { model: identityOf(manifest), dimension, parity: null };
  const partial = `${output}.partial`;
  await rm(partial, { recursive: true, force: true });
  let count: number;
  try {
    if (/\.likeness$/i.test(from)) {
      const source = await IndexStore.open(await openStore(from));
      const { parity } = source.info;
      const index = await IndexStore.open(new FolderStore(partial), { create: { ...info, parity } });
      await index.importFrom(source);
      count = index.entries.length;
      await index.close();
    } else {
      const vectors = await openVectors(from, dimension, options).catch((error) => {
        throw naming(from, error);
      });
      const index = await IndexStore.open(new FolderStore(partial), { create: info });
      await index.append(settingChanges({ pictures: '.', model: modelSource(model, output) }));
      await append(index, vectors).catch((error) => {
        throw naming(from, error);
      });
      count = index.entries.length;
      await index.close();
    }
    await rm(output, { recursive: true, force: true });
    await rename(partial, output);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  console.log(`${output}: ${count} pictures, ${dimension} values each`);
}

async function append(index: IndexStore, { ids, blocks }: Vectors): Promise<void> {
  const { dimension } = index.info;
  let row = 0;
  let shortest = Number.POSITIVE_INFINITY;
  let longest = 0;
  for await (const block of blocks()) {
    const changes = Array.from({ length: block.length / dimension }, (_, n) => ({
      id: ids[row + n]!,
      vector: block.subarray(n * dimension, (n + 1) * dimension),
    }));
    for (const { vector } of changes) {
      const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
      shortest = Math.min(shortest, norm);
      longest = Math.max(longest, norm);
    }
    row += changes.length;
    await index.append(changes);
  }
  if (row > 0 && (shortest < 0.99 || longest > 1.01)) {
    console.error(
      `The vectors have lengths from ${shortest.toPrecision(4)} to ${longest.toPrecision(4)}; the model's own have length 1. Divide by np.linalg.norm to compare with pictures.`,
    );
  }
}

/** The message says which file it is about, and which option helps. */
function naming(path: string, error: unknown): unknown {
  if (!(error instanceof LikenessError)) return error;
  const message = error.message
    .replace(/^This \.np[yz] file/, path)
    .replace(/; name one\.$/, '; name one with --array.');
  return new LikenessError(error.code, message, { cause: error });
}

async function openVectors(from: string, dimension: number, options: ImportOptions): Promise<Vectors> {
  const info = await stat(from).catch((error) => {
    throw new LikenessError('not-found', `${from} cannot be read: ${error.message}`);
  });
  const ids = options.ids === undefined ? undefined : await readIds(options.ids);
  if (info.isDirectory()) return vectorsOfFolder(from, dimension, ids);
  const rows = await openMatrix(from, dimension, options.array);
  if (ids === undefined) {
    throw new LikenessError('bad-argument', `Which picture is which row of ${from}? Name a list with --ids.`);
  }
  if (ids.length !== rows.rows) {
    throw new LikenessError(
      'bad-argument',
      `${from} has ${rows.rows} rows, ${options.ids} has ${ids.length} ids; wanted one for each.`,
    );
  }
  return { ids, blocks: () => rows.blocks() };
}

async function openMatrix(path: string, dimension: number, array: string | undefined): Promise<NpyRows> {
  const file = await openReadable(path);
  const first = new Uint8Array(4);
  await file.read(0, first);
  // Either may be of any size: it is read block by block.
  return openNpyRows(isZip(first) ? await openNpz(file, array) : file, dimension);
}

async function readIds(path: string): Promise<string[]> {
  let ids: unknown;
  try {
    ids = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new LikenessError('bad-file', `${path} cannot be read as JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string' && id !== '')) {
    throw new LikenessError('bad-file', `${path} has to be a JSON list of strings, an id for each row.`);
  }
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.size === seen.add(id).size);
  if (twice !== undefined) throw new LikenessError('bad-file', `${path} has the id "${twice}" twice.`);
  return ids;
}

/** One `.npy` a picture, as the tutorial writes them. */
async function vectorsOfFolder(
  folder: string,
  dimension: number,
  wanted: string[] | undefined,
): Promise<Vectors> {
  const found = (await readdir(folder, { recursive: true }))
    .filter((name) => /\.npy$/i.test(name))
    .map((name) => name.split(sep).join('/'))
    .sort((a, b) => (a < b ? -1 : 1));
  if (found.length === 0) throw new LikenessError('not-found', `There are no .npy files in ${folder}.`);
  const ids = wanted ?? found.map((name) => name.slice(0, -4));
  const there = new Set(found);
  const bare = perImageNames(ids);
  const files = ids.map((id, n) => {
    const names = [`${id}.npy`, bare[n]!.split(sep).join('/')];
    const name = names.find((candidate) => there.has(candidate));
    if (name !== undefined) return resolve(folder, name);
    throw new LikenessError('not-found', `There is neither ${names.join(' nor ')} in ${folder} for "${id}".`);
  });
  const read = async (path: string): Promise<Float32Array> => {
    try {
      const { data, shape } = parseNpy(await readFile(path));
      if (shape.length !== 1) matrixShape({ shape }, dimension);
      if (data.length === dimension) return Float32Array.from(data);
      throw new LikenessError(
        'bad-file',
        `This .npy file has the shape (${shape.join(', ')}); wanted one vector of ${dimension} values.`,
      );
    } catch (error) {
      throw naming(path, error);
    }
  };
  return {
    ids,
    async *blocks() {
      const perBlock = 256;
      for (let from = 0; from < files.length; from += perBlock) {
        const part = files.slice(from, from + perBlock);
        const block = new Float32Array(part.length * dimension);
        for (const [n, path] of part.entries()) block.set(await read(path), n * dimension);
        yield block;
      }
    },
  };
}
