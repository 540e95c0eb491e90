import { encodeNpy, parseNpyMatrix } from '../../src/python/npy.ts';
import { opened, report, search } from '../state/library.ts';
import { indexedCount } from '../state/pictures.ts';
import { explain, runTask, say } from '../state/tasks.ts';
import { indexTexts } from '../texts/index-files.ts';
import { addToIndex, showIndex } from './indexing.ts';
import { saveFile } from './save-file.ts';
import { tellUnread } from './unread.ts';

/** Takes over an index that was saved, or adds the rows of a `.npy` file, with the ids of a `.json` file beside it. */
export async function importFiles(files: readonly File[]): Promise<void> {
  const text = indexTexts.value;
  const index = files.find(({ name }) => /\.likeness$/i.test(name));
  const features = files.find(({ name }) => /\.npy$/i.test(name));
  await opened(); // its task comes before this one
  if (index) {
    await runTask(text.opening(index.name), async (signal) => {
      await search.value!.import(index, { signal });
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

/** Removes all pictures from the index. */
export async function emptyIndex(): Promise<void> {
  await runTask(indexTexts.value.emptying, async () => {
    const entries = await search.value!.entries();
    await search.value!.remove(entries.map(({ id }) => id));
    await search.value!.compact();
    await showIndex();
    say(indexTexts.value.emptied(entries.length));
  });
}
