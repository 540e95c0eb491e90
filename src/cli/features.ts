import { LikenessError } from '../base/errors.ts';
import { fileText, parseJson } from '../base/json.ts';
import type { OpenFile } from '../base/random-access.ts';
import { type NpyRows, openNpyRows } from '../python/npy-rows.ts';
import { isZip, openNpz } from '../python/npz.ts';
import type { Change } from '../store/format/changes.ts';
import type { IndexInfo } from '../store/format/header.ts';
import type { Entry } from '../store/format/records.ts';
import { IndexStore } from '../store/index-store.ts';
import { openStore } from '../store/media/open-store.node.ts';
import { readOnlyStore } from '../store/media/store.single.ts';
import { checkKind } from '../store/mismatch.ts';
import { settingChanges } from './index-notes.ts';
import { openInput, readInput } from './input-file.ts';

/** Vectors that were made elsewhere, with their ids. They are read when they are asked for. */
export interface FeatureSource {
  entries: readonly Entry[];
  /** What the index notes besides. */
  settings: Change[];
  parity: IndexInfo['parity'];
  /** Whole rows, in order. A damaged row is reported to `onDamage`; its values in the block mean nothing. */
  blocks(onDamage: (row: number) => void): AsyncIterable<Float32Array<ArrayBuffer>>;
  /** For messages: where row n is, counted from 0. */
  where(row: number): string;
  close(): Promise<void>;
}

/** What the vectors have to be like, and what the index notes. */
export interface Wanted {
  info: IndexInfo;
  /** A built-in model's name, or the model's folder relative to the index. */
  model: string;
}

/** Rows of a `.npy` file, or of one array of an `.npz`, of any size. */
export async function openMatrix(
  path: string,
  { info, model }: Wanted,
  { ids: idsFile, array }: { ids?: string; array?: string },
): Promise<FeatureSource> {
  if (idsFile === undefined) {
    throw new LikenessError('bad-argument', `Which picture is which row of ${path}? Name a list with --ids.`);
  }
  const file = await openInput(path);
  try {
    const rows = await rowsIn(file, info.dimension, array).catch((error) =>
      Promise.reject(naming(path, error)),
    );
    const ids = await readIds(idsFile);
    if (ids.length !== rows.rows) {
      throw new LikenessError(
        'bad-argument',
        `${path} has ${rows.rows} rows, ${idsFile} has ${ids.length} ids; wanted one for each.`,
      );
    }
    return {
      entries: ids.map((id) => ({ id })),
      settings: settingChanges({ pictures: '.', model }),
      parity: null,
      blocks: () => namingBlocks(path, rows.blocks()),
      where: (row) => `row ${row} (counted from 0) of ${path}`,
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function rowsIn(file: OpenFile, dimension: number, array: string | undefined): Promise<NpyRows> {
  const first = new Uint8Array(4);
  await file.read(0, first);
  if (isZip(first)) return openNpyRows(await openNpz(file, array), dimension);
  if (array === undefined) return openNpyRows(file, dimension);
  throw new LikenessError('bad-argument', 'This .npy file is one array; leave --array out.');
}

/** The pictures of an index: an exported file, or the folder of one. */
export async function openExported(path: string, { info, model }: Wanted): Promise<FeatureSource> {
  const source = await IndexStore.open(readOnlyStore(await openStore(path)));
  try {
    const { parity } = source.info;
    checkKind(source.info, { ...info, parity }, { name: path, readOnly: true });
    if (source.dropped) {
      throw new LikenessError(
        'bad-file',
        `${path} is not whole (${source.dropped.reason}); export it again.`,
      );
    }
  } catch (error) {
    await source.close();
    throw error;
  }
  const { entries } = source;
  const others = [...source.settings].filter(([set]) => set !== 'model');
  return {
    entries,
    settings: [...others.map(([set, value]) => ({ set, value })), { set: 'model', value: model }],
    parity: source.info.parity,
    async *blocks(onDamage) {
      const row = (entry: Entry): number => source.position(entry.id)!;
      for await (const { values } of source.rows(entries, (entry) => onDamage(row(entry)))) yield values;
    },
    where: (row) => `row ${row} (counted from 0) of ${path}`,
    close: () => source.close(),
  };
}

/** Of a `.txt` file each line is an id. */
export async function readIds(path: string): Promise<string[]> {
  const bytes = await readInput(path);
  const ids = /\.txt$/i.test(path) ? linesOf(bytes, path) : parseJson(bytes, path);
  const wanted = `${path} has to be a JSON list of strings, an id for each row`;
  if (!Array.isArray(ids)) throw new LikenessError('bad-file', `${wanted}; it is ${kindOf(ids)}.`);
  const odd = ids.findIndex((id) => typeof id !== 'string' || id === '');
  if (odd >= 0) {
    throw new LikenessError('bad-file', `${wanted}; item ${odd} (counted from 0) is ${kindOf(ids[odd])}.`);
  }
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.size === seen.add(id).size);
  if (twice !== undefined) throw new LikenessError('bad-file', `${path} has the id "${twice}" twice.`);
  return ids;
}

function linesOf(bytes: Uint8Array, path: string): string[] {
  const lines = fileText(bytes, path).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const empty = lines.indexOf('');
  if (empty < 0) return lines;
  throw new LikenessError('bad-file', `${path} has to have an id in each line; line ${empty + 1} is empty.`);
}

function kindOf(value: unknown): string {
  if (value === '') return 'an empty string';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

async function* namingBlocks<T>(path: string, blocks: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* blocks;
  } catch (error) {
    throw naming(path, error);
  }
}

/** Puts the file's name, and the option that helps, into the message. */
export function naming(path: string, error: unknown): unknown {
  if (!(error instanceof LikenessError)) return error;
  const message = error.message
    .replace(/\bthis (\.np[yz] file|zip archive)/i, path)
    .replace(/; name one\.$/, '; name one with --array.');
  return new LikenessError(error.code, message, { cause: error });
}
