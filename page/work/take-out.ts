import type { ImageSearch, Item } from 'likeness-search';
import { search } from '../state/library.ts';
import { changePictures, pictures } from '../state/pictures.ts';
import { runTask } from '../state/tasks.ts';
import { workTexts } from '../texts/work.ts';
import { leaveOut } from './collections/known.ts';
import { entriesOf } from './entries.ts';
import { served } from './served.ts';
import { keepOrder, offerUndo, putBack } from './undo.ts';

/** Pictures of the server come again with its index: they are not taken out here. */
export const isServed = (id: string): boolean => servedIds().has(id);

let servedSet: { of: readonly string[]; ids: ReadonlySet<string> } | undefined;
function servedIds(): ReadonlySet<string> {
  const of = served.value?.ids ?? [];
  if (servedSet?.of !== of) servedSet = { of, ids: new Set(of) };
  return servedSet.ids;
}

/** Takes pictures out of the index and off the page, and offers to put them back. Their files stay where they are. */
export async function takeOut(ids: readonly string[]): Promise<void> {
  await removeWithUndo(ids, { after: () => leaveOut(ids), afterUndo: () => leaveOut(ids, false) });
}

interface Steps {
  /** What belongs to the removal, and what belongs to its undoing. */
  after(): Promise<void>;
  afterUndo?(): Promise<void>;
}

/** Removes pictures. What the index had of them is kept as long as the person may want them back. */
export async function removeWithUndo(ids: readonly string[], { after, afterUndo }: Steps): Promise<void> {
  await runTask(workTexts.value.takingOut, async (signal) => {
    const index = search.value!;
    const items = await itemsOf(index, new Set(ids), signal);
    const before = pictures.value;
    const count = await index.remove(ids);
    await after();
    changePictures((map) => {
      for (const id of ids) map.delete(id);
    });
    offerUndo(workTexts.value.tookOut(count), async (now, signal) => {
      // One that was added anew meanwhile is the newer one.
      const there = new Set(pictures.value.keys());
      const gone = items.filter(({ id }) => !there.has(id));
      await now.add(gone, { signal });
      await afterUndo?.();
      const back = new Set(gone.map(({ id }) => id));
      putBack(before, back);
      await keepOrder(now);
      return gone.length;
    });
  });
}

/** Pictures at a time: each is asked for. */
const atOnce = 200;

/** What the index has of pictures, to be added again. */
export async function itemsOf(
  index: ImageSearch,
  ids: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Item[]> {
  const entries = await entriesOf(index, ids);
  const items: Item[] = [];
  for (let at = 0; at < entries.length; at += atOnce) {
    signal.throwIfAborted();
    const part = entries.slice(at, at + atOnce);
    const vectors = await Promise.all(part.map(({ id }) => index.vector(id)));
    for (const [n, { id, meta, hash }] of part.entries())
      items.push({ id, vector: vectors[n]!, ...(meta && { meta }), ...(hash && { hash }) });
  }
  return items;
}
