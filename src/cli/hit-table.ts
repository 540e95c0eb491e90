import type { Hit } from '../engine/types.ts';

/** Distances to seven decimals: float32 features carry no more. */
const roundDistance = (distance: number): number => Number(distance.toFixed(7));

/** `[{"id": …, "distance": …}, …]`, nearest first. */
export const hitsToJson = (hits: readonly Hit[]): Hit[] =>
  hits.map(({ id, distance }) => ({ id, distance: roundDistance(distance) }));

/** Lines of a table of rank, distance and file for a terminal. */
export function hitsToTable(hits: readonly Hit[]): string[] {
  const lines = hits.map(
    ({ id, distance }, rank) => `${String(rank + 1).padStart(4)}  ${distance.toFixed(6)}  ${id}`,
  );
  return ['rank  distance  file', ...lines];
}
