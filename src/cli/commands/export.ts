import { type FileHandle, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { LikenessError } from '../../errors.ts';
import { encodeNpy, encodeNpyValues, npyHeader } from '../../knn/npy.ts';
import type { IndexStore } from '../../store/index-store.ts';
import { openIndexOf } from '../open-index.ts';

export interface ExportOptions {
  npy?: string;
  ids?: string;
  perImage?: string;
  file?: string;
  dtype: 'f2' | 'f4';
}

/** `likeness export <index> --npy features.npy --ids ids.json`, `--per-image <dir>`, `--file <index.likeness>` */
export async function exportIndex(
  where: string,
  { npy, ids, perImage, file, dtype }: ExportOptions,
): Promise<void> {
  if (npy === undefined && ids === undefined && perImage === undefined && file === undefined) {
    throw new LikenessError('bad-argument', 'Nothing to export: name --npy, --ids, --per-image or --file.');
  }
  const index = await openIndexOf(where);
  const { entries, info } = index;
  const type = { f2: 'float16', f4: 'float32' }[dtype];
  if (npy !== undefined) {
    await writeWhole(npy, async (write) => {
      await write(npyHeader([entries.length, info.dimension], dtype));
      for await (const { values } of index.rows()) await write(encodeNpyValues(values, dtype));
    });
    console.log(`${npy}: ${type} ${entries.length} × ${info.dimension}`);
  }
  if (ids !== undefined) {
    const list = entries.map(({ id }) => id);
    await writeFile(ids, `${JSON.stringify(list, null, 1)}\n`);
    console.log(`${ids}: ${entries.length} ids`);
  }
  if (perImage !== undefined) await writePerImage(index, perImage, dtype);
  if (file !== undefined) {
    const { byteLength, parts } = index.exported();
    await writeWhole(file, async (write) => {
      for await (const part of parts) await write(part);
    });
    console.log(`${file}: ${entries.length} pictures, ${byteLength} bytes`);
  }
  await index.close();
}

/** A file that appears whole or not at all. */
async function writeWhole(
  path: string,
  body: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const partial = `${path}.partial`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(partial, 'w');
    const { writeFile } = handle;
    await body((bytes) => writeFile.call(handle, bytes));
    await handle.sync();
    await handle.close();
    await rename(partial, path);
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}

/** The tutorial's way: a `.npy` for each picture, named as the picture is without its ending. */
async function writePerImage(index: IndexStore, folder: string, dtype: 'f2' | 'f4'): Promise<void> {
  const { entries, info } = index;
  const names = perImageNames(entries.map(({ id }) => id));
  for await (const { first, values } of index.rows()) {
    for (let at = 0; at < values.length; at += info.dimension) {
      const path = join(folder, names[first + at / info.dimension]!);
      await mkdir(dirname(path), { recursive: true });
      const row = values.subarray(at, at + info.dimension);
      await writeFile(path, encodeNpy(row, [info.dimension], dtype));
    }
  }
  console.log(`${folder}: ${entries.length} files, ${info.dimension} values each`);
}

/**
 * File names for ids. An ending like `.jpg` goes where the name stays unique without it.
 *
 * @throws LikenessError `bad-argument` for an id that would lie outside the folder
 */
export function perImageNames(ids: readonly string[]): string[] {
  const bare = ids.map((id) => id.replace(/\.[^./]+$/, '') || id);
  const counts = new Map<string, number>();
  for (const name of bare) counts.set(name, (counts.get(name) ?? 0) + 1);
  return ids.map((id, n) => {
    const parts = id.split(/[/\\]/);
    if (parts.some((part) => part === '' || part === '.' || part === '..') || id.includes('\0')) {
      throw new LikenessError('bad-argument', `The id "${id}" is no name for a file below a folder.`);
    }
    return `${(counts.get(bare[n]!) === 1 ? bare[n]! : id).split('/').join(sep)}.npy`;
  });
}
