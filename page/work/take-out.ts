import { search } from '../state/library.ts';
import { changePictures } from '../state/pictures.ts';
import { runTask, say } from '../state/tasks.ts';
import { duplicatesTexts } from '../texts/duplicates.ts';
import { leaveOut } from './collections/known.ts';
import { served } from './served.ts';

/** Pictures of the server come again with its index: they are not taken out here. */
export const isServed = (id: string): boolean => servedIds().has(id);

let servedSet: { of: readonly string[]; ids: ReadonlySet<string> } | undefined;
function servedIds(): ReadonlySet<string> {
  const of = served.value?.ids ?? [];
  if (servedSet?.of !== of) servedSet = { of, ids: new Set(of) };
  return servedSet.ids;
}

/** Takes pictures out of the index and off the page. Their files stay where they are. */
export async function takeOut(ids: readonly string[]): Promise<void> {
  await runTask(duplicatesTexts.value.takingOut, async () => {
    const count = await search.value!.remove(ids);
    await leaveOut(ids);
    changePictures((map) => {
      for (const id of ids) map.delete(id);
    });
    say(duplicatesTexts.value.tookOut(count));
  });
}
