import { changeCollection, collections } from '../../state/collections.ts';
import { alertPerson, explain, say } from '../../state/tasks.ts';
import { collectionTexts } from '../../texts/collections.ts';
import type { Given } from '../given-types.ts';
import { addFiles, onFoldersTaken } from '../indexing.ts';
import { removeWithUndo } from '../take-out.ts';
import { loadCollections, noteFiles } from './known.ts';
import { listFolder } from './list-folder.ts';
import { mayRead, observe, pickFolder } from './platform.ts';

/** A file that is being copied into a folder changes for a while. */
const settleMs = 1500;

/** Has the person choose a folder that can be opened again; `undefined` where they choose none. */
export async function chooseFolder(): Promise<Given | undefined> {
  const folder = await pickFolder();
  return folder && listSaying(folder);
}

const listSaying = (folder: FileSystemDirectoryHandle): Promise<Given> =>
  listFolder(folder, (count) => say(collectionTexts.value.listing(folder.name, count)));

/** Opens the folders again that may be read without asking. */
export async function beginCollections(): Promise<void> {
  onFoldersTaken(() => watchFolders().catch(() => {}));
  await loadCollections();
  for (const { key, handle, isPaused = false } of collections.value) {
    if (!handle || !(await mayRead(handle, { ask: false }).catch(() => false))) continue;
    await open(key, handle, { isRead: !isPaused }).catch(() => {}); // it can be reopened by hand
  }
}

/** Opens a folder again, because the person asks for it; its new and changed pictures are read. */
export async function reopen(key: string): Promise<void> {
  const { handle, name } = collections.value.find((one) => one.key === key)!;
  const text = collectionTexts.value;
  try {
    if (!(await mayRead(handle!, { ask: true }))) return alertPerson(text.notAllowed(name));
    await open(key, handle!);
  } catch (error) {
    if ((error as Error).name !== 'NotFoundError') return explain(error);
    const run = (): void => void chooseAgain(key).catch(explain);
    alertPerson(text.isGone(name), [], { text: text.chooseAgain, run });
  }
}

/** Has the person show where a folder is now. */
async function chooseAgain(key: string): Promise<void> {
  const given = await chooseFolder();
  if (given) await addFiles(given, { key });
}

async function open(
  key: string,
  handle: FileSystemDirectoryHandle,
  { isRead = true }: { isRead?: boolean } = {},
): Promise<void> {
  await addFiles(await listSaying(handle), { key, isRead });
}

const watched = new Map<string, FileSystemDirectoryHandle>();

/** Looks at a folder again whenever something in it has changed, or may have. */
async function watchFolders(): Promise<void> {
  for (const { key, handle, isOpen } of collections.value) {
    if (!handle || !isOpen || watched.has(key)) continue;
    watched.set(key, handle);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = await observe(handle, () => {
      clearTimeout(timer);
      timer = setTimeout(lookAgain, settleMs);
    });
    const lookAgain = (): void => {
      const there = collections.value.find((one) => one.key === key);
      if (there) open(key, handle, { isRead: !there.isPaused }).catch(leave);
      else stop();
    };
    // It is gone, or may not be read any more: the person can reopen it, and is told then.
    const leave = (): void => {
      stop();
      watched.delete(key);
      changeCollection(key, { isOpen: false });
    };
  }
}

/** Takes pictures out of the index whose files are not in their folder any more. */
export async function removeVanished(key: string): Promise<void> {
  const { vanished } = collections.value.find((one) => one.key === key)!;
  await removeWithUndo(vanished, { after: () => keepVanished(key) });
}

/** Leaves those pictures in the index; the folder has nothing to do with them any more. */
export async function keepVanished(key: string): Promise<void> {
  const { vanished, files } = collections.value.find((one) => one.key === key)!;
  const gone = new Set(vanished);
  changeCollection(key, { vanished: [] });
  await noteFiles(
    key,
    [],
    [...files.values()].filter(({ id }) => gone.has(id)).map(({ path }) => path),
  );
}
