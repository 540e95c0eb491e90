import { effect } from '@preact/signals';
import type { Item } from 'likeness-search';
import { isLooking, opened, search } from '../state/library.ts';
import { Pace } from '../state/pace.ts';
import { changePictures, missing, type Picture, pictures, updatePictures } from '../state/pictures.ts';
import { alertPerson, explain, runTask, say, withdraw } from '../state/tasks.ts';
import { changeToRead, toGoCount, toRead } from '../state/to-read.ts';
import { changeUnread, type UnreadPicture, unreadPictures } from '../state/unread.ts';
import { collectionTexts } from '../texts/collections.ts';
import { errorText } from '../texts/errors.ts';
import { workTexts } from '../texts/work.ts';
import { notReadHere } from './browser-formats.ts';
import { pauseCollections } from './collections/known.ts';
import { partFolders, takeFolder, takenIds } from './collections/take-folder.ts';
import type { Given, GivenFile, Unread } from './given-types.ts';
import { type NamedFile, nameFiles } from './ids.ts';
import { warnOfPrivate } from './private-window.ts';
import { Reading } from './read-pictures.ts';
import { showIndex } from './show-index.ts';
import { hashOfFile } from './thumbnails/keep.ts';
import { Turns } from './turns.ts';
import {
  forgetUnread,
  rememberUnread,
  tellUnread,
  whyNotPicture,
  whyUnreadBefore,
  whyUnreadFormat,
} from './unread.ts';

export { showIndex };

/** Features that go to the index at a time. */
const vectorsAtOnce = 256;

/** Adds features that were made elsewhere. What was added before a cancel stays. Answers with what is not taken. */
export async function addToIndex(items: readonly Item[]): Promise<Unread[] | undefined> {
  await opened(); // its task comes before this one
  return runTask(workTexts.value.indexing, async (signal, show) => {
    const pace = new Pace(items.length, 0, performance.now());
    const failed: Unread[] = [];
    for (let at = 0; at < items.length; at += vectorsAtOnce) {
      show(at / items.length, pace.describe(at, performance.now()));
      const part = items.slice(at, at + vectorsAtOnce);
      const report = await search.value!.add(part, { signal });
      const bad = new Map(report.failed.map(({ id, error }) => [id, error.message]));
      failed.push(...[...bad].map(([path, why]) => ({ path, why })));
      updatePictures(part.filter(({ id }) => !bad.has(id)).map(({ id }) => ({ id, indexed: true })));
    }
    say(workTexts.value.indexed(items.length - failed.length));
    return failed;
  });
}

/** What was given since the person was told of it last. */
let given = 0;
let passedOver: Unread[] = [];
let reading: Promise<void> | undefined;

/**
 * Reads what is to be read into the index. One run at a time: what is given while it runs is part of it.
 *
 * @param withShown pictures too that are shown and not in the index, e.g. a server's; else only those that were given
 */
export function indexMissing(withShown = true): Promise<void> {
  reading ??= read(withShown).finally(() => {
    reading = undefined;
  });
  return reading;
}

async function read(withShown: boolean): Promise<void> {
  await opened(); // its task comes before this one
  await pauseCollections(false);
  void warnOfPrivate();
  const hasMore = (): boolean => toRead.value.size + (withShown ? missing.value.length : 0) > 0;
  let isDone = true;
  // More may have come in when the last part was under way.
  while (isDone && hasMore()) {
    let end = '';
    const tell = (text: string): void => {
      end = text;
    };
    isDone =
      (await runTask(workTexts.value.indexing, (signal, show) => readAll(signal, show, withShown, tell))) ??
      false;
    // Where the progress was: before it goes, there is no room.
    if (end !== '') say(end);
  }
  const [count, unread] = [given, passedOver];
  given = 0;
  passedOver = [];
  const again = unread.filter(({ path }) => unreadPictures.value.get(path)?.file);
  const tryAgain = (): void => void readAgain(again.map(({ path }) => path));
  tellUnread(unread, Math.max(count, unread.length), again.length > 0 ? tryAgain : undefined);
}

/** What was told of the last reading that failed. */
let failed: string | undefined;

async function readAll(
  signal: AbortSignal,
  show: (fraction: number | undefined, text: string) => void,
  withShown: boolean,
  tell: (end: string) => void,
): Promise<boolean> {
  const run = new Reading(search.value!, signal, show, withShown);
  try {
    await run.run();
    tell(workTexts.value.indexed(run.added));
    if (failed) withdraw(failed);
    return true;
  } catch (error) {
    if (signal.aborted) {
      tell(workTexts.value.stopped(run.added, toGoCount.value));
      await pauseCollections(true);
      throw error;
    }
    // What is to go stays, and goes on from here.
    const { text, detail } = errorText(error);
    failed = text;
    const goOn = { text: collectionTexts.value.goOn, run: () => void indexMissing(withShown).catch(explain) };
    alertPerson(text, [], toGoCount.value > 0 ? goOn : undefined, detail);
    return false;
  } finally {
    passedOver.push(...run.refused.map(({ picture: { id }, why }) => ({ path: id, why })));
    await rememberUnread(
      run.refused.map(({ picture: { id, file }, why, isContent }) => ({
        id,
        why,
        ...(file ? { file } : {}),
        isContent,
      })),
    );
  }
}

/** Reads files again that could not be read, because the person asks for it. */
export async function readAgain(ids: readonly string[]): Promise<void> {
  const those = ids.flatMap((id) => unreadPictures.value.get(id) ?? []);
  await forgetUnread(ids);
  changePictures((map) => {
    for (const id of ids) {
      const { failed, ...shown } = map.get(id) ?? {};
      if (failed !== undefined) map.set(id, shown as Picture);
    }
  });
  await put(those.flatMap(({ id, file }) => (file ? [{ id, file, path: id }] : [])));
  given += those.length;
  await indexMissing(those.some(({ file }) => !file));
}

interface AddOptions {
  /** Of the collection that a folder is, where that is known. */
  key?: string | undefined;
  /** Whether they are read at once. Default true; else when the person asks for it. */
  isRead?: boolean;
}

/** Takes files, and reads them into the index as soon as nothing else is under way. What is no picture is named at the end. */
export function addFiles(all: Given, { key, isRead = true }: AddOptions = {}): Promise<void> {
  // One after another: the names of one are known when the next is looked at.
  const shown = lastShown.then(() => takeFiles(all, key));
  lastShown = shown.catch(() => {});
  return shown.then(async () => {
    if (all.files.length + all.unread.length === 0 && key === undefined) {
      alertPerson(workTexts.value.noFiles);
    } else if (isRead) await indexMissing(false);
  });
}

/** Told when folders were taken: they may be watched now. */
let watchOpened: () => unknown = () => {};

export const onFoldersTaken = (tell: () => unknown): void => {
  watchOpened = tell;
};

let lastShown: Promise<unknown> = Promise.resolve();

async function takeFiles({ files, unread, handles }: Given, key?: string): Promise<void> {
  await untilShown();
  given += files.length + unread.length;
  passedOver.push(...unread);
  const { folders, single } = partFolders(files, handles);
  for (const folder of folders) {
    const { files: those, changed } = await takeFolder(folder, unread, nameAmong, key);
    await put(those, changed);
  }
  await put(await nameAmong(single));
  void watchOpened();
}

/** Names of pictures mean nothing before the index is shown. */
function untilShown(): Promise<void> {
  return new Promise((done) => {
    const stop = effect(() => {
      if (isLooking.value) return;
      done();
      queueMicrotask(() => stop());
    });
  });
}

/** Pictures among files, by their names, with their ids. */
async function nameAmong(files: readonly GivenFile[]): Promise<NamedFile[]> {
  const read = await picturesAmong(files);
  return nameFiles(
    read,
    takenIds(),
    hashOfThere,
    (one) => passedOver.push(one),
    (done) => sayLooking(done, read.length),
  );
}

/** Files that are pictures as far as their names tell. */
async function picturesAmong(files: readonly GivenFile[]): Promise<GivenFile[]> {
  const read: GivenFile[] = [];
  const turns = new Turns();
  for (const one of files) {
    await turns.next();
    const why = whyNotPicture(one.path, one.file.type);
    if (why === undefined) read.push(one);
    else passedOver.push({ path: one.path, why });
  }
  const refused = await notReadHere(read);
  for (const path of refused) passedOver.push({ path, why: whyUnreadFormat(path) });
  return read.filter(({ path }) => !refused.has(path));
}

/**
 * Files of pictures that are there give their originals back; others are to be read. Those that could not be read before are
 * passed over.
 *
 * @param changed ids of pictures that are read again: their files have another content
 */
async function put(files: readonly NamedFile[], changed: ReadonlySet<string> = new Set()): Promise<void> {
  const urls = new Map<string, string>();
  const fresh: NamedFile[] = [];
  const stillUnread: UnreadPicture[] = [];
  const turns = new Turns();
  for (const one of files) {
    await turns.next();
    const { id, file } = one;
    const why = await whyUnreadBefore(id, file);
    const there = pictures.value.get(id);
    if (why !== undefined) stillUnread.push({ id, why, file });
    else if (!there?.indexed || changed.has(id)) fresh.push(one);
    else if (there.file !== file) urls.set(id, URL.createObjectURL(file));
  }
  if (stillUnread.length > 0) say(workTexts.value.stillUnread(stillUnread.length));
  changeUnread((map) => {
    for (const one of stillUnread) map.set(one.id, one);
  });
  if (urls.size > 0) {
    changePictures((map) => {
      for (const { id, file } of files) {
        const [picture, url] = [map.get(id), urls.get(id)];
        if (picture && url !== undefined) map.set(id, { ...picture, file, url });
        else if (url !== undefined) URL.revokeObjectURL(url);
      }
    });
  }
  changeToRead((map) => {
    for (const { id, file } of fresh) map.set(id, { id, url: '', thumbnail: '', file, indexed: false });
  });
}

let said = 0;

/** Looking at thousands of names takes a while, hashing namesakes more. */
function sayLooking(done: number, total: number): void {
  if (done === 0) said = performance.now();
  if (performance.now() - said < 500) return;
  said = performance.now();
  say(workTexts.value.looking(done, total));
}

/** Of a picture that the page has no file of. */
async function hashOfThere({ hash, url }: Picture): Promise<string | undefined> {
  if (hash !== undefined || url === '') return hash;
  const response = await fetch(url);
  return response.ok ? hashOfFile(new File([await response.blob()], url)) : undefined;
}
