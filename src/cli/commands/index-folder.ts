import { join, resolve } from 'node:path';
import type { ImageSearch } from '../../api/image-search.node.ts';
import type { OpenOptions } from '../../api/options.ts';
import { LikenessError } from '../../base/errors.ts';
import type { AddReport, Item } from '../../engine/types.ts';
import { pictureFormats } from '../../image/endings.ts';
import { checkRowId } from '../../lance/asked.ts';
import { placeForFolder } from '../../output/place.node.ts';
import type { Entry } from '../../store/format/records.ts';
import type { Problem } from '../../store/inspect/file.ts';
import { type Departure, departures } from '../departures.ts';
import { type FoundPicture, findPictures, isThere, type PassedOver } from '../find-pictures.ts';
import type { PictureMeta } from '../index-notes.ts';
import { prepareTarget } from '../index-target.ts';
import { Interrupted, interruptible } from '../interrupt.ts';
import { type LanceTarget, tryLance } from '../lance-target.ts';
import { lookAt } from '../open-index.ts';
import { openSearch } from '../open-search.ts';
import { print, printJson, say, sayList } from '../print.ts';
import { progressBar } from '../progress.ts';
import { copyIntoLance, kindOfModel, printTable, type TableSummary } from './import-lance.ts';

interface Options extends Pick<OpenOptions, 'backend' | 'threads' | 'exif'>, Partial<LanceTarget> {
  output: string;
  model: string;
  json?: boolean;
  /** Pictures that are gone leave the index, however many. */
  prune?: boolean;
}

/** What `likeness index` did; printed with `--json`. */
interface Summary {
  index: string;
  count: number;
  /** Pictures extracted now. */
  extracted: number;
  /** Pictures whose features were in the index. */
  reused: number;
  /** Files that look like pictures and could not be read as one. */
  failed: { id: string; message: string }[];
  /** Other entries of the folder that are not read. */
  passedOver: PassedOver[];
  /** Pictures that left the index, and why. */
  removed: Departure[];
  /** Pictures that are gone, and too many for that to be meant: they stay until `--prune`. */
  missing: Departure[];
  /** What was damaged in the index; what was whole was kept. */
  problems: Problem[];
  seconds: number;
  model: string;
  backend: string;
  /** The old name of `backend`. */
  device: string;
  threads: number;
  /** With `--to`: what was done to the table. Left out where that failed. */
  table?: TableSummary;
}

/**
 * `likeness index <folder> -o <index>`: extracts only pictures that changed since the last run, finished or not. With
 * `--to` the table of LanceDB then has what the index has, without what left it.
 */
export const indexFolder = (folder: string, options: Options): Promise<void> =>
  interruptible((stop) => run(folder, options, stop));

async function run(folder: string, options: Options, stop: AbortSignal): Promise<void> {
  const start = performance.now();
  const { output, prune = false } = options;
  const tryTable = await tableOf(options);
  await tryTable?.('look');
  const found = await findPictures(folder, [output]);
  // Pictures whose names a table cannot have would be indexed for nothing.
  if (tryTable) for (const { id } of found.pictures) checkRowId(id);
  const passed = found.passedOver.map(({ path, message }) => `passed over ${path}: ${message}`);
  sayList(passed, listedIn(options));
  const noPictures = (): LikenessError =>
    new LikenessError('not-found', `There are no pictures (${pictureFormats}) in ${folder}.`);
  if (found.pictures.length === 0 && !(await hasPictures(output))) throw noPictures();
  const place = await placeForFolder(output, { option: '-o' });
  const target = await prepareTarget(folder, place, options);

  let search: ImageSearch | undefined;
  let indexed: Indexed;
  try {
    stop.throwIfAborted();
    search = await openSearch({ ...options, store: `file:${target.folder}`, signal: stop });
    indexed = await addChanged(search, folder, found.pictures, options, stop, () => tryTable?.('write'));
  } catch (error) {
    const size = search?.size ?? 0;
    await search?.close();
    if (size === 0) await target.undo();
    if (!stop.aborted) throw error;
    const { signal } = stop.reason as Interrupted;
    const done = size === 0 ? 'nothing was indexed' : `${size} pictures are indexed for ${output}`;
    throw new Interrupted(signal, `interrupted: ${done}; the same command goes on from there.`);
  }
  const { failed, entries, extracted } = indexed;
  /** Why a picture that was found cannot be read. One that cannot be reached now may come back. */
  const unread = new Map<string, string>();
  const unreachable = new Set<string>();
  for (const { id, error } of failed) {
    if (error.code === 'not-found' && (await isThere(join(folder, id)))) unreachable.add(id);
    else unread.set(id, error.message);
  }
  const wanted = new Set(found.pictures.map(({ id }) => id));
  for (const { id } of failed) wanted.delete(id);
  const after = entries.filter(({ id }) => wanted.has(id));
  const before = target.replaces ?? indexed.before;
  if (after.length === 0 && (target.replaces || before.length === 0)) {
    await search.close();
    await target.undo();
    throw failed[0]?.error ?? noPictures();
  }
  // A new index replaces the old one: a picture that it does not have is lost.
  const mayStay = (id: string): boolean => !target.replaces && (unreachable.has(id) || found.mayBeThere(id));
  const { gone, tooMany } = departures(before, after, unread, mayStay);
  const ask = tooMany && !prune;
  const stale = target.replaces ? entries.filter(({ id }) => !wanted.has(id)) : ask ? [] : gone;
  await search.remove(stale.map(({ id }) => id));
  const { size } = search;
  const { model, extractor } = await search.report();
  await search.close();
  if (!ask || !target.replaces) await target.done();

  const what = ask ? 'missing' : 'removed';
  sayList(
    gone.map(({ id, message }) => `${what} ${id}: ${message}`),
    listedIn(options),
  );
  const summary: Summary = {
    index: output,
    count: ask && target.replaces ? before.length : size,
    extracted,
    reused: after.length - extracted,
    failed: failed.map(({ id, error }) => ({ id, message: error.message })),
    passedOver: found.passedOver,
    removed: ask ? [] : gone,
    missing: ask ? gone : [],
    problems: target.problems,
    seconds: (performance.now() - start) / 1000,
    model: model.fingerprint,
    backend: extractor!.backend,
    device: extractor!.backend,
    threads: extractor!.threads,
  };
  if (!options.json) print(describe(summary));
  try {
    if (options.to !== undefined) {
      const leaving = ask ? [] : gone.map(({ id }) => id);
      summary.table = await copyIntoLance(output, { ...options, to: options.to }, { leaving, prune }, stop);
      if (!options.json) printTable(summary.table);
    }
  } finally {
    if (options.json) printJson(summary);
  }
  if (!ask) return;
  const kept = target.replaces
    ? 'the index that was there is as it was, the new one waits beside it'
    : 'nothing was removed';
  throw new LikenessError(
    'bad-argument',
    `${gone.length} of the ${before.length} pictures of ${output} are not in ${folder}, more than a third: ${kept}. Is a disk missing, or a folder mistaken? If they are meant to go, run it again with --prune.`,
  );
}

/** With `--to`: tries whether the table can be opened, or written to, before anything is extracted for it. */
async function tableOf({ to, table, endpoint, model }: Options) {
  if (to === undefined) return undefined;
  const target: LanceTarget = { to, table, endpoint };
  const kind = await kindOfModel(model);
  return (how: 'look' | 'write'): Promise<void> => tryLance(target, kind, how);
}

interface Indexed {
  /** The pictures that the index had, and those that it has now. */
  before: Entry[];
  entries: Entry[];
  extracted: number;
  failed: AddReport['failed'];
}

/** Adds the pictures whose files are new or not as they were. */
async function addChanged(
  search: ImageSearch,
  folder: string,
  pictures: readonly FoundPicture[],
  { output }: Options,
  signal: AbortSignal,
  beforeWork: () => Promise<void> | undefined,
): Promise<Indexed> {
  const before = await search.entries();
  const there = new Map(before.map(({ id, meta }) => [id, meta as Partial<PictureMeta> | undefined]));
  const items: Item[] = [];
  for (const { id, stamp } of pictures) {
    const was = there.get(id)?.file;
    if (was && was.byteLength === stamp.byteLength && was.modifiedMs === stamp.modifiedMs) continue;
    items.push({ id, image: resolve(folder, id), meta: { file: { ...stamp } } });
  }
  if (items.length > 0) await beforeWork();
  const same = pictures.length - items.length;
  if (same > 0) say(`Reusing the features of ${same} of ${pictures.length} pictures in ${output}.`);

  const bar = items.length === 0 ? undefined : progressBar('Indexing', pictures.length);
  try {
    const { extracted, failed } = await search.add(items, {
      signal,
      onProgress: ({ done, extracted: worked }) => bar?.update(same + done, worked),
    });
    bar?.stop();
    for (const { id, error } of failed) say(`skipped ${id}: ${error.message}`);
    return { before, entries: await search.entries(), extracted, failed };
  } finally {
    bar?.stop();
  }
}

const listedIn = ({ json }: Options): string => (json ? '' : ' (--json lists all)');

/** Whether there is an index with pictures. */
async function hasPictures(output: string): Promise<boolean> {
  try {
    const { index } = await lookAt(output);
    await index.close();
    return index.entries.length > 0;
  } catch (error) {
    if (error instanceof LikenessError && ['not-found', 'bad-file'].includes(error.code)) return false;
    throw error;
  }
}

function describe(summary: Summary): string {
  const { index, count, extracted, reused, failed, passedOver, removed, missing, seconds } = summary;
  const parts: [number, string][] = [
    [extracted, `indexed in ${seconds.toFixed(1)} s`],
    [reused, 'reused'],
    [failed.length, 'skipped because they could not be read'],
    [passedOver.length, 'passed over'],
    [removed.length, 'removed'],
    [missing.length, 'missing'],
  ];
  const told = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return `${index}: ${count} pictures (${told.join(', ')})`;
}
