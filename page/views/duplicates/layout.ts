import type { Group } from '../../state/duplicates.ts';

/** Sizes in rem; `style/duplicates.css` has the same. */
const [headHeight, cardHeight, moreHeight, gap, groupGap] = [2.5, 21.5, 3, 0.75, 1.5];
const mostWidth = 15;

/** A group shows so many pictures, and so many more when it is asked. */
export const shownAtFirst = 24;

/** Where groups lie, in CSS pixels. */
export interface Layout {
  columns: number;
  /** Of a card. */
  width: number;
  tops: Float64Array;
  height: number;
}

/**
 * Lays out groups below each other. Every card has the same height, so what is far away need not be drawn to be known.
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
  const tops = new Float64Array(groups.length);
  let top = 0;
  for (const [at, group] of groups.entries()) {
    tops[at] = top;
    const shown = shownOf(group);
    const rows = Math.ceil(shown / columns);
    const more = shown < group.pictures.length ? moreHeight : 0;
    top += (headHeight + rows * (cardHeight + gap) + more + groupGap) * rem;
  }
  return { columns, width: cardWidth, tops, height: top };
}

/** The groups of which a part is between `top` and `bottom`: `from` … `to` − 1. */
export function groupsWithin({ tops }: Layout, top: number, bottom: number): { from: number; to: number } {
  const from = Math.max(0, firstAfter(tops, top) - 1);
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
