import type { Item, Json } from 'likeness-search';
import { explain, refreshActions, say, whenIdle, withProgress } from './actions.ts';
import type { Given, Unread } from './given.ts';
import { hashOfFile, picturesOf } from './ids.ts';
import { otherModelOfServed } from './other-model.ts';
import { Pace } from './pace.ts';
import { type Picture, servedFeatures } from './pictures.ts';
import { state } from './state.ts';
import { keep, thumbnailOf } from './thumbnails.ts';
import { tellUnread, whyNotPicture } from './unread.ts';
import { alertPerson, markIndexed, markOnlyIndexed, removePictures, showPictures } from './views.ts';

/** Metadata of what the index holds, by id. */
const kept = new Map<string, Json | undefined>();
/** Pictures whose thumbnails are made and which go to the index at a time. */
const atOnce = 64;

/** Takes over what the index holds, e.g. when it was opened; pictures that the page does not have are shown small. */
export async function showIndex(choose: (picture: Picture) => void): Promise<void> {
  const { pictures, indexed, hashes } = state;
  const entries = await state.search!.entries();
  indexed.clear();
  kept.clear();
  const unknown: Picture[] = [];
  hashes.clear();
  for (const { id, meta, hash } of entries) {
    indexed.add(id);
    kept.set(id, meta);
    if (hash !== undefined) hashes.set(id, hash);
    if (!pictures.has(id)) unknown.push({ id, url: thumbnailOf(meta) });
  }
  for (const picture of unknown) pictures.set(picture.id, picture);
  showPictures(unknown, choose);
  markOnlyIndexed(indexed);
}

/**
 * Adds what is not in the index yet; what was added before a cancel stays.
 *
 * @param passedOver files that were given with these and are no pictures, to be told of at the end
 * @param given how many files there were in all
 */
export function addToIndex(
  items: Iterable<Item>,
  total: number,
  passedOver: readonly Unread[] = [],
  given = total,
): Promise<void> {
  return withProgress('Indexing…', async (signal, show) => {
    const { indexed, search } = state;
    const pace = new Pace(total, 0, performance.now());
    const started = performance.now();
    const before = indexed.size;
    let unchanged = 0;
    const failed: { id: string; error: Error }[] = [];
    try {
      let done = 0;
      for (const part of parts(items)) {
        const ready = await Promise.all(part.map(withMeta));
        const report = await search!.add(ready, {
          signal,
          onProgress: (progress) =>
            show(done + progress.done, total, pace.describe(done + progress.done, performance.now())),
        });
        done += part.length;
        unchanged += report.unchanged;
        failed.push(...report.failed);
        const bad = new Set(report.failed.map(({ id }) => id));
        const good = ready.filter(({ id }) => !bad.has(id));
        for (const { id, meta } of good) {
          indexed.add(id);
          kept.set(id, meta);
        }
        markIndexed(good.map(({ id }) => id));
      }
    } finally {
      // After a cancel the index itself knows what it holds.
      if (signal.aborted) {
        for (const { id, meta } of await search!.entries()) {
          indexed.add(id);
          kept.set(id, meta);
        }
        markIndexed(indexed);
        tellUnread(passedOver, given);
      }
    }
    // What a person added and nobody can read is no picture; the server's stay where they are.
    const bad = failed.map(({ id }) => id).filter((id) => state.pictures.get(id)?.file);
    for (const id of bad) state.pictures.delete(id);
    removePictures(bad);
    tellUnread([...passedOver, ...failed.map(({ id, error }) => ({ path: id, why: error.message }))], given);
    const seconds = (performance.now() - started) / 1000;
    const there = unchanged > 0 ? ` (${unchanged} were indexed already)` : '';
    return `${indexed.size - before} pictures indexed in ${seconds.toFixed(1)} s${there}. Click one to find those like it.`;
  });
}

function* parts(items: Iterable<Item>): Generator<Item[]> {
  let part: Item[] = [];
  for (const item of items) {
    part.push(item);
    if (part.length < atOnce) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

async function withMeta(item: Item): Promise<Item> {
  const picture = state.pictures.get(item.id);
  const meta = picture && (await keep(picture, kept.get(item.id)));
  return meta === undefined ? item : { ...item, meta };
}

/** Indexes the pictures that are not indexed. */
export async function indexMissing(passedOver: readonly Unread[] = [], given?: number): Promise<void> {
  const missing = [...state.pictures.values()].filter(({ id, url }) => url !== '' && !state.indexed.has(id));
  if (missing.length === 0) {
    tellUnread(passedOver, given ?? 0); // those given before have been indexed with these
    return;
  }
  await addToIndex(
    missing.map(({ id, url, file }) => ({ id, image: file ?? url })),
    missing.length,
    passedOver,
    given,
  );
}

/**
 * Adds files to the gallery, and to the index as soon as nothing else is under way. Whatever is not among the pictures
 * afterwards is named.
 */
export function addFiles(given: Given, choose: (picture: Picture) => void): Promise<void> {
  // One after another: the names of one are known when the next is looked at.
  const shown = lastShown.then(() => showFiles(given, choose));
  lastShown = shown.catch(() => {});
  const indexed = Promise.all([shown, lastIndexed]).then(async ([{ added, passedOver, count }]) => {
    // The model may be on its way still.
    await whenIdle();
    if (state.search && added > 0) await indexMissing(passedOver, count);
    else if (count === 0) alertPerson('There are no files in what was given.');
    else tellUnread(passedOver, count);
  });
  lastIndexed = indexed.catch(() => {});
  return indexed;
}

let lastShown: Promise<unknown> = Promise.resolve();
let lastIndexed: Promise<void> = Promise.resolve();

async function showFiles(
  { files, unread }: Given,
  choose: (picture: Picture) => void,
): Promise<{ added: number; passedOver: Unread[]; count: number }> {
  const passedOver = [...unread];
  const pictures = files.filter(({ path, file }) => {
    const why = whyNotPicture(path, file.type);
    if (why !== undefined) passedOver.push({ path, why });
    return why === undefined;
  });
  if (pictures.some(({ path }) => state.pictures.has(path))) say('Comparing with pictures of the same name…');
  const added = await picturesOf(pictures, state.pictures, hashOfThere, (one) => passedOver.push(one));
  for (const picture of added) {
    state.pictures.set(picture.id, picture);
    state.indexed.delete(picture.id);
  }
  showPictures(added, choose);
  refreshActions();
  return { added: added.length, passedOver, count: files.length + unread.length };
}

/** Of a picture that the page has no file of. */
async function hashOfThere({ id, url }: Picture): Promise<string | undefined> {
  const known = state.hashes.get(id);
  // A data URL is a small picture of it.
  if (known !== undefined || url === '' || url.startsWith('data:')) return known;
  const response = await fetch(url);
  return response.ok ? hashOfFile(await response.blob()) : undefined;
}

/** Takes the features that the server has, if they are of the model that the page works with. */
export async function useReadyMade(): Promise<void> {
  const { served } = state;
  try {
    const other = otherModelOfServed();
    if (other) throw new Error(other);
    const rows = await servedFeatures(served!.pictures.length);
    await addToIndex(
      served!.pictures.map(({ id }, row) => ({ id, vector: rows[row]! })),
      rows.length,
    );
  } catch (error) {
    explain(error);
  }
}
