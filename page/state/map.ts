import { computed, signal } from '@preact/signals';
import type { ImageSearch } from 'likeness-search';
import type { Camera, Frame } from './camera.ts';
import { alongCurve } from './curve.ts';
import { passing } from './filter-now.ts';
import { search } from './library.ts';
import { type Picture, pictures } from './pictures.ts';
import { spread } from './spread.ts';

/** Where the pictures of an index are on its map. */
export interface DrawnMap {
  of: ImageSearch;
  ids: readonly string[];
  /** ids.length × 2, 0 … 1. */
  coordinates: Float32Array;
  /** Of each picture's content, `''` where it is not known: another content belongs elsewhere. */
  marks: readonly string[];
}

const last = signal<DrawnMap | undefined>(undefined);
/** The map of the index that is open. */
export const drawn = computed(() => (last.value?.of === search.value ? last.value : undefined));
export const keepDrawn = (next: DrawnMap): void => {
  last.value = next;
};

/** Whether a map is being made, or waits for other work to end. */
export const mapping = signal<'waiting' | 'running' | undefined>(undefined);
/** The person ended the last one: none begins by itself. */
export const wasMapCancelled = signal(false);

export const markOf = ({ hash = '' }: Picture): string => hash.slice(0, 8);

/** Width of the map's window, its height being 1. */
export const aspect = signal(1.5);

/** Where pictures are drawn: each in a cell of its own, over the whole window. */
const cells = computed(() => spread(drawn.value?.coordinates ?? [], aspect.value));

export const bounds = computed<Frame['bounds']>(() => ({ left: 0, top: 0, right: aspect.value, bottom: 1 }));

/** A picture on the map, in the middle of its cell. */
export interface Spot {
  picture: Picture;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The pictures that are on the map, still there, and let through by the filter: each in its place of the whole map. */
export const spots = computed<readonly Spot[]>(() => {
  const known = pictures.value;
  const map = drawn.value;
  if (!map) return [];
  const all = cells.value;
  const among = passing.value;
  return map.ids.flatMap((id, n) => {
    const picture = known.get(id);
    if (!picture?.indexed || (among && !among.has(id))) return [];
    const [x, y, width, height] = [0, 1, 2, 3].map((i) => all[4 * n + i]!) as [
      number,
      number,
      number,
      number,
    ];
    return [{ picture, x, y, width, height }];
  });
});

/** The same in an order in which like ones follow each other, for a list. */
export const spotsInOrder = computed<readonly Picture[]>(() =>
  spots.value
    .map(({ picture, x, y }) => ({ picture, at: alongCurve(x / aspect.value, y) }))
    .sort((one, other) => one.at - other.at)
    .map(({ picture }) => picture),
);

/** How many pictures came or changed after the map was made. */
export const missingOnMap = computed(() => {
  const map = drawn.value;
  if (!map) return 0;
  const marks = new Map(map.ids.map((id, n) => [id, map.marks[n]!]));
  let count = 0;
  for (const picture of pictures.value.values()) {
    if (!picture.indexed) continue;
    const before = marks.get(picture.id);
    const now = markOf(picture);
    if (before === undefined || (before !== '' && now !== '' && before !== now)) count++;
  }
  return count;
});

/** Takes over the shape of the window. Small changes move nothing. */
export function fitTo(width: number, height: number): void {
  const next = Math.min(4, Math.max(0.25, width / Math.max(1, height)));
  if (Math.abs(next / aspect.value - 1) < 0.2) return;
  aspect.value = next;
  camera.value = undefined;
}

/** What of the map is seen; `undefined`: all of it. It stays while other views are looked at. */
export const camera = signal<Camera | undefined>(undefined);
