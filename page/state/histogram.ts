import type { Histogram } from 'likeness-search';

/** A histogram as it is drawn, and the slider over it. */
export interface DrawnHistogram {
  /** Of the slider: distances, `max` a whole number of steps from `min`. */
  min: number;
  max: number;
  step: number;
  /** Heights, 0 … 1, of bars of one width from `min` to `max`. */
  bars: number[];
}

/** Bins to ask for: from 0 on, while pictures begin far from it. */
export const fineBins = 600;

/** Distances are shown with so many digits after the point. */
const unit = 0.001;

/**
 * Draws the part of a histogram that has pictures.
 *
 * @param count how many bars
 * @returns `undefined` where there is nothing to choose from: no picture, or all at one distance
 */
export function drawnHistogram({ edges, counts }: Histogram, count: number): DrawnHistogram | undefined {
  const first = counts.findIndex((pictures) => pictures > 0);
  if (first === -1) return undefined;
  const from = edges[first]!;
  const to = edges.at(-1)!;
  const min = Math.floor(from / unit) * unit;
  const step = Math.max(unit, Math.ceil((to - min) / 200 / unit) * unit);
  const steps = Math.ceil((to - min) / step - 1e-9);
  if (steps < 2) return undefined;
  const max = min + steps * step;
  const sums = new Array<number>(count).fill(0);
  for (const [bin, pictures] of counts.entries()) {
    const middle = (edges[bin]! + edges[bin + 1]!) / 2;
    if (pictures > 0)
      sums[Math.min(count - 1, Math.floor(((middle - min) / (max - min)) * count))]! += pictures;
  }
  const highest = Math.max(...sums);
  return {
    min: rounded(min),
    max: rounded(max),
    step: rounded(step),
    bars: sums.map((sum) => sum / highest),
  };
}

/** Without the noise of binary fractions. */
const rounded = (value: number): number => Number(value.toFixed(3));
