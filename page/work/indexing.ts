import type { Item } from 'likeness-search';
import { opened, search } from '../state/library.ts';
import { Pace } from '../state/pace.ts';
import {
  changePictures,
  imageOf,
  type KeptMeta,
  missing,
  type Picture,
  pictures,
  readMeta,
  updatePictures,
} from '../state/pictures.ts';
import { alertPerson, runTask, say } from '../state/tasks.ts';
import { workTexts } from '../texts/work.ts';
import type { Given, Unread } from './given.ts';
import { hashOfFile, picturesOf } from './ids.ts';
import { sampleUrlOf } from './sample-list.ts';
import { keep } from './thumbnails.ts';
import { tellUnread, whyNotPicture } from './unread.ts';

/** Pictures whose thumbnails are made and which go to the index at a time. */
const atOnce = 16;

/** Takes over what the index holds, e.g. when it was opened. Pictures that it does not hold are not indexed. */
export async function showIndex(): Promise<void> {
  const entries = await search.value!.entries();
  changePictures((map) => {
    for (const [id, picture] of map) if (picture.indexed) map.set(id, { ...picture, indexed: false });
    for (const { id, meta, hash } of entries) {
      const kept = readMeta(meta);
      // A file of the person's has a size; the page's samples can be read again.
      const url = kept.byteLength === undefined ? (sampleUrlOf(id) ?? '') : '';
      const before = map.get(id) ?? { id, url, thumbnail: '' };
      map.set(id, { ...before, ...kept, ...(hash === undefined ? {} : { hash }), indexed: true });
    }
    // A small picture alone is none to be indexed: what left the index and cannot be read is gone.
    for (const [id, { indexed, url, file }] of map) if (!indexed && url === '' && !file) map.delete(id);
  });
}

/** Adds to the index; what was added before a cancel stays. Answers with what could not be read. */
export async function addToIndex(items: readonly Item[]): Promise<Unread[] | undefined> {
  await opened(); // its task comes before this one
  return runTask(workTexts.value.indexing, async (signal, show) => {
    const pace = new Pace(items.length, 0, performance.now());
    const failed: Unread[] = [];
    show(0, pace.describe(0, performance.now()));
    for (let at = 0; at < items.length; at += atOnce) {
      const part = await Promise.all(items.slice(at, at + atOnce).map(withMeta));
      const report = await search.value!.add(
        part.map(({ item }) => item),
        {
          signal,
          onProgress: ({ done }) =>
            show((at + done) / items.length, pace.describe(at + done, performance.now())),
        },
      );
      const bad = new Map(report.failed.map(({ id, error }) => [id, error.message]));
      failed.push(...[...bad].map(([path, why]) => ({ path, why })));
      updatePictures(
        part.map(({ item: { id }, kept }) => {
          const why = bad.get(id);
          return why === undefined ? { id, ...kept, indexed: true } : { id, failed: why };
        }),
      );
    }
    say(workTexts.value.indexed(items.length - failed.length));
    return failed;
  });
}

async function withMeta(item: Item): Promise<{ item: Item; kept: KeptMeta }> {
  const picture = pictures.value.get(item.id);
  const kept = picture && (await keep(picture));
  return kept ? { item: { ...item, meta: { ...kept } }, kept } : { item, kept: {} };
}

/** Indexes the pictures that are not indexed, but those that could not be read before. */
export async function indexMissing(passedOver: readonly Unread[] = [], given = 0): Promise<void> {
  const those = missing.value;
  const failed =
    those.length > 0
      ? await addToIndex(those.map((picture) => ({ id: picture.id, image: imageOf(picture) })))
      : [];
  const unread = [...passedOver, ...(failed ?? [])];
  tellUnread(unread, Math.max(given, unread.length));
}

/** Shows files, and indexes them as soon as nothing else is under way. What is no picture is named at the end. */
export function addFiles(given: Given): Promise<void> {
  // One after another: the names of one are known when the next is looked at.
  const shown = lastShown.then(() => showFiles(given));
  lastShown = shown.catch(() => {});
  return shown.then(async ({ passedOver, count }) => {
    if (count === 0) alertPerson(workTexts.value.noFiles);
    else await indexMissing(passedOver, count);
  });
}

let lastShown: Promise<unknown> = Promise.resolve();

async function showFiles({ files, unread }: Given): Promise<{ passedOver: Unread[]; count: number }> {
  const passedOver = [...unread];
  const read = files.filter(({ path, file }) => {
    const why = whyNotPicture(path, file.type);
    if (why !== undefined) passedOver.push({ path, why });
    return why === undefined;
  });
  const added = await picturesOf(read, pictures.value, hashOfThere, (one) => passedOver.push(one));
  changePictures((map) => {
    for (const picture of added) {
      const before = map.get(picture.id);
      if (before) map.set(picture.id, { ...before, url: picture.url, file: picture.file! });
      else map.set(picture.id, picture);
    }
  });
  return { passedOver, count: files.length + unread.length };
}

/** Of a picture that the page has no file of. */
async function hashOfThere({ hash, url }: Picture): Promise<string | undefined> {
  if (hash !== undefined || url === '') return hash;
  const response = await fetch(url);
  return response.ok ? hashOfFile(await response.blob()) : undefined;
}
