import { computed } from '@preact/signals';
import { address } from './address.ts';
import { filtered } from './filter.ts';
import { pictures } from './pictures.ts';

const folder = computed(() => address.value.folder ?? '');
const name = computed(() => address.value.name ?? '');

/** Ids of the pictures that folder and name of the address let through; `undefined`: all. */
export const passing = computed<ReadonlySet<string> | undefined>(() => {
  if (folder.value === '' && name.value === '') return undefined;
  const found = filtered([...pictures.value.values()], { folder: folder.value, name: name.value });
  return new Set(found.map(({ id }) => id));
});
