import { LikenessError } from '../base/errors.ts';
import { firstNotFinite } from '../knn/search/vectors.ts';
import type { Store } from '../store/format/files.ts';
import { fileName } from '../store/format/generations.ts';
import { IndexStore } from '../store/index-store.ts';
import { type InspectedIndex, inspectIndex } from '../store/inspect/index.ts';
import { openStore } from '../store/media/open-store.node.ts';
import { FolderStore } from '../store/media/store.node.ts';
import { readOnlyStore } from '../store/media/store.single.ts';
import { indexCommand, type Made } from './index-notes.ts';
import { say } from './print.ts';

/** An index to read, and what is wrong with it. */
interface Looked {
  index: IndexStore;
  damage: InspectedIndex | undefined;
}

/**
 * Opens the index in a folder, an exported file or at a URL to read. Of a damaged one it has what is whole; stderr says
 * what is missing.
 *
 * @param options.rows checks the features, too: it reads all of them
 */
export async function openIndexOf(where: string, options: { rows?: boolean } = {}): Promise<Looked> {
  const { index, damage } = await lookAt(where, options);
  if (damage) warn(where, damage);
  // An empty index answers with nothing, which is right, but hardly what was meant.
  else if (index.entries.length === 0) say(emptyNote(where, index));
  return { index, damage };
}

/**
 * Opens an index to change it. What a crash left behind the last commit is cut off. An index that lost acknowledged
 * pictures is refused, because it can be repaired.
 *
 * @throws LikenessError `bad-file`, `read-only`, `not-found`
 */
export async function openToChange(where: string): Promise<IndexStore> {
  const { index: looked, damage } = await lookAt(where);
  await looked.close();
  if (damage?.problems.some(({ kind }) => kind !== 'tail')) {
    throw new LikenessError('bad-file', `${where} is damaged. ${repairHint(where)}`);
  }
  if (damage) warn(where, damage);
  const index = await IndexStore.open(await openStore(where));
  if (!index.readOnly) return index;
  await index.close();
  throw new LikenessError(
    'read-only',
    `${where} can only be read: make a folder of it with likeness import ${where} -o <index-dir>.`,
  );
}

/** @param options.rows checks the features, too */
export async function lookAt(where: string, { rows = false }: { rows?: boolean } = {}): Promise<Looked> {
  const store = await openStore(where);
  try {
    const { index, torn } = await openSettled(store);
    if (!torn && !(rows && (await hasDamagedRow(index)))) return { index, damage: undefined };
    await index.close();
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    if (error.code === 'not-found') throw noIndex(where, error);
    if (error.code !== 'bad-file' && error.code !== 'newer-format') throw error;
  }
  const damage = await inspect(where);
  return { index: await IndexStore.open(damage.asStore(where)), damage };
}

/** Reads every byte of an index. */
async function inspect(where: string): Promise<InspectedIndex> {
  const store = await openStore(where);
  try {
    return await inspectIndex(readOnlyStore(store));
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    if (error.code === 'not-found') throw noIndex(where, error);
    if (error.code !== 'bad-file') throw error;
    throw new LikenessError(
      'bad-file',
      `${where} is damaged, or no index: ${ofFile(error.message, where, store).replace(/[.]$/, '')}. Restore it from a copy, or make the index again.`,
      { cause: error },
    );
  }
}

/** Says what is damaged in an index that a command goes on with. */
function warn(where: string, { lost, problems, entries }: InspectedIndex): void {
  for (const { kind, message } of problems) {
    if (kind !== 'row' && kind !== 'values') say(`${where}: ${message}`);
  }
  if (lost.length > 0) warnOfRows(where, lost, entries.length + lost.length);
  else if (problems.some(({ kind }) => kind !== 'tail')) say(repairHint(where));
}

/** @param all pictures in the index, those with damaged features too */
export function warnOfRows(where: string, lost: readonly string[], all: number): void {
  const few = lost
    .slice(0, 5)
    .map((id) => `"${id}"`)
    .join(', ');
  const more = lost.length > 5 ? ` and ${lost.length - 5} more` : '';
  say(`${where}: the features of ${lost.length} of ${all} pictures are damaged and left out: ${few}${more}.`);
  say(repairHint(where));
}

const repairHint = (where: string): string =>
  `Run "likeness check ${where} --repair" to keep what is whole, then "likeness index" to take again what is lost.`;

/** Opens an index; again if somebody was writing to it. */
async function openSettled(store: Store): Promise<{ index: IndexStore; torn: boolean }> {
  const index = await IndexStore.open(readOnlyStore(store));
  if (!index.dropped || store.readOnly) return { index, torn: index.dropped !== undefined };
  const lock = await store.lock().catch(() => null); // null: nothing can be written here
  // While somebody writes, a torn end is a commit on its way: the index is what is before it.
  if (lock === undefined) return { index, torn: false };
  await index.close();
  try {
    const again = await IndexStore.open(readOnlyStore(store));
    return { index: again, torn: again.dropped !== undefined };
  } finally {
    await lock?.release();
  }
}

async function hasDamagedRow(index: IndexStore): Promise<boolean> {
  let damaged = false;
  const blocks = index.rows(index.entries, () => {
    damaged = true;
  });
  for await (const { values } of blocks) {
    if (damaged || firstNotFinite(values) >= 0) return true;
  }
  return damaged;
}

export const noIndex = (where: string, cause?: LikenessError): LikenessError =>
  new LikenessError(
    'not-found',
    // At a URL no index can be made.
    cause && /^https?:/.test(where)
      ? cause.message
      : `There is no index in ${where === '' ? '"" (an empty path)' : where}; make one with: likeness index <folder of pictures> -o ${where || '<index-dir>'}`,
    { cause },
  );

/** A message about an index's file: an exported file or a URL is called by its own name. */
export const ofFile = (message: string, where: string, store: Store): string =>
  store instanceof FolderStore ? message : message.replaceAll(fileName(1), where);

export const emptyNote = (where: string, made: Made): string =>
  `${where} holds no pictures: they are being indexed, or that was interrupted, all were removed, or the last changes were lost. Take pictures in with: ${indexCommand(where, made)}`;
