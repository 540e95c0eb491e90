/** A row of pictures of one height. Sizes are in CSS pixels. */
export interface Row {
  /** Items `from` … `to` − 1. */
  from: number;
  to: number;
  top: number;
  height: number;
  /** Width of each item. */
  widths: number[];
}

/** Pictures that are far longer than wide, or wider, do not take a row each. */
const minRatio = 0.4;
const maxRatio = 3;

/**
 * Puts pictures into rows that fill a width, uncropped: a row takes pictures until its height falls to the wanted one. The last
 * row is not stretched.
 *
 * @param ratios width through height of each picture
 * @param width of the whole
 * @param height that rows are near to
 * @param gap between items and between rows
 * @param below room below each picture, for its caption
 */
export function justifiedRows(
  ratios: readonly number[],
  { width, height, gap, below }: { width: number; height: number; gap: number; below: number },
): Row[] {
  const rows: Row[] = [];
  let top = 0;
  let from = 0;
  let sum = 0;
  const end = (to: number, rowHeight: number): void => {
    const widths = ratios.slice(from, to).map((ratio) => clamped(ratio) * rowHeight);
    rows.push({ from, to, top, height: rowHeight, widths });
    top += rowHeight + below + gap;
    from = to;
    sum = 0;
  };
  for (const [index, ratio] of ratios.entries()) {
    sum += clamped(ratio);
    const rowHeight = (width - gap * (index - from)) / sum;
    if (rowHeight <= height) end(index + 1, rowHeight);
  }
  if (from < ratios.length)
    end(ratios.length, Math.min(height, (width - gap * (ratios.length - from - 1)) / sum));
  return rows;
}

const clamped = (ratio: number): number => Math.min(maxRatio, Math.max(minRatio, ratio));
