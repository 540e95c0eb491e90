import { address } from '../state/address.ts';
import {
  compared,
  comparing,
  distancesFrom,
  groups,
  keepCompared,
  maxThreshold,
  threshold,
  wasCancelled,
} from '../state/duplicates.ts';
import { Forest } from '../state/forest.ts';
import { search } from '../state/library.ts';
import { pictures } from '../state/pictures.ts';
import { runTask, say } from '../state/tasks.ts';
import { duplicatesTexts } from '../texts/duplicates.ts';
import { workTexts } from '../texts/work.ts';
import { hashCopies } from './hash-copies.ts';
import { measurePictures } from './measure-pictures.ts';

/** Compares all pictures with each other. */
export async function findDuplicates(): Promise<void> {
  if (comparing.value) return;
  comparing.value = 'waiting';
  const found = await runTask(duplicatesTexts.value.comparing, async (signal, show) => {
    comparing.value = 'running';
    const of = search.value!;
    const those = [...pictures.value.values()].filter(({ indexed }) => indexed);
    const forest = new Forest(those.map(({ id }) => id));
    show(0, workTexts.value.progress(0, those.length));
    await of.duplicates({
      maxDistance: maxThreshold,
      onPairs: (pairs) => forest.add(pairs),
      onProgress: ({ done, total }) =>
        show(total > 0 ? done / total : undefined, workTexts.value.progress(done, total)),
      signal,
    });
    distancesFrom.value = new Map();
    const seen = new Map(those.map(({ id, hash = '' }) => [id, hash]));
    // The best picture of a group is the largest: sizes before groups are shown, so that nothing changes its place.
    const clusters = forest.clusters(threshold.value).map(({ ids }) => ids);
    await measurePictures(clusters.flat(), signal, (done, total) =>
      show(done / total, duplicatesTexts.value.measuring(done, total)),
    );
    const equal = forest.clusters(0).map(({ ids }) => ids);
    await hashCopies(equal, signal);
    keepCompared({ of, forest, seen });
    return true;
  });
  comparing.value = undefined;
  wasCancelled.value = found === undefined;
  // Who looks at the view sees it.
  if (found && address.value.view !== 'duplicates') say(duplicatesTexts.value.found(groups.value.length));
}

/** Asks how far the pictures of a group are from its best. */
export async function askDistances(best: string, others: readonly string[]): Promise<void> {
  const of = compared.value?.of;
  const known = distancesFrom.value.get(best);
  const unknown = others.filter((id) => !known?.has(id));
  if (!of || unknown.length === 0) return;
  // One that has gone meanwhile has no distances, and is shown no more.
  const hits = await of.query({ id: best }, { filter: unknown, k: unknown.length }).catch(() => []);
  const all = new Map(distancesFrom.value);
  all.set(
    best,
    new Map([...(all.get(best) ?? []), ...hits.map(({ id, distance }) => [id, distance] as const)]),
  );
  distancesFrom.value = all;
}
