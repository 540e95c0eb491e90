import type { Sort } from './address.ts';
import { folderOf, nameOf, type Picture } from './pictures.ts';

/** Which pictures of all are shown, and in which order. */
export interface Filter {
  /** Pictures in this folder and below it only. */
  folder?: string | undefined;
  /** Pictures whose path contains each of its words, in either case. */
  name?: string | undefined;
  /** Default: the order of adding. */
  sort?: Sort | undefined;
}

/** A folder that has pictures, in itself or below it. */
export interface Folder {
  path: string;
  /** How many folders it lies in. */
  depth: number;
  /** Pictures in it and below it. */
  count: number;
}

/**
 * Numbers in names count as numbers, `2.jpg` before `10.jpg`; case and accents decide between names that are else the
 * same. One collator for all: making one takes longer than a thousand comparisons.
 */
const collator = new Intl.Collator(undefined, { numeric: true });

export const compareNames = (a: string, b: string): number => collator.compare(a, b);

/** macOS takes names apart (`é` as `e` and an accent), keyboards do not. */
const folded = (text: string): string => text.normalize('NFC').toLowerCase();

/** Folders of pictures, each before those in it. */
export function foldersOf(pictures: Iterable<Pick<Picture, 'id'>>): Folder[] {
  const direct = new Map<string, number>();
  for (const { id } of pictures) {
    const path = folderOf(id);
    direct.set(path, (direct.get(path) ?? 0) + 1);
  }
  const counts = new Map<string, number>();
  for (const [path, count] of direct) {
    const parts = path === '' ? [] : path.split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      const above = parts.slice(0, depth).join('/');
      // A path that begins with a slash has a first part without a name: that is no folder to choose.
      if (above !== '') counts.set(above, (counts.get(above) ?? 0) + count);
    }
  }
  // Part by part: `a/b` comes before `a b`, whose first part is another.
  return [...counts]
    .map(([path, count]) => ({ path, count, parts: path.split('/') }))
    .sort((a, b) => compareParts(a.parts, b.parts))
    .map(({ path, count, parts }) => ({ path, count, depth: parts.length - 1 }));
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (const [n, part] of a.entries()) {
    const other = b[n];
    if (other === undefined) return 1;
    const order = compareNames(part, other) || (part < other ? -1 : part > other ? 1 : 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The pictures that a filter leaves, in its order; those that sort alike in the order of adding. */
export function filtered(pictures: readonly Picture[], { folder, name, sort }: Filter): Picture[] {
  const below = folder ? `${folder.replace(/\/+$/, '')}/` : '';
  const words = folded(name ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const found = pictures.filter(({ id }) => {
    if (!id.startsWith(below)) return false;
    if (words.length === 0) return true;
    const path = folded(id);
    return words.every((word) => path.includes(word));
  });
  if (sort === 'date') return found.sort((a, b) => (b.modified ?? -1) - (a.modified ?? -1));
  if (sort === 'name') return byName(found);
  return found;
}

/**
 * Places in the order of the last time. While pictures are read, the same list is sorted again and again: in order already,
 * it takes one comparison for each picture instead of twelve.
 */
let lastOrder = new Map<string, number>();

function byName(pictures: Picture[]): Picture[] {
  const before = lastOrder;
  const end = before.size;
  const near = pictures
    .map((picture, n) => ({ picture, n, name: nameOf(picture.id), at: before.get(picture.id) ?? end }))
    .sort((a, b) => a.at - b.at)
    .sort((a, b) => compareNames(a.name, b.name) || a.n - b.n);
  lastOrder = new Map(near.map(({ picture }, n) => [picture.id, n]));
  return near.map(({ picture }) => picture);
}
