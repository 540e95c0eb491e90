import { indexRows } from '../../engine/map/index-rows.ts';
import { mapRows, scaled } from '../../engine/map/map-rows.ts';
import { FlatIndex } from '../../knn/flat-index.ts';
import type { PlacedEntry } from '../../store/format/entries.ts';
import type { IndexStore } from '../../store/index-store.ts';
import { openIndexOf } from '../open-index.ts';
import { print, printJson } from '../print.ts';
import { type ProgressBar, progressBar } from '../progress.ts';
import { rowsOf, wholeEntries } from '../whole-entries.ts';

interface Options {
  neighbours: number;
  json?: boolean;
}

interface Place {
  id: string;
  /** 0 … 1, to seven decimals: float32 carries no more. */
  x: number;
  y: number;
}

/** Fewer are placed in some seconds. */
const worthProgress = 5000;
const rowsPerRead = 1024;

/** `likeness map <index>` */
export async function map(where: string, { neighbours, json }: Options): Promise<void> {
  const { index } = await openIndexOf(where);
  try {
    const places = await placesOf(index, await wholeEntries(index, where), neighbours);
    if (json) return printJson(places);
    print('x         y         file');
    for (const { id, x, y } of places) print(`${x.toFixed(6)}  ${y.toFixed(6)}  ${id}`);
  } finally {
    await index.close();
  }
}

async function placesOf(
  stored: IndexStore,
  entries: readonly PlacedEntry[],
  neighbours: number,
): Promise<Place[]> {
  const { dimension } = stored.info;
  const index = await FlatIndex.create({ dimension });
  for (let first = 0; first < entries.length; first += rowsPerRead) {
    index.add(await rowsOf(stored, entries.slice(first, first + rowsPerRead)));
  }
  const steps = mapRows(indexRows(index), neighbours);
  const names = { compare: 'Comparing', layout: 'Placing' };
  let bar: (ProgressBar & { phase: string }) | undefined;
  for (;;) {
    const { done, value } = await steps.next();
    if (done) {
      bar?.stop();
      index.close();
      const coordinates = scaled(value.places);
      const at = (i: number): number => Number(coordinates[i]!.toFixed(7));
      return entries.map(({ id }, n) => ({ id, x: at(2 * n), y: at(2 * n + 1) }));
    }
    if (entries.length < worthProgress) continue;
    if (bar?.phase !== value.phase) {
      bar?.stop();
      const { phase } = value;
      bar = { ...progressBar(names[phase], entries.length, 'pictures'), phase };
    }
    bar.update(Math.floor(value.done * entries.length));
  }
}
