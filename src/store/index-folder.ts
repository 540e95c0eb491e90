import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LikenessError } from '../errors.ts';
import { encodeNpy, parseNpyMatrix } from '../knn/npy.ts';

/** A file as it was when its features were extracted; unchanged means: not extracted again. */
export interface SourceStamp {
  byteLength: number;
  modifiedMs: number;
}

/** `index.json` of an index folder; the rows lie beside it in `features.npy`. */
export interface IndexRecord {
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

export interface StoredIndex {
  record: IndexRecord;
  /** count × dimension */
  values: Float32Array;
}

export const recordFile = 'index.json';
export const featuresFile = 'features.npy';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Writes an index: features first, then the record that vouches for them, each whole or not at all. */
export async function writeIndexFolder(
  folder: string,
  record: Omit<IndexRecord, 'format' | 'formatVersion' | 'count' | 'sha256'>,
  values: Float32Array,
): Promise<void> {
  const features = encodeNpy(values, [record.ids.length, record.dimension]);
  const whole: IndexRecord = {
    format: 'likeness-index',
    formatVersion: 1,
    count: record.ids.length,
    ...record,
    sha256: sha256(features),
  };
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, featuresFile), features);
  await replaceFile(join(folder, recordFile), `${JSON.stringify(whole, null, 1)}\n`);
}

async function replaceFile(path: string, contents: Uint8Array | string): Promise<void> {
  const partial = `${path}.partial`;
  await writeFile(partial, contents, { flush: true });
  await rename(partial, path);
}

/** Reads an index that {@link writeIndexFolder} wrote; `undefined` when the folder holds none. */
export async function readIndexFolder(folder: string): Promise<StoredIndex | undefined> {
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

function parseRecord(text: string, path: string): IndexRecord {
  let record: Partial<IndexRecord>;
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
  return record as IndexRecord;
}
