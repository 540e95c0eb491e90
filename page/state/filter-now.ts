import { computed } from '@preact/signals';
import { address } from './address.ts';
import { filtered } from './filter.ts';
import { isLooking } from './library.ts';
import { pictures } from './pictures.ts';

const folder = computed(() => address.value.folder ?? '');
const name = computed(() => address.value.name ?? '');

/** Tells filters apart; `''`: there is none. */
export const filterKey = computed(() =>
  folder.value === '' && name.value === '' ? '' : JSON.stringify([folder.value, name.value]),
);

let last: ReadonlySet<string> | undefined;

/** Ids of the pictures that folder and name of the address let through, the same set while they are; `undefined`: all. */
export const passing = computed<ReadonlySet<string> | undefined>(() => {
  if (filterKey.value === '') return undefined;
  const found = filtered([...pictures.value.values()], { folder: folder.value, name: name.value });
  const before = last;
  if (before?.size !== found.length || !found.every(({ id }) => before.has(id)))
    last = new Set(found.map(({ id }) => id));
  return last;
});

/** Whether it is known which pictures a filter leaves: after a reload the index has to tell first which there are. */
export const isFilterKnown = computed(
  () => filterKey.value === '' || pictures.value.size > 0 || !isLooking.value,
);
