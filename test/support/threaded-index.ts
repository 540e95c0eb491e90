import { chooseThreaded } from '../../src/knn/choose-threads.ts';
import { type FlatIndex, indexOver } from '../../src/knn/flat-index.ts';

/** An index whose threads do all searches, however small, in shared memory or with rows of their own. */
export async function createThreaded(
  dimension: number,
  threads: number,
  isShared: boolean,
): Promise<FlatIndex> {
  const choice = await chooseThreaded('wasm', dimension, { threads }, { isShared, minProducts: 0 });
  return indexOver(choice);
}
