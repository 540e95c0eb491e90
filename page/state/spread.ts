/** Pictures are wider than high more often than not: so are their cells. */
export const cellRatio = 4 / 3;

/** Pictures are parted where there is a gap between them, if that is not far from the middle. */
const [earliest, latest] = [0.38, 0.62];
/** Of a side: a gap stays to be seen, and takes no more than this. */
const mostGap = 0.05;
const gapShare = 0.4;
/** Fewer pictures have no gaps. */
const fewest = 6;

interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Spreads points over a rectangle, so that each has a cell of its own and pictures do not cover each other: the points
 * are halved along the longer side again and again, as in a k-d tree, and the rectangle with them. What was left, right,
 * above or below stays so at each cut; wide gaps stay as small ones.
 *
 * @param coordinates x, y, x, y …
 * @param aspect width of the rectangle; its height is 1
 * @returns of each point the middle of its cell, and the cell's width and height
 */
export function spread(coordinates: ArrayLike<number>, aspect: number): Float32Array {
  const count = coordinates.length / 2;
  const cells = new Float32Array(count * 4);
  const order = Uint32Array.from({ length: count }, (_, n) => n);
  const part = (from: number, to: number, area: Area): void => {
    const n = to - from;
    if (n === 1) {
      const { left, top, width, height } = area;
      cells.set([left + width / 2, top + height / 2, width, height], 4 * order[from]!);
    }
    if (n < 2) return;
    const isAcross = area.width >= area.height * cellRatio;
    const axis = isAcross ? 0 : 1;
    const along = (point: number): number => coordinates[2 * point + axis]!;
    const other = (point: number): number => coordinates[2 * point + 1 - axis]!;
    const those = order
      .subarray(from, to)
      .sort((a, b) => along(a) - along(b) || other(a) - other(b) || a - b);
    const { at, gap } = cut(those, along);
    const extent = along(those[n - 1]!) - along(those[0]!);
    const share = n < fewest || extent === 0 ? 0 : Math.min(mostGap, (gapShare * gap) / extent);
    const side = isAcross ? area.width : area.height;
    const first = (side * (1 - share) * at) / n;
    const rest = side * (1 - share) - first;
    if (isAcross) {
      part(from, from + at, { ...area, width: first });
      part(from + at, to, { ...area, left: area.left + side - rest, width: rest });
    } else {
      part(from, from + at, { ...area, height: first });
      part(from + at, to, { ...area, top: area.top + side - rest, height: rest });
    }
  };
  part(0, count, { left: 0, top: 0, width: aspect, height: 1 });
  return cells;
}

/** Where points in order are parted, and how wide the gap is there. */
function cut(those: Uint32Array, along: (point: number) => number): { at: number; gap: number } {
  const n = those.length;
  let at = n >> 1;
  const gapAt = (place: number): number => along(those[place]!) - along(those[place - 1]!);
  if (n < fewest) return { at, gap: gapAt(at) };
  for (let place = Math.ceil(n * earliest); place <= Math.floor(n * latest); place++) {
    if (gapAt(place) > gapAt(at)) at = place;
  }
  return { at, gap: gapAt(at) };
}
