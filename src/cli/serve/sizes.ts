import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findFile } from './send-file.ts';
import { shownSize } from './shown-size.ts';

/** Files that are read at once. */
const atOnce = 16;
/** Whoever asks waits so long at most: what is not known then, a browser finds out itself. */
const patienceMs = 500;

/**
 * Begins to read how large pictures are, so that a page can lay them out before it has them.
 *
 * @param folder that ids are below
 * @param followLinks whether pictures may lie outside of it
 * @returns gives what is known: width and height of each picture, one after another, 0 where they are not known
 */
export function readSizes(
  folder: string,
  ids: readonly string[],
  followLinks: boolean,
): () => Promise<number[]> {
  const sizes = new Array<number>(2 * ids.length).fill(0);
  let next = 0;
  const read = async (): Promise<void> => {
    while (next < ids.length) {
      const n = next++;
      // Files may be gone, or not to be read: the page will see.
      const found = await findFile(join(folder, ids[n]!), folder).catch(() => undefined);
      if (!found || !(found.inside || followLinks)) continue;
      const size = await shownSize(found.real).catch(() => undefined);
      if (size) sizes.splice(2 * n, 2, ...size);
    }
  };
  const all = Promise.all(Array.from({ length: atOnce }, read));
  return async () => {
    await Promise.race([all, setTimeout(patienceMs, undefined, { ref: false })]);
    return sizes;
  };
}
