import { deleteIndex, listIndexes } from 'likeness-search';
import { encodeNpy, parseNpyMatrix } from '../src/python/npy.ts';
import { explain, say, withProgress } from './actions.ts';
import { byId, make, save } from './dom.ts';
import { findPicture } from './find.ts';
import { addToIndex, showIndex } from './indexing.ts';
import { megabytes } from './models.ts';
import { state } from './state.ts';

const list = byId('indexes', HTMLUListElement);
let showings = 0;

/** Shows what this browser stores for the page, and how much room there is. */
export async function showStorage(): Promise<void> {
  const turn = ++showings;
  const [room, indexes] = await Promise.all([roomHere(), listIndexes()]);
  if (turn !== showings) return; // a later call shows what is true now
  byId('storage-text', HTMLElement).textContent = [room, ...(state.report?.store?.warnings ?? [])].join('. ');
  list.replaceChildren(...indexes.map(({ store, byteLength }) => item(store, byteLength)));
  const nothing = state.indexed.size === 0 || state.running !== undefined;
  byId('export-index', HTMLButtonElement).disabled = nothing;
  byId('export-npy', HTMLButtonElement).disabled = nothing;
}

/** The free space, where the browser tells. */
async function roomHere(): Promise<string> {
  const silence = new Promise<undefined>((done) => setTimeout(done, 2000));
  try {
    const estimate = await Promise.race([navigator.storage.estimate(), silence]);
    if (estimate) {
      const { usage = 0, quota = 0 } = estimate;
      return `${megabytes(usage)} used, models included; ${megabytes(quota - usage)} free`;
    }
  } catch {
    // Missing in WebKitGTK; denied where storage is denied.
  }
  return 'This browser does not tell how much room there is';
}

function item(store: string, byteLength: number): HTMLLIElement {
  const inUse = store === state.report?.store?.name;
  const name = store.replace(/^\w+:(page-)?/, '');
  const remove = make(
    'button',
    { type: 'button', disabled: state.running !== undefined },
    inUse ? 'Empty' : 'Delete',
  );
  remove.setAttribute('aria-label', `${inUse ? 'Empty' : 'Delete'} the index ${name}`);
  remove.addEventListener('click', async () => {
    try {
      if (inUse) await empty();
      else await deleteIndex(store);
    } catch (error) {
      explain(error);
    }
    await showStorage();
  });
  const size = make('span', { className: 'size' }, `${megabytes(byteLength)}${inUse ? ' · in use' : ''}`);
  return make('li', {}, make('b', {}, name), size, remove);
}

/** Removes all pictures from the index that is in use. */
function empty(): Promise<void> {
  return withProgress('Emptying the index…', async () => {
    const removed = await state.search!.remove([...state.indexed]);
    await state.search!.compact();
    await showIndex(findPicture);
    return `${removed} pictures were taken out of the index.`;
  });
}

/** Connects the buttons that save the index. */
export function connectStorage(): void {
  const onClick = (id: string, work: () => Promise<void>): void => {
    byId(id, HTMLButtonElement).addEventListener('click', () => void work().catch(explain));
  };
  onClick('export-index', async () => {
    save(`${state.report!.model.name}.likeness`, await state.search!.export());
    say('The index was saved as a file: drop it here, or on another page like this, to open it again.');
  });
  onClick('export-npy', async () => {
    const { ids, dimension, values } = await state.search!.features();
    save('features.npy', new Blob([encodeNpy(values, [ids.length, dimension])]));
    save('ids.json', new Blob([JSON.stringify(ids)], { type: 'application/json' }));
    say('features.npy and ids.json were saved: row n of the features belongs to the n-th id.');
  });
}

/** Takes over an index that was saved, or adds the rows of a `.npy` file, with the ids of a `.json` file beside it. */
export async function importFiles(files: readonly File[]): Promise<void> {
  if (!state.search || state.running) return;
  const index = files.find(({ name }) => /\.likeness$/i.test(name));
  const features = files.find(({ name }) => /\.npy$/i.test(name));
  if (index) {
    await withProgress(`Opening ${index.name}…`, async () => {
      await state.search!.import(index);
      await showIndex(findPicture);
      return `${state.indexed.size} pictures are in the index.`;
    });
  } else if (features) {
    try {
      await importFeatures(
        features,
        files.find(({ name }) => /\.json$/i.test(name)),
      );
    } catch (error) {
      explain(error);
    }
  } else explain(new Error('None of these files is an index (.likeness) or holds features (.npy).'));
}

async function importFeatures(file: File, idsFile: File | undefined): Promise<void> {
  const { dimension, name } = state.report!.model;
  const { rows, columns, values } = parseNpyMatrix(new Uint8Array(await file.arrayBuffer()));
  if (columns !== dimension) {
    throw new Error(`${file.name} has rows of ${columns} values; those of ${name} have ${dimension}.`);
  }
  const ids: unknown = idsFile && JSON.parse(await idsFile.text());
  if (idsFile && !(Array.isArray(ids) && ids.length === rows && ids.every((id) => typeof id === 'string'))) {
    throw new Error(
      `${idsFile.name} has to be a list of ${rows} strings, an id for each row of ${file.name}.`,
    );
  }
  const idOf = (row: number): string => (ids ? (ids as string[])[row]! : `${file.name}#${row}`);
  await addToIndex(
    Array.from({ length: rows }, (_, row) => ({
      id: idOf(row),
      vector: values.subarray(row * columns, (row + 1) * columns),
    })),
    rows,
  );
  await showIndex(findPicture);
}
