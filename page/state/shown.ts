import { computed } from '@preact/signals';
import { address } from './address.ts';
import { filtered, foldersOf } from './filter.ts';
import { type Picture, pictures } from './pictures.ts';
import { copies, shownCount, shownHits } from './results.ts';

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

/** The list that the viewer goes through. */
export interface Listed {
  ids: readonly string[];
  /** How many there will be, where more are to come. */
  count: number;
}

/** The list that the address's picture is of: results, exact copies, or all pictures that are shown. */
export const listed = computed<Listed>(() => {
  const { query, picture } = address.value;
  const whole = (ids: readonly string[]): Listed => ({ ids, count: ids.length });
  if (query.length === 0) return whole(shownPictures.value.map(({ id }) => id));
  const isCopy = copies.value.some(({ id }) => id === picture);
  if (isCopy) return whole(copies.value.map(({ id }) => id));
  const ids = shownHits.value.map(({ id }) => id);
  return { ids, count: Math.max(ids.length, shownCount.value ?? 0) };
});
