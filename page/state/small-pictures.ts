import type { Picture } from './pictures.ts';

/** Heights, in pixels, of small pictures that the server makes; rising. None where it makes none. */
let heights: readonly number[] = [];

/** CSS pixels: rows of pictures are so high, or little more. */
const shownHeight = 190;

/** Takes over what the server says of itself. */
export function setSmallHeights(given: unknown): void {
  const isHeight = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0;
  heights = Array.isArray(given) ? given.filter(isHeight).sort((a, b) => a - b) : [];
}

/** Where the server has a small picture, with enough pixels for this screen; `''` where it has none. */
export function smallUrl(url: string): string {
  const originals = new URL('pictures/', document.baseURI).href;
  if (heights.length === 0 || !url.startsWith(originals)) return '';
  const height = heights.find((each) => each >= shownHeight * devicePixelRatio) ?? heights.at(-1)!;
  return new URL(`small/${height}/${url.slice(originals.length)}`, document.baseURI).href;
}

/** What lists and the map show of a picture: as few bytes as there are. `''` where there is nothing to show. */
export const smallSource = ({ thumbnail, url }: Pick<Picture, 'thumbnail' | 'url'>): string =>
  thumbnail || smallUrl(url) || url;
