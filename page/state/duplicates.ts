import { computed, signal } from '@preact/signals';
import type { ImageSearch } from 'likeness-search';
import { bestFirst, defaultMaxDistance } from '../../src/engine/near-duplicates.ts';
import { address } from './address.ts';
import { passing } from './filter-now.ts';
import type { Forest } from './forest.ts';
import { search } from './library.ts';
import { type Picture, pictures } from './pictures.ts';

/** Pairs are looked for up to here, once; smaller thresholds group what was found. */
export const maxThreshold = 0.5;

/** What a comparison of all pictures found. */
export interface Compared {
  of: ImageSearch;
  forest: Forest;
  /** The hash of each picture that took part; `''` where it is not known. */
  seen: ReadonlyMap<string, string>;
}

const last = signal<Compared | undefined>(undefined);
/** The last comparison of the index that is open. */
export const compared = computed(() => (last.value?.of === search.value ? last.value : undefined));
export const keepCompared = (next: Compared): void => {
  last.value = next;
};

/** Whether pictures are being compared, or wait for other work to end. */
export const comparing = signal<'waiting' | 'running' | undefined>(undefined);
/** The person ended the last comparison: none begins by itself. */
export const wasCancelled = signal(false);

/** The threshold of the address. */
export const threshold = computed(() =>
  Math.min(maxThreshold, address.value.threshold ?? defaultMaxDistance),
);

/** Near-duplicates, the best first: most pixels, then most bytes. */
export interface Group {
  /** Its picture that was added first. */
  key: string;
  pictures: Picture[];
  /** The longest of the pairs that hold it together. */
  widest: number;
}

/** The groups up to the threshold, of the pictures that are still there and that the filter lets through. */
export const groups = computed<Group[]>(() => {
  const known = pictures.value;
  const among = passing.value;
  const found: Group[] = [];
  for (const { ids, widest } of compared.value?.forest.clusters(threshold.value) ?? []) {
    const wanted = among ? ids.filter((id) => among.has(id)) : ids;
    const there = wanted.map((id) => known.get(id)).filter((picture) => picture?.indexed) as Picture[];
    if (there.length < 2) continue;
    const key = there[0]!.id;
    found.push({ key, widest, pictures: there.sort(bestFirst((picture: Picture) => picture)) });
  }
  return found;
});

/** The group that holds the picture of the address. */
export const openGroup = (): Group | undefined => {
  const { picture: id } = address.value;
  return id === undefined
    ? undefined
    : groups.value.find(({ pictures: those }) => those.some((picture) => picture.id === id));
};

/** Whether pictures came or changed after they were compared. Those that went change nothing for the others. */
export const isOutdated = computed(() => {
  const seen = compared.value?.seen;
  if (!seen) return false;
  for (const { id, hash = '', indexed } of pictures.value.values()) {
    if (!indexed) continue;
    const before = seen.get(id);
    // A hash may become known later.
    if (before === undefined || (before !== '' && hash !== '' && before !== hash)) return true;
  }
  return false;
});

/** What the person decided, against the suggestion: all but the best of a group. */
const decisions = signal<ReadonlyMap<string, boolean>>(new Map());

export const decide = (ids: Iterable<string>, mark: boolean): void => {
  decisions.value = new Map([...decisions.value, ...[...ids].map((id) => [id, mark] as const)]);
};

/** Back to the suggestion. */
export const forgetDecisions = (): void => {
  decisions.value = new Map();
};

/** Whether the `at`-th picture of a group is marked to be deleted. */
export const isMarked = ({ id }: Picture, at: number): boolean => decisions.value.get(id) ?? at > 0;

/** What is marked, group by group. */
export const marked = computed<Picture[]>(() =>
  groups.value.flatMap(({ pictures: those }) => those.filter(isMarked)),
);

/** Groups of which nothing would be left. */
export const wholeGroups = computed(
  () => groups.value.filter(({ pictures: those }) => those.every(isMarked)).length,
);

/** Of pictures, as far as it is known. */
export const bytesOf = (those: readonly Picture[]): number =>
  those.reduce((sum, { byteLength = 0 }) => sum + byteLength, 0);

/** Distances from the best picture of a group, by that picture; they come when a group is shown. */
export const distancesFrom = signal<ReadonlyMap<string, ReadonlyMap<string, number>>>(new Map());
