import type { Item, Json } from 'likeness';
import { explain, refreshActions, withProgress } from './actions.ts';
import { Pace } from './pace.ts';
import { type Picture, servedFeatures } from './pictures.ts';
import { state } from './state.ts';
import { keep, thumbnailOf } from './thumbnails.ts';
import { alertPerson, markIndexed, markOnlyIndexed, showPictures } from './views.ts';

/** Metadata of what the index holds, by id. */
const kept = new Map<string, Json | undefined>();
/** Pictures whose thumbnails are made and which go to the index at a time. */
const atOnce = 64;

/** Takes over what the index holds, e.g. when it was opened; pictures that the page does not have are shown small. */
export async function showIndex(choose: (picture: Picture) => void): Promise<void> {
  const { pictures, indexed } = state;
  const entries = await state.search!.entries();
  indexed.clear();
  kept.clear();
  const unknown: Picture[] = [];
  for (const { id, meta } of entries) {
    indexed.add(id);
    kept.set(id, meta);
    if (!pictures.has(id)) unknown.push({ id, url: thumbnailOf(meta) });
  }
  for (const picture of unknown) pictures.set(picture.id, picture);
  showPictures(unknown, choose);
  markOnlyIndexed(indexed);
}

/** Adds what is not in the index yet; what was added before a cancel stays. */
export function addToIndex(items: Iterable<Item>, total: number): Promise<void> {
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
      }
    }
    if (failed.length > 0) {
      alertPerson(`${failed.length} could not be read, e.g. ${failed[0]!.id}: ${failed[0]!.error.message}`);
    }
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
export function indexMissing(): Promise<void> {
  const missing = [...state.pictures.values()].filter(({ id, url }) => url !== '' && !state.indexed.has(id));
  return addToIndex(
    missing.map(({ id, url, file }) => ({ id, image: file ?? url })),
    missing.length,
  );
}

/** Adds pictures to the gallery. One that has a namesake takes its place, and is looked at again. */
export function addPictures(added: readonly Picture[], choose: (picture: Picture) => void): void {
  if (added.length === 0) {
    alertPerson(
      'None of these files is a picture that can be read (JPEG, PNG, WebP, GIF, AVIF, BMP or TIFF).',
    );
    return;
  }
  for (const picture of added) {
    state.pictures.set(picture.id, picture);
    state.indexed.delete(picture.id);
  }
  showPictures(added, choose);
  refreshActions();
}

/** Takes the features that the server has, if they are of the model that the page works with. */
export async function useReadyMade(): Promise<void> {
  const { served, report } = state;
  try {
    if (served!.fingerprint !== report!.model.fingerprint) {
      throw new Error(
        `The ready-made index was made with ${served!.fingerprint}, the page works with ${report!.model.fingerprint}: choose its model under "Models", or index the pictures anew.`,
      );
    }
    const rows = await servedFeatures(served!.pictures.length);
    await addToIndex(
      served!.pictures.map(({ id }, row) => ({ id, vector: rows[row]! })),
      rows.length,
    );
  } catch (error) {
    explain(error);
  }
}
