import { readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { modelManifest } from '../api/model.node.ts';
import { LikenessError } from '../base/errors.ts';
import { makeFolder, removeFolders } from '../base/make-folder.node.ts';
import type { FolderPlace } from '../output/place.node.ts';
import type { PlacedEntry } from '../store/format/entries.ts';
import { whileLocked } from '../store/format/files.ts';
import { type IndexInfo, identityOf, parityOf } from '../store/format/header.ts';
import { IndexStore } from '../store/index-store.ts';
import type { Problem } from '../store/inspect/file.ts';
import { keepCopy, repairFolder } from '../store/inspect/repair.node.ts';
import { FolderStore } from '../store/media/store.node.ts';
import { settingChanges } from './index-notes.ts';
import { recordedModel } from './model-name.ts';
import { lookAt } from './open-index.ts';
import { say } from './print.ts';
import { discardStaged, isIndexFile, removeEmptyIndex, stageIndex } from './staged-index.ts';

/** Where pictures are indexed into. */
export interface Target {
  folder: string;
  /** The pictures of the index that this one replaces when it is done. */
  replaces: readonly PlacedEntry[] | undefined;
  /** What was wrong with the index that is continued, and was repaired. */
  problems: Problem[];
  /** Replaces the index that was there, if this is another one. */
  done(): Promise<void>;
  /** Removes what was made, unless there were pictures in it before. */
  undo(): Promise<void>;
}

/** An index that is there; `pictures` is their folder, as it notes it. */
type Existing = Pick<IndexStore, 'info' | 'entries'> & { pictures: unknown };

/**
 * The output folder; where another kind of index is in it, a staged index that replaces that one when it is done. A
 * damaged index is continued with what is whole.
 *
 * @param folder of the pictures
 */
export async function prepareTarget(
  folder: string,
  place: FolderPlace,
  { model, exif }: { model: string; exif?: 'apply' | 'ignore' | undefined },
): Promise<Target> {
  const manifest = await modelManifest(model);
  const { dimension } = manifest.output;
  const info: IndexInfo = { model: identityOf(manifest), dimension, parity: parityOf(exif) };
  const pictures = relative(place.path, resolve(folder)).split(sep).join('/') || '.';
  /** @returns whether pictures were in it before */
  const open = async (where: string): Promise<boolean> => {
    const index = await IndexStore.open(new FolderStore(where), { create: info });
    const wentOn = index.entries.length > 0;
    await index
      .append(settingChanges({ pictures, model: recordedModel(model, place.path) }))
      .finally(() => index.close());
    return wentOn;
  };
  const { found, problems, unreadable } = await readRepaired(place.path);
  const why = unreadable ?? (found && whyAnew(found, folder, info, place.path));
  if (why === undefined) {
    const made = await makeFolder(place.path);
    const wentOn = await open(place.path).catch(async (error) => {
      await removeFolders(made);
      throw error;
    });
    return {
      folder: place.path,
      replaces: undefined,
      problems,
      done: () => discardStaged(place),
      async undo() {
        if (!wentOn && (await removeEmptyIndex(place.path))) await removeFolders(made);
      },
    };
  }
  say(`The index that was in ${place.named} is made anew: ${why}.`);
  // An earlier attempt is continued, if it is of this kind.
  const staged = await stageIndex(place);
  const begun = await readRepaired(staged.folder);
  if (begun.unreadable ?? (begun.found && whyAnew(begun.found, folder, info, place.path))) {
    await stageIndex(place, { anew: true });
  }
  const wentOn = await open(staged.folder);
  return {
    folder: staged.folder,
    replaces: found?.entries ?? [],
    problems,
    async done() {
      if (unreadable !== undefined) await keepCopies(place.path);
      await staged.publish();
    },
    async undo() {
      if (!wentOn && (await removeEmptyIndex(staged.folder))) await staged.discard();
    },
  };
}

/** The index in a folder, repaired; nothing where there is none; or why it cannot be read. */
async function readRepaired(
  folder: string,
): Promise<{ found?: Existing; unreadable?: string; problems: Problem[] }> {
  try {
    const { index, damage } = await lookAt(folder, { rows: true });
    const { info, settings, entries } = index;
    await index.close();
    const problems = damage?.problems ?? [];
    for (const { message } of problems) say(`${folder}: ${message}`);
    // A torn end was not acknowledged; opening the index to write cuts it off.
    if (damage && problems.some(({ kind }) => kind !== 'tail')) await repair(folder);
    return { found: { info, pictures: settings.get('pictures'), entries }, problems };
  } catch (error) {
    if (!(error instanceof LikenessError)) throw error;
    if (error.code === 'not-found') return { problems: [] };
    if (error.code !== 'bad-file') throw error;
    return { unreadable: error.message.replace(/\.$/, ''), problems: [] };
  }
}

async function repair(folder: string): Promise<void> {
  const store = new FolderStore(folder);
  const aside = await whileLocked(store, () => repairFolder(store));
  say(`${folder}: what is whole goes on; the damaged file is kept as ${aside}.`);
}

/** Unreadable files may be all that is left of an index: they are kept under other names. */
async function keepCopies(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (isIndexFile(name)) say(`The file that was there is kept as ${await keepCopy(join(folder, name))}.`);
  }
}

/** Why an index cannot be continued; `undefined` when it can. */
function whyAnew(
  { info, pictures }: Existing,
  folder: string,
  wanted: IndexInfo,
  output: string,
): string | undefined {
  if (info.model.fingerprint !== wanted.model.fingerprint) {
    return `it was made with ${info.model.fingerprint}, this is ${wanted.model.fingerprint}`;
  }
  if (info.parity !== wanted.parity) return 'it was made with another --exif';
  if (typeof pictures === 'string' && resolve(output, pictures) !== resolve(folder)) {
    return `it is of ${resolve(output, pictures)}`;
  }
  return undefined;
}
