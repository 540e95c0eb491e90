import { bytesOf } from '../base/bytes.ts';
import { checkWhole, refuse, signalOf } from '../base/checks.ts';
import { crc32Rows } from '../base/crc32.ts';
import { LikenessError } from '../base/errors.ts';
import { FlatIndex } from '../knn/flat-index.ts';
import { group } from './group.ts';
import { type EncodedFile, jsonBytes, NamedFiles, namesOf, packed, packedJson } from './named-files.ts';
import { findNeighbours } from './neighbours.ts';
import { makeTable } from './table.ts';
import {
  type Card,
  recordsPerFile,
  rowsPerCodes,
  rowsPerFile,
  type SiteRecord,
  type StaticEntry,
  type StaticFile,
  type StaticSearch,
} from './types.ts';

export interface StaticPicture {
  record: SiteRecord;
  /** Other paths of the same picture. */
  aliases: readonly string[];
}

export interface EncodeProgress {
  /** - `neighbours`: lists are found; `lists`: they are packed; `search`: codes and rows are packed */
  phase: 'neighbours' | 'lists' | 'search';
  /** Pictures. */
  done: number;
  total: number;
}

export interface EncodeOptions {
  /** In any order. */
  pictures: readonly StaticPicture[];
  /** d. */
  dimension: number;
  /** n × d, finite: row i is of `pictures[i]`. */
  vectors: Float32Array;
  /** Neighbours of each picture, 1 or more. */
  k: number;
  base: string;
  root: string;
  smallSize: number;
  /** For searches with other pictures; left out, there are none. */
  search?: Pick<StaticSearch, 'fingerprint' | 'model' | 'lib'> | undefined;
  /** Threads that look for neighbours; the files do not depend on them. Default 1. */
  threads?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/** Neighbours whose cards are in a part; of short lists all. */
const wholeOf = (k: number): number => (k <= 12 ? k : 8);
/** Characters of a label. */
const labelLength = 120;

/**
 * The files of a static index, the entry `index.json` last. The same pictures give the same bytes, in whatever order they
 * come: rows are in the order of ids.
 *
 * @throws LikenessError `bad-argument`, `bad-file` where two contents would have one name; the reason of `signal`
 */
export async function* encode(options: EncodeOptions): AsyncGenerator<EncodedFile> {
  const { dimension, k, base, root, smallSize, search, onProgress } = options;
  const signal = signalOf(options.signal);
  const { records, aliases, vectors } = inOrder(options);
  const total = records.length;
  const tell = (phase: EncodeProgress['phase'], done: number): void => {
    signal?.throwIfAborted();
    onProgress?.({ phase, done, total });
  };
  const names = new NamedFiles();

  const neighbours = await findNeighbours(vectors, dimension, k, {
    signal,
    threads: options.threads ?? 1,
    onProgress: (done) => tell('neighbours', done),
  });
  const parts: string[] = [];
  const partOf = new Map<string, number>();
  const whole = wholeOf(k);
  let done = 0;
  for (const { rows, bytes } of group({ neighbours, cards: records.map(cardOf), aliases, whole })) {
    const { hex, made } = await names.add('similar', 'bin', bytes);
    for (const row of rows)
      for (const key of [records[row]!.id, ...aliases[row]!]) partOf.set(key, parts.length);
    parts.push(hex);
    if (made) yield made;
    done += rows.length;
    tell('lists', done);
  }

  const recordFiles: string[] = [];
  for (let from = 0; from < total; from += recordsPerFile) {
    const { hex, made } = await names.add(
      'records',
      'bin',
      packedJson(records.slice(from, from + recordsPerFile)),
    );
    recordFiles.push(hex);
    if (made) yield made;
  }

  let searchName: string | undefined;
  if (search) {
    const codes: StaticSearch['codes'] = [];
    const rows: StaticFile[] = [];
    for (let from = 0; from < total; from += rowsPerCodes) {
      const block = vectors.subarray(from * dimension, (from + rowsPerCodes) * dimension);
      const { file, made } = await names.add('codes', 'bin', await codesOf(block, dimension));
      codes.push({ ...file, rows: block.length / dimension });
      if (made) yield made;
      tell('search', from + block.length / dimension);
    }
    for (let from = 0; from < total; from += rowsPerFile) {
      const block = vectors.slice(from * dimension, (from + rowsPerFile) * dimension);
      const { file, made } = await names.add('rows', 'bin', bytesOf(block));
      rows.push(file);
      if (made) yield made;
    }
    const { fingerprint, model, lib } = search;
    const content: StaticSearch = {
      dimension,
      count: total,
      fingerprint,
      model: { folder: model.folder, bytes: model.bytes },
      lib,
      codes,
      rows,
    };
    const { hex, made } = await names.add('search', 'json', jsonBytes(content));
    searchName = hex;
    if (made) yield made;
  }

  const entry: StaticEntry = {
    format: 'likeness-site',
    version: 1,
    count: total,
    k,
    whole,
    root,
    base,
    small: { size: smallSize },
    parts: namesOf(parts),
    ...makeTable(partOf),
    records: namesOf(recordFiles),
    ...(searchName !== undefined && { search: searchName }),
  };
  signal?.throwIfAborted();
  yield { name: 'index.json', bytes: jsonBytes(entry) };
}

/** Pictures and their features in the order of ids by code units, aliases that lead to one picture only. */
function inOrder({ pictures, dimension, vectors, k }: EncodeOptions): {
  records: SiteRecord[];
  aliases: string[][];
  vectors: Float32Array;
} {
  checkWhole('dimension', dimension, 1);
  checkWhole('k', k, 1);
  if (!(vectors instanceof Float32Array) || vectors.length !== pictures.length * dimension) {
    refuse('vectors', vectors, `a Float32Array of ${pictures.length} × ${dimension} values`);
  }
  const order = Array.from(pictures.keys()).sort((a, b) => compare(idAt(a), idAt(b)));
  function idAt(at: number): string {
    return pictures[at]!.record.id;
  }
  const sorted = new Float32Array(vectors.length);
  for (const [row, at] of order.entries()) {
    sorted.set(vectors.subarray(at * dimension, (at + 1) * dimension), row * dimension);
  }
  const taken = new Set<string>();
  for (const at of order) {
    const id = idAt(at);
    if (typeof id !== 'string' || id === '' || !id.isWellFormed())
      refuse('id', id, 'a path in whole characters');
    if (taken.has(id))
      throw new LikenessError('bad-argument', `Two pictures have the id ${JSON.stringify(id)}.`);
    taken.add(id);
  }
  const aliases = order.map((at) =>
    [...new Set(pictures[at]!.aliases)].sort(compare).filter((alias) => {
      if (taken.has(alias) || !alias.isWellFormed()) return false;
      taken.add(alias);
      return true;
    }),
  );
  return { records: order.map((at) => plain(pictures[at]!.record)), aliases, vectors: sorted };
}

/** Compares by code units. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The same properties in the same order, whoever made them: JSON is compared by its bytes. */
function plain({ id, small, width, height, places, meta }: SiteRecord): SiteRecord {
  return {
    id,
    small,
    width,
    height,
    places: places.map(({ page, alt, caption, title }) => ({
      page,
      ...(alt !== undefined && { alt }),
      ...(caption !== undefined && { caption }),
      ...(title !== undefined && { title }),
    })),
    ...(meta && { meta: Object.fromEntries(Object.entries(meta).sort(([a], [b]) => compare(a, b))) }),
  };
}

function cardOf({ id, small, width, height, places }: SiteRecord, row: number): Card {
  const { page = id, alt, caption, title } = places[0] ?? {};
  const label = alt || caption || title || '';
  return [row, id, small, width, height, cut(label), page.replace(/(^|\/)index\.html$/, '$1')];
}

/** The first characters: never half of one. */
function cut(text: string): string {
  if (text.length <= labelLength) return text;
  const characters = Array.from(text.slice(0, 2 * (labelLength + 1)));
  return characters.length <= labelLength ? text : `${characters.slice(0, labelLength - 1).join('')}…`;
}

/** Panels of the rows, then their checksums. */
async function codesOf(values: Float32Array, dimension: number): Promise<Uint8Array> {
  const index = await FlatIndex.create({
    dimension,
    rows: { read: () => Promise.reject(new Error('nothing is searched here')) },
  });
  index.add(values);
  const panels = index.quantised();
  index.close();
  const checksums = new Uint32Array(values.length / dimension);
  crc32Rows(bytesOf(values), 4 * dimension, checksums);
  const bytes = new Uint8Array(panels.length + 4 * checksums.length);
  bytes.set(panels);
  bytes.set(bytesOf(checksums), panels.length);
  return packed(bytes);
}
