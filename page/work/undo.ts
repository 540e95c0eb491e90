import type { ImageSearch } from 'likeness-search';
import { report, search } from '../state/library.ts';
import { changePictures, type Picture, pictures } from '../state/pictures.ts';
import { alertPerson, runTask, say } from '../state/tasks.ts';
import { workTexts } from '../texts/work.ts';

/**
 * Says what was done to the index, with a button that takes it back. Where that fails or is cancelled, it is offered again.
 *
 * @param takeBack gets the index that is open then; answers with how many pictures are there again
 * @param fingerprint of the model that the index is of: another one has other features
 */
export function offerUndo(
  text: string,
  takeBack: (index: ImageSearch, signal: AbortSignal) => Promise<number>,
  fingerprint: string | undefined = report.value?.model.fingerprint,
): void {
  const run = async (): Promise<void> => {
    const count = await runTask(workTexts.value.undo, async (signal) => {
      if (report.value?.model.fingerprint !== fingerprint) throw new Error(workTexts.value.otherNow);
      return takeBack(search.value!, signal);
    });
    if (count === undefined) offerUndo(text, takeBack, fingerprint);
    else say(workTexts.value.restored(count));
  };
  alertPerson(text, [], { text: workTexts.value.undo, run: () => void run(), isUndo: true });
}

/**
 * Shows pictures again that were taken off the page: where they were, with their files. What is there by now stays as it is.
 *
 * @param before what was there when they were taken off
 */
export function putBack(before: ReadonlyMap<string, Picture>, ids: ReadonlySet<string>): void {
  changePictures((map) => {
    const now = new Map(map);
    map.clear();
    for (const [id, picture] of before) {
      const there = now.get(id) ?? (ids.has(id) ? withUrl(picture) : undefined);
      if (there) map.set(id, there);
    }
    for (const [id, picture] of now) map.set(id, picture);
  });
}

/**
 * Gives the index the order in which the page shows its pictures: what came back is at its end, and would be there after a
 * reload and in other tabs. Where that fails, e.g. for want of space, all pictures are there all the same.
 */
export async function keepOrder(index: ImageSearch): Promise<void> {
  await index.reorder(pictures.value.keys()).catch(() => {});
}

/** The URL of a file is given back when its picture goes (`object-urls.ts`). */
const withUrl = (picture: Picture): Picture =>
  picture.file ? { ...picture, url: URL.createObjectURL(picture.file) } : picture;
