import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { parseNpyMatrix } from '../python/npy.ts';
import type { Change } from './format/changes.ts';
import type { Store } from './format/files.ts';
import { IndexStore } from './index-store.ts';
import { MemoryStore } from './media/store.memory.ts';
import { FolderStore } from './media/store.node.ts';

/** A file as it was when its features were extracted; unchanged means: not extracted again. */
export interface SourceStamp {
  byteLength: number;
  modifiedMs: number;
}

/** What the command line notes in an index, as settings. */
export interface FolderSettings {
  /** The folder of the pictures, relative to the index. */
  pictures: string;
  /** A built-in model's name, or the model's folder relative to the index. */
  model: string;
}

/** What the command line notes of a picture, as its metadata. */
export type PictureMeta = { file: { byteLength: number; modifiedMs: number } };

export const settingChanges = ({ pictures, model }: FolderSettings): Change[] => [
  { set: 'pictures', value: pictures },
  { set: 'model', value: model },
];

/** `index.json` of an index as Likeness wrote it before its stores; the rows lie beside it in `features.npy`. */
export interface LegacyRecord {
  format: 'likeness-index';
  formatVersion: 1;
  model: {
    name: string;
    version: string;
    fingerprint: string;
    /** A built-in name, or the model's folder relative to the index folder. */
    source: string;
  };
  /** `keras` where EXIF orientation was not applied. */
  parity: 'keras' | null;
  dimension: number;
  count: number;
  /** The folder of the pictures, relative to the index folder. */
  pictures: string;
  /** Paths relative to `pictures`, with `/`; row n of the features belongs to `ids[n]`. */
  ids: string[];
  /** Of each picture, in the order of `ids`. */
  stamps: SourceStamp[];
  /** Of `features.npy`. */
  sha256: string;
}

export interface LegacyIndex {
  record: LegacyRecord;
  /** count × dimension */
  values: Float32Array;
}

const recordFile = 'index.json';
const featuresFile = 'features.npy';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Reads an index of this kind; `undefined` when the folder holds none. */
export async function readLegacyFolder(folder: string): Promise<LegacyIndex | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, recordFile), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LikenessError(
      'bad-file',
      `${join(folder, recordFile)} cannot be read: ${(error as Error).message}`,
    );
  }
  const record = parseRecord(text, join(folder, recordFile));
  const path = join(folder, featuresFile);
  const bytes = await readFile(path).catch((error: Error) => {
    throw new LikenessError('bad-file', `${path} cannot be read (${error.message}); make the index again.`);
  });
  if (sha256(bytes) !== record.sha256) {
    throw new LikenessError(
      'bad-file',
      `${path} is not the file that ${recordFile} describes; make the index again.`,
    );
  }
  const { rows, values } = parseNpyMatrix(bytes, record.dimension);
  if (rows !== record.count) {
    throw new LikenessError(
      'bad-file',
      `${path} holds ${rows} rows, ${recordFile} says ${record.count}; make the index again.`,
    );
  }
  return { record, values };
}

function parseRecord(text: string, path: string): LegacyRecord {
  let record: Partial<LegacyRecord>;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw new LikenessError('bad-file', `${path} is not JSON: ${(error as Error).message}`);
  }
  if (record?.format !== 'likeness-index') {
    throw new LikenessError('bad-file', `${path} is not the record of a Likeness index.`);
  }
  if (record.formatVersion !== 1) {
    throw new LikenessError(
      'bad-file',
      `${path} has format version ${record.formatVersion}, this program reads version 1; use a newer Likeness.`,
    );
  }
  const { ids, stamps, count, dimension, model } = record;
  const whole =
    Array.isArray(ids) &&
    ids.every((id) => typeof id === 'string') &&
    Array.isArray(stamps) &&
    ids.length === count &&
    stamps.length === count &&
    Number.isInteger(dimension) &&
    typeof record.pictures === 'string' &&
    typeof record.sha256 === 'string' &&
    typeof model?.fingerprint === 'string' &&
    typeof model.source === 'string';
  if (!whole) throw new LikenessError('bad-file', `${path} is incomplete; make the index again.`);
  return record as LegacyRecord;
}

/**
 * Opens the index in a folder, or in an exported file. One of the older kind is written anew in the present one, which
 * takes its place; where nothing can be written it is read into memory.
 *
 * @throws LikenessError `not-found`, `bad-file`
 */
export async function openIndexAt(store: Store): Promise<IndexStore> {
  if (!(store instanceof FolderStore)) return IndexStore.open(store);
  const files = await store.list();
  const names = files.map(({ name }) => name);
  if (!names.includes(recordFile) || names.some((name) => name.endsWith('.likeness'))) {
    return IndexStore.open(store);
  }
  const legacy = (await readLegacyFolder(store.folder))!;
  try {
    const index = await convert(legacy, store);
    for (const name of [recordFile, featuresFile]) await rm(join(store.folder, name), { force: true });
    return index;
  } catch (error) {
    if (!(error instanceof LikenessError) || !/^storage-|locked/.test(error.code)) throw error;
    return convert(legacy, new MemoryStore(store.name));
  }
}

async function convert({ record, values }: LegacyIndex, store: Store): Promise<IndexStore> {
  const { model, dimension, parity, ids, stamps } = record;
  const { name, version, fingerprint } = model;
  const info = { model: { name, version, fingerprint }, dimension, parity: parity ?? null };
  // Made whole in memory, it takes its place in one step.
  const whole = await IndexStore.open(new MemoryStore(store.name), { create: info });
  await whole.append([
    ...settingChanges({ pictures: record.pictures, model: model.source }),
    ...ids.map((id, row) => ({
      id,
      vector: values.subarray(row * dimension, (row + 1) * dimension),
      meta: { file: { ...stamps[row]! } } as Json,
    })),
  ]);
  if (store instanceof MemoryStore) return whole;
  const index = await IndexStore.open(store, { create: info });
  await index.importFrom(whole);
  return index;
}
