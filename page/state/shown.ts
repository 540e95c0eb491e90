import { computed, signal } from '@preact/signals';
import { address } from './address.ts';
import { type Filter, filtered, foldersOf } from './filter.ts';
import { keepSeen, lookAt } from './held.ts';
import { isLooking } from './library.ts';
import { type Picture, pictures } from './pictures.ts';
import { copies, shownCount, shownHits, waitingCount } from './results.ts';

const filter = computed(() => {
  const { folder, name, sort } = address.value;
  return JSON.stringify({ folder, name, sort });
});

/** Counts how often the person asked for those that waited. */
const asked = signal(0);
/** Tells lists apart: each begins anew. */
export const listKey = computed(() => `${filter.value} ${asked.value}`);

/** The order in which the list is shown, and how many of it, from the first on, were on the screen. */
let held: { key: string; order: readonly string[]; seen: number } = { key: '', order: [], seen: 0 };

/** The list, whose seen part stays as it is while pictures come. */
const heldList = computed<{ shown: readonly Picture[]; waiting: number }>(() => {
  const choice: Filter = JSON.parse(filter.value);
  const all = filtered([...pictures.value.values()], choice);
  const key = listKey.value;
  const isSorted = choice.sort === 'name' || choice.sort === 'date';
  // What comes is the last in the order of adding. While the page opens, nothing was seen in peace.
  if (!isSorted || isLooking.value || held.key !== key) {
    held = { key, order: isSorted ? all.map(({ id }) => id) : [], seen: 0 };
    return { shown: all, waiting: 0 };
  }
  const { shown, waiting, order } = keepSeen(held.order, held.seen, all);
  held = { ...held, order };
  return { shown, waiting };
});

/** All pictures, as filter and order of the address leave them; but for those that wait. */
export const shownPictures = computed(() => heldList.value.shown);

/** How many new pictures belong among those that the person has seen: they wait until the person asks for them. */
export const waitingPictures = computed(() => heldList.value.waiting);

/** Notes that a picture of the list, and with it those before it, was on the screen. */
export function noteSeenPicture(id: string): void {
  const seen = held.order.indexOf(id) + 1;
  if (seen > held.seen) held = { ...held, seen };
}

/** Shows the pictures that waited, and brings the first of them before the person's eyes. */
export function showWaitingPictures(): void {
  const before = new Set(held.order);
  asked.value++;
  lookAt.value = shownPictures.value.find(({ id }) => !before.has(id))?.id;
}

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
  return { ids, count: Math.max(ids.length, (shownCount.value ?? 0) - waitingCount.value) };
});
