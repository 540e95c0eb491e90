import { batch } from '@preact/signals';
import { address } from '../state/address.ts';
import { report, search } from '../state/library.ts';
import { camera, drawn, keepDrawn, mapping, markOf, wasMapCancelled } from '../state/map.ts';
import { pictures } from '../state/pictures.ts';
import { runTask, say } from '../state/tasks.ts';
import { mapTexts } from '../texts/map.ts';
import { workTexts } from '../texts/work.ts';
import { loadMap, storeMap } from './map-store.ts';

/** `compare` takes about so much of the time. */
const compareShare = 0.4;

/** Makes a map of all pictures, and keeps it for the next visit. */
export async function makeMap(): Promise<void> {
  if (mapping.value) return;
  mapping.value = 'waiting';
  const made = await runTask(mapTexts.value.making, async (signal, show) => {
    mapping.value = 'running';
    const of = search.value!;
    const store = report.value?.store?.name;
    const known = pictures.value;
    show(0, '');
    const { ids, coordinates } = await of.map({
      signal,
      onProgress: ({ phase, done, total }) => {
        const part = total > 0 ? done / total : 0;
        const isLayout = phase === 'layout';
        show(
          isLayout ? compareShare + (1 - compareShare) * part : compareShare * part,
          isLayout ? mapTexts.value.placing : workTexts.value.progress(done, total),
        );
      },
    });
    const marks = ids.map((id) => {
      const picture = known.get(id);
      return picture ? markOf(picture) : '';
    });
    // In one: the map takes the shape of the room that it is to have, without a line that says that it is being made.
    batch(() => {
      keepDrawn({ of, ids, coordinates, marks });
      camera.value = undefined;
      mapping.value = undefined;
    });
    if (store !== undefined) await storeMap({ store, ids, coordinates, marks });
    return true;
  });
  mapping.value = undefined;
  wasMapCancelled.value = made === undefined;
  if (made && address.value.view !== 'map') say(mapTexts.value.made);
}

/** Shows the map of an earlier visit; answers whether there is one. */
export async function showKeptMap(): Promise<boolean> {
  const of = search.value!;
  const store = report.value?.store?.name;
  const kept = store === undefined ? undefined : await loadMap(store);
  if (drawn.value) return true;
  if (!kept || search.value !== of) return false;
  keepDrawn({ of, ids: kept.ids, coordinates: kept.coordinates, marks: kept.marks });
  return true;
}
