import type { Region } from 'likeness-search';

/** A size or a point, in pixels of a picture. */
export interface Size {
  width: number;
  height: number;
}
export interface Point {
  x: number;
  y: number;
}

const within = (value: number, max: number): number => Math.min(max, Math.max(0, value));

/** The smallest region of whole pixels in the picture that two points are in; it has a pixel at least. */
export function regionBetween(a: Point, b: Point, { width, height }: Size): Region {
  const span = (from: number, to: number, max: number): [number, number] => {
    const start = Math.min(Math.floor(within(Math.min(from, to), max)), max - 1);
    const end = Math.max(Math.ceil(within(Math.max(from, to), max)), start + 1);
    return [start, end - start];
  };
  const [x, w] = span(a.x, b.x, width);
  const [y, h] = span(a.y, b.y, height);
  return { x, y, width: w, height: h };
}

/** A region moved by so many pixels, as far as the picture goes. */
export const moved = (region: Region, by: Point, { width, height }: Size): Region => ({
  ...region,
  x: within(Math.round(region.x + by.x), width - region.width),
  y: within(Math.round(region.y + by.y), height - region.height),
});

/** A region whose lower right corner is moved by so many pixels; it has a pixel at least. */
export const resized = (region: Region, by: Point, { width, height }: Size): Region => ({
  ...region,
  width: Math.min(width - region.x, Math.max(1, Math.round(region.width + by.x))),
  height: Math.min(height - region.y, Math.max(1, Math.round(region.height + by.y))),
});

/** What a box begins as: the middle of the picture. */
export const middleOf = ({ width, height }: Size): Region =>
  regionBetween(
    { x: Math.round(width / 4), y: Math.round(height / 4) },
    { x: Math.round((width * 3) / 4), y: Math.round((height * 3) / 4) },
    { width, height },
  );

/** The point across the region from a corner of it, which stays where it is while the corner is dragged. */
export const acrossFrom = (region: Region, corner: 'nw' | 'ne' | 'sw' | 'se'): Point => ({
  x: corner.endsWith('w') ? region.x + region.width : region.x,
  y: corner.startsWith('n') ? region.y + region.height : region.y,
});

/**
 * What an arrow key makes of a region: it moves it, with Shift its lower right corner. A step is a fiftieth of the
 * picture's longer side; `fine` steps are a pixel.
 *
 * @returns undefined for other keys
 */
export function regionByKey(
  key: string,
  { size, fine }: { size: boolean; fine: boolean },
  region: Region,
  picture: Size,
): Region | undefined {
  const step = fine ? 1 : Math.max(1, Math.round(Math.max(picture.width, picture.height) / 50));
  const directions: Record<string, Point> = {
    ArrowLeft: { x: -step, y: 0 },
    ArrowRight: { x: step, y: 0 },
    ArrowUp: { x: 0, y: -step },
    ArrowDown: { x: 0, y: step },
  };
  const by = Object.hasOwn(directions, key) ? directions[key] : undefined;
  if (!by) return undefined;
  return size ? resized(region, by, picture) : moved(region, by, picture);
}
