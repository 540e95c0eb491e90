/**
 * Heights of small pictures, in pixels: a row of the page is about 190 high, on screens of twice the density 380.
 */
export const smallHeights = [256, 512] as const;

/** A panorama is not wider than so many heights. */
export const widest = 4;

/** Pixels of the longer side of a picture that is made so small that it fits. Nothing is made larger. */
export function sideOf({ width, height }: { width: number; height: number }, wanted: number): number {
  const scale = Math.min(1, wanted / height, (widest * wanted) / width);
  return Math.max(1, Math.round(Math.max(width, height) * scale));
}

/** Whether a picture is small already. */
export const isSmall = (width: number, height: number, wanted: number): boolean =>
  height <= wanted && width <= widest * wanted;
