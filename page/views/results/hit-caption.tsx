import { computed } from '@preact/signals';
import { folderOf, nameOf, pictures } from '../../state/pictures.ts';
import { results } from '../../state/results.ts';
import { formatDistance } from '../../texts/language.ts';
import { queryTexts } from '../../texts/query.ts';

/** Whether pictures are in folders: captions have a line for them then. */
const hasFolders = computed(() => {
  for (const id of pictures.value.keys()) if (id.includes('/')) return true;
  return false;
});

/** The height of captions. */
export const captionRem = computed(() => (hasFolders.value ? 3.5 : 2.5));

/** The farthest picture of all: bars are as long as it is far. */
const farthest = computed(() => {
  const found = results.value;
  return found?.histogram?.edges.at(-1) || found?.hits.at(-1)?.distance || 1;
});

/** Name, folder and distance of a hit. */
export function HitCaption({ id, distance }: { id: string; distance: number }) {
  const folder = folderOf(id);
  const shown = formatDistance(distance);
  return (
    <div class="caption">
      <p class="name">{nameOf(id)}</p>
      {hasFolders.value && <p class="folder">{folder}</p>}
      <p class="distance">
        <span class="bar" aria-hidden="true">
          <span style={{ inlineSize: `${Math.min(100, (distance / farthest.value) * 100)}%` }} />
        </span>
        <span class="unseen">{queryTexts.value.distance('')}</span>
        <data class="number" value={distance}>
          {shown}
        </data>
      </p>
    </div>
  );
}
