import type { Group } from '../../state/duplicates.ts';

/** Sizes in rem; `style/duplicates.css` has the same. */
const [headHeight, cardHeight, moreHeight, gap, groupGap] = [2.5, 21.5, 3, 0.75, 1.5];
const mostWidth = 15;

/** A group shows so many pictures, and so many more when it is asked. */
export const shownAtFirst = 24;

/** A picture of a group. */
export interface Place {
  group: number;
  n: number;
}

/** Where groups lie, in CSS pixels. */
export interface Layout {
  /** Cards side by side in the whole width. */
  columns: number;
  /** Of a card, and between two. */
  width: number;
  gap: number;
  /** Of each group; small ones lie side by side. */
  lefts: Float64Array;
  tops: Float64Array;
  /** Cards side by side in each group. */
  across: Uint32Array;
  /** Cards that are shown of each group. */
  shown: Uint32Array;
  height: number;
}

/**
 * Lays out groups in their order: side by side as long as they fit whole, else below each other. Every card has the same
 * height, so what is far away need not be drawn to be known.
 *
 * @param width of the whole
 * @param rem CSS pixels of one
 * @param shownOf how many pictures a group shows
 */
export function layOut(
  groups: readonly Group[],
  { width, rem, shownOf }: { width: number; rem: number; shownOf: (group: Group) => number },
): Layout {
  // Two are side by side in the narrowest window: they are there to be compared.
  const cardWidth = Math.min(mostWidth * rem, (width - gap * rem) / 2);
  const columns = Math.max(1, Math.floor((width + gap * rem) / (cardWidth + gap * rem) + 1e-6));
  const count = groups.length;
  const [lefts, tops] = [new Float64Array(count), new Float64Array(count)];
  const [across, shown] = [new Uint32Array(count), new Uint32Array(count)];
  let [left, top, height] = [0, 0, 0];
  for (const [at, group] of groups.entries()) {
    shown[at] = shownOf(group);
    across[at] = Math.min(shown[at]!, columns);
    const wide = widthOf(across[at]!, cardWidth, gap * rem);
    if (left > 0 && left + wide > width + 1e-6) {
      top += height;
      [left, height] = [0, 0];
    }
    lefts[at] = left;
    tops[at] = top;
    const rows = Math.ceil(shown[at]! / columns);
    const more = shown[at]! < group.pictures.length ? moreHeight : 0;
    height = Math.max(height, (headHeight + rows * (cardHeight + gap) + more + groupGap) * rem);
    left += wide + groupGap * rem;
  }
  return { columns, width: cardWidth, gap: gap * rem, lefts, tops, across, shown, height: top + height };
}

/** How wide so many cards are, side by side. */
export const widthOf = (cards: number, width: number, between: number): number =>
  cards * width + Math.max(0, cards - 1) * between;

/** The groups of which a part is between `top` and `bottom`: `from` … `to` − 1. */
export function groupsWithin({ tops }: Layout, top: number, bottom: number): { from: number; to: number } {
  let from = Math.max(0, firstAfter(tops, top) - 1);
  while (from > 0 && tops[from - 1] === tops[from]) from--;
  return { from, to: Math.max(from, firstAfter(tops, bottom)) };
}

/** How many tops are at most `value`. */
function firstAfter(tops: Float64Array, value: number): number {
  let [low, high] = [0, tops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tops[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The picture below another one, or above it: in its group, else the nearest of the groups there. The last one stays. */
export function placeBeside(layout: Layout, { group, n }: Place, step: 1 | -1): Place {
  const { tops, across, shown } = layout;
  const columns = across[group]!;
  const last = shown[group]! - 1;
  const row = Math.floor(n / columns) + step;
  if (row >= 0 && row <= Math.floor(last / columns))
    return { group, n: Math.min(row * columns + (n % columns), last) };
  // The groups of the next row of groups, from its first to its last.
  let first = group;
  while (tops[first] === tops[group]) first += step;
  if (first < 0 || first >= tops.length) return { group, n };
  const x = centreOf(layout, { group, n });
  let nearest: Place = { group, n };
  let least = Number.POSITIVE_INFINITY;
  for (let at = first; tops[at] === tops[first]; at += step) {
    const end = shown[at]! - 1;
    const from = step > 0 ? 0 : end - (end % across[at]!);
    for (let one = from; one <= Math.min(end, from + across[at]! - 1); one++) {
      const away = Math.abs(centreOf(layout, { group: at, n: one }) - x);
      if (away < least - 1e-6) [nearest, least] = [{ group: at, n: one }, away];
    }
  }
  return nearest;
}

const centreOf = ({ lefts, across, width, gap: between }: Layout, { group, n }: Place): number =>
  lefts[group]! + (n % across[group]!) * (width + between) + width / 2;
