/** A row of pictures of one height. Sizes are in CSS pixels. */
export interface Row {
  /** Items `from` … `to` − 1. */
  from: number;
  to: number;
  top: number;
  height: number;
  /** Where each item begins, and its width. */
  lefts: number[];
  widths: number[];
}

/** What rows are laid out by; in CSS pixels. */
export interface RowSizes {
  width: number;
  height: number;
  gap: number;
  below: number;
}

/** Pictures that are far longer than wide, or wider, do not take a row each. */
const minRatio = 0.4;
const maxRatio = 3;

/**
 * Puts pictures into rows that fill a width, uncropped: a row takes pictures until its height falls to the wanted one, without the
 * last of them where its height is nearer to that one then. The last row is not stretched.
 *
 * @param ratios width through height of each picture; what is no positive number counts as a square
 * @param width of the whole
 * @param height that rows are near to
 * @param gap between items and between rows
 * @param below room below each picture, for its caption
 * @param before rows of other pictures with the same sizes: those at the beginning that are the same are taken over. `seen`
 *   items stay where they are: where the last row of them is not full, it takes others as long as they fit beside them.
 */
export function justifiedRows(
  ratios: readonly number[],
  { width, height, gap, below }: RowSizes,
  before?: { ratios: readonly number[]; rows: readonly Row[]; seen?: number },
): Row[] {
  const rows = before ? sameRows(before, ratios) : [];
  const open = rows.at(-1);
  if (open?.to === before?.ratios.length && open) rows[rows.length - 1] = filled(open, ratios, width, gap);
  const lastKept = rows.at(-1);
  let top = lastKept ? lastKept.top + (lastKept.height + below + gap) : 0;
  let from = lastKept?.to ?? 0;
  let sum = 0;
  const end = (to: number, rowHeight: number): void => {
    const lefts: number[] = [];
    const widths: number[] = [];
    let left = 0;
    for (const ratio of ratios.slice(from, to)) {
      lefts.push(left);
      widths.push(clamped(ratio) * rowHeight);
      left += widths.at(-1)! + gap;
    }
    rows.push({ from, to, top, height: rowHeight, lefts, widths });
    top += rowHeight + below + gap;
    from = to;
    sum = 0;
  };
  const heightOf = (count: number, ratioSum: number): number => (width - gap * (count - 1)) / ratioSum;
  for (let index = from; index < ratios.length; index++) {
    const count = index - from;
    const own = clamped(ratios[index]!);
    if (heightOf(count + 1, sum + own) > height) {
      sum += own;
      continue;
    }
    const without = count === 0 ? Number.POSITIVE_INFINITY : heightOf(count, sum);
    if (without / height < height / heightOf(count + 1, sum + own)) {
      end(index, without);
      sum = own;
      if (heightOf(1, own) > height) continue;
    } else sum += own;
    end(index + 1, heightOf(index + 1 - from, sum));
  }
  if (from < ratios.length) end(ratios.length, Math.min(height, heightOf(ratios.length - from, sum)));
  return rows;
}

/** Rows that end before anything differs: which pictures are in a row, the one after it decides, too. */
function sameRows(
  { ratios: before, rows, seen = 0 }: { ratios: readonly number[]; rows: readonly Row[]; seen?: number },
  ratios: readonly number[],
): Row[] {
  const shorter = Math.min(before.length, ratios.length);
  let same = 0;
  while (same < shorter && before[same] === ratios[same]) same++;
  const end = rows.findIndex(({ from, to }) => to > same || (to === same && from >= seen));
  return rows.slice(0, end === -1 ? rows.length : end);
}

/** A row with as many more items as fit, at its height. */
function filled(row: Row, ratios: readonly number[], width: number, gap: number): Row {
  const [lefts, widths] = [[...row.lefts], [...row.widths]];
  let { to } = row;
  for (; to < ratios.length; to++) {
    const left = lefts.at(-1)! + widths.at(-1)! + gap;
    const wide = clamped(ratios[to]!) * row.height;
    if (left + wide > width) break;
    lefts.push(left);
    widths.push(wide);
  }
  return to === row.to ? row : { ...row, to, lefts, widths };
}

const clamped = (ratio: number): number => (ratio > 0 ? Math.min(maxRatio, Math.max(minRatio, ratio)) : 1);

/** The row of an item; −1 where there is none. */
export function rowOf(rows: readonly Row[], index: number): number {
  let low = 0;
  for (let high = rows.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.to <= index) low = middle + 1;
    else high = middle;
  }
  return index >= 0 && low < rows.length ? low : -1;
}

/** Rows that have something between two heights. */
export function rowsBetween(rows: readonly Row[], top: number, bottom: number, below: number): Row[] {
  const first = rows.findIndex((row) => row.top + row.height + below >= top);
  if (first === -1) return [];
  const after = rows.findIndex((row, at) => at >= first && row.top > bottom);
  return rows.slice(first, after === -1 ? rows.length : after);
}

/**
 * Where a key leads from an item; `undefined` for other keys.
 *
 * @param isRtl whether rows go from right to left
 * @param page how many rows a window has
 */
export function nextItem(
  key: string,
  at: number,
  rows: readonly Row[],
  { isRtl, page }: { isRtl: boolean; page: number },
): number | undefined {
  const last = rows.at(-1);
  if (!last) return undefined;
  const inRange = (index: number): number => Math.min(last.to - 1, Math.max(0, index));
  const row = rowOf(rows, at);
  const vertical = (to: number): number => {
    const target = rows[to];
    const here = rows[row];
    if (!target || !here || to === row) return at;
    // The item below or above the middle of this one.
    const middle = here.lefts[at - here.from]! + here.widths[at - here.from]! / 2;
    const n = target.widths.findIndex((width, i) => target.lefts[i]! + width >= middle);
    return n === -1 ? target.to - 1 : target.from + n;
  };
  switch (key) {
    case 'ArrowRight':
      return inRange(at + (isRtl ? -1 : 1));
    case 'ArrowLeft':
      return inRange(at + (isRtl ? 1 : -1));
    case 'ArrowDown':
      return vertical(row + 1);
    case 'ArrowUp':
      return vertical(row - 1);
    case 'Home':
      return 0;
    case 'End':
      return last.to - 1;
    case 'PageDown':
      return vertical(Math.min(rows.length - 1, row + page));
    case 'PageUp':
      return vertical(Math.max(0, row - page));
    default:
      return undefined;
  }
}
