/** Rows are ordered by their places: whole numbers, the larger the later. */
export interface PlaceRange {
  from: number;
  /** The last one. */
  to: number;
}

let lastPlace = 0;

/**
 * Places behind all that were given, here and before now elsewhere: the time in 1/4096 ms, which float64 holds exactly
 * until the year 2039 and later to 1/2048 ms. Where in the millisecond they begin is drawn by lot, so that two processes
 * that add the same rows at once hardly give a row the same place.
 */
export function nextPlaces(count: number): PlaceRange {
  const from = Math.max(lastPlace + 1, Date.now() * 4096 + Math.floor(Math.random() * 4096));
  lastPlace = from + count - 1;
  return { from, to: lastPlace };
}
