import { computed } from '@preact/signals';
import { address } from './address.ts';
import { filtered, foldersOf } from './filter.ts';
import { type Picture, pictures } from './pictures.ts';
import { results } from './results.ts';

const filter = computed(() => {
  const { folder, name, sort } = address.value;
  return JSON.stringify({ folder, name, sort });
});

/** All pictures, as filter and order of the address leave them. */
export const shownPictures = computed<readonly Picture[]>(() =>
  filtered([...pictures.value.values()], JSON.parse(filter.value)),
);

export const folders = computed(() => foldersOf(pictures.value.values()));

/** Whether the date of any picture is known, so that they can be sorted by it. */
export const hasDates = computed(() => {
  for (const { modified } of pictures.value.values()) if (modified !== undefined) return true;
  return false;
});

/** Ids of the list that the viewer goes through: of the results, else of all that are shown. */
export const listedIds = computed<readonly string[]>(() =>
  address.value.query.length > 0
    ? (results.value?.hits ?? []).map(({ id }) => id)
    : shownPictures.value.map(({ id }) => id),
);
