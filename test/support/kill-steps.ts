import type { Store } from '../../src/store/format/files.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { info, randomChanges } from './store-model.ts';

export const killDimension = 64;

/** Step n of the sequence whose process is killed: changes, now and then a compaction. */
export const stepChanges = (n: number): ReturnType<typeof randomChanges> =>
  randomChanges(n, killDimension, 60);

/**
 * Goes on with the sequence where the index stands, and tells of each step that was acknowledged, until it is killed.
 * The first thing it tells is where it begins.
 */
export async function stepUntilKilled(store: Store, acknowledged: (step: number) => void): Promise<never> {
  const index = await IndexStore.open(store, { create: info(killDimension) });
  let step = Number(index.settings.get('step') ?? 0);
  acknowledged(step);
  for (;;) {
    step++;
    await index.append(stepChanges(step));
    acknowledged(step);
    if (step % 40 === 0) await index.compact();
  }
}
