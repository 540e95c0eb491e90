import { encodeNpy, parseNpyMatrix } from '../../src/python/npy.ts';
import { go } from '../state/address.ts';
import { opened, report, search } from '../state/library.ts';
import { changePictures, indexedCount, pictures } from '../state/pictures.ts';
import { explain, runTask, say } from '../state/tasks.ts';
import { changeToRead } from '../state/to-read.ts';
import { indexTexts } from '../texts/index-files.ts';
import { closeCollections } from './collections/known.ts';
import { addToIndex, showIndex } from './indexing.ts';
import { saveFile } from './save-file.ts';
import { served } from './served.ts';
import { itemsOf } from './take-out.ts';
import { keepOrder, offerUndo, putBack } from './undo.ts';
import { tellUnread } from './unread.ts';

/** Takes over an index that was saved, or adds the rows of a `.npy` file, with the ids of a `.json` file beside it. */
export async function importFiles(files: readonly File[]): Promise<void> {
  const text = indexTexts.value;
  const index = files.find(({ name }) => /\.likeness$/i.test(name));
  const features = files.find(({ name }) => /\.npy$/i.test(name));
  await opened(); // its task comes before this one
  if (index) {
    await runTask(text.opening(index.name), async (signal) => {
      await search.value!.import(index, { signal }).catch((error) => {
        const { code } = error as { code?: string };
        throw code === 'bad-file' || code === 'not-found' ? new Error(text.notWhole(index.name)) : error;
      });
      await showIndex();
      say(text.opened(indexedCount.value));
    });
  } else if (features) {
    const ids = files.find(({ name }) => /\.json$/i.test(name));
    await importFeatures(features, ids).catch(explain);
  } else explain(new Error(text.noIndex));
}

async function importFeatures(file: File, idsFile: File | undefined): Promise<void> {
  const text = indexTexts.value;
  const { dimension, name } = report.value!.model;
  const { rows, columns, values } = parseNpyMatrix(new Uint8Array(await file.arrayBuffer()));
  if (columns !== dimension) throw new Error(text.otherColumns(file.name, columns, name, dimension));
  const ids: unknown = idsFile && JSON.parse(await idsFile.text());
  if (idsFile && !(Array.isArray(ids) && ids.length === rows && ids.every((id) => typeof id === 'string'))) {
    throw new Error(text.badIds(idsFile.name, rows, file.name));
  }
  const idOf = (row: number): string => (ids ? (ids as string[])[row]! : `${file.name}#${row}`);
  const items = Array.from({ length: rows }, (_, row) => ({
    id: idOf(row),
    vector: values.subarray(row * columns, (row + 1) * columns),
  }));
  const failed = await addToIndex(items);
  if (failed) tellUnread(failed, rows);
  await showIndex();
}

/** Saves the index as one file. */
export async function saveIndex(): Promise<void> {
  saveFile(`${report.value!.model.name}.likeness`, await search.value!.export());
  say(indexTexts.value.savedIndex);
}

/** Saves the features for Python, and the ids of their rows. */
export async function saveFeatures(): Promise<void> {
  const { ids, dimension, values } = await search.value!.features();
  saveFile('features.npy', new Blob([encodeNpy(values, [ids.length, dimension])]));
  saveFile('ids.json', new Blob([JSON.stringify(ids)], { type: 'application/json' }));
  say(indexTexts.value.savedFeatures);
}

/** What a person may remove: all pictures of their own; the server's belong to it. */
export function removableIds(): string[] {
  const ofServer = new Set(served.value?.ids);
  return [...pictures.value.values()].flatMap(({ id, indexed }) =>
    indexed && !ofServer.has(id) ? [id] : [],
  );
}

/** Removes the person's pictures from the index, and offers to bring them back. */
export async function emptyIndex(): Promise<void> {
  await runTask(indexTexts.value.emptying, async (signal) => {
    const index = search.value!;
    const shown = pictures.value;
    const gone = removableIds();
    const items = await itemsOf(index, new Set(gone), signal);
    const removed = await index.remove(gone);
    await index.compact();
    await closeCollections();
    changeToRead((map) => map.clear());
    // Their files are known in this visit; they are not to be read, unless the person gives them again.
    changePictures((map) => {
      for (const id of gone) map.delete(id);
    });
    await showIndex();
    go({ view: 'pictures', query: [] });
    offerUndo(indexTexts.value.emptied(removed), async (now, signal) => {
      // What was added meanwhile stays, also where it has the name of one that was here.
      const there = new Set(pictures.value.keys());
      const back = items.filter(({ id }) => !there.has(id));
      await now.add(back, { signal });
      // Files that are open in this visit are known again, too.
      putBack(shown, new Set(shown.keys()));
      await keepOrder(now);
      await showIndex();
      return back.length;
    });
  });
}
