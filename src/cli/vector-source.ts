import { readdir, stat } from 'node:fs/promises';
import { LikenessError } from '../base/errors.ts';
import type { IndexInfo } from '../store/format/header.ts';
import { IndexStore } from '../store/index-store.ts';
import { openStore } from '../store/media/open-store.node.ts';
import { readOnlyStore } from '../store/media/store.single.ts';
import { openFeatureFolder } from './feature-folder.ts';
import { type FeatureSource, openExported, openMatrix, type Wanted } from './features.ts';
import { isIndexFile } from './staged-index.ts';
import { reasonOf } from './system-error.ts';

export interface SourceOptions {
  ids?: string;
  array?: string;
}

const isExported = (from: string): boolean => /\.likeness$/i.test(from);

/** What an index notes of its vectors; `undefined` for what is no index. */
export async function infoOfIndex(from: string): Promise<IndexInfo | undefined> {
  if (!isExported(from) && !(await isIndexFolder(from))) return undefined;
  const index = await IndexStore.open(readOnlyStore(await openStore(from)));
  const { info } = index;
  await index.close();
  return info;
}

/** Vectors of an index, of a matrix or of a folder of `.npy` files. */
export async function openFeatures(
  from: string,
  wanted: Wanted,
  options: SourceOptions,
): Promise<FeatureSource> {
  const forOthers = (kind: string, names: ('ids' | 'array')[]): void => {
    const name = names.find((each) => options[each] !== undefined);
    if (name === undefined) return;
    throw new LikenessError(
      'bad-argument',
      `--${name} does nothing for ${kind}, which ${from} is; leave it out.`,
    );
  };
  if (isExported(from)) {
    forOthers('an index', ['ids', 'array']);
    return openExported(from, wanted);
  }
  const info = await stat(from).catch((error) => {
    throw new LikenessError('not-found', `${from} cannot be read: ${reasonOf(error) ?? error.message}.`, {
      cause: error,
    });
  });
  if (!info.isDirectory()) return openMatrix(from, wanted, options);
  const isIndex = await isIndexFolder(from);
  forOthers(isIndex ? 'an index' : 'a folder of .npy files', isIndex ? ['ids', 'array'] : ['array']);
  return isIndex ? openExported(from, wanted) : openFeatureFolder(from, wanted, options);
}

/** A folder with an index and `.npy` files counts as a folder of `.npy` files. */
async function isIndexFolder(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some(isIndexFile) && !names.some((name) => /\.npy$/i.test(name));
}
