import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelManifest } from '../../src/api/model.node.ts';
import { identityOf } from '../../src/store/format/header.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { vectorOf } from './store-model.ts';

export const dimension = 512;

/** A vector of length 1: the n-th of the indexes that {@link makeIndex} makes. */
export function unitVector(n: number): Float32Array<ArrayBuffer> {
  const vector = vectorOf(n, dimension);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Makes an index of the compact model without a network: a commit for each list of ids. */
export async function makeIndex(folder: string, ...commits: string[][]): Promise<void> {
  const info = { model: identityOf(await modelManifest('vgg16-compact')), dimension, parity: null };
  const index = await IndexStore.open(new FolderStore(folder), { create: info });
  let n = 0;
  for (const ids of commits) await index.append(ids.map((id) => ({ id, vector: unitVector(n++) })));
  await index.close();
}

/** Changes the bytes of the only file of an index. */
export async function damage(folder: string, change: (bytes: Buffer) => Buffer | undefined): Promise<void> {
  const name = (await readdir(folder)).find((file) => /^index-\d+\.likeness$/.test(file));
  if (!name) throw new Error(`There is no index in ${folder}.`);
  const bytes = await readFile(join(folder, name));
  await writeFile(join(folder, name), change(bytes) ?? bytes);
}

/** Where the rows of the n-th commit begin, counted from 0. */
export function rowsOf(bytes: Buffer, n: number): number {
  let at = 0;
  for (let commit = 0; commit <= n; commit++) at = bytes.indexOf('SEGM', at + 1, 'latin1');
  return at + 64;
}
