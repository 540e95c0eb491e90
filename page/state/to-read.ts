import { computed, signal } from '@preact/signals';
import { missing, type Picture } from './pictures.ts';
import { running } from './tasks.ts';

/** Pictures that were given and are still to be read, by their ids: they are shown when they can be found. */
export const toRead = signal<ReadonlyMap<string, Picture>>(new Map());

export function changeToRead(change: (map: Map<string, Picture>) => void): void {
  const map = new Map(toRead.value);
  change(map);
  toRead.value = map;
}

/** Pictures that a query cannot find yet: given ones, and those that are shown already. */
export const toGoCount = computed(() => {
  let count = toRead.value.size;
  for (const { id } of missing.value) if (!toRead.value.has(id)) count++;
  return count;
});

/** Whether pictures come one after the other now. */
export const isReading = computed(() => running.value !== undefined && toRead.value.size > 0);
