import type { PictureSize } from './types.ts';

/** Pictures up to this far from each other are near-duplicates; the figures are in docs/ARCHITECTURE.md. */
export const defaultMaxDistance = 0.2;

/** Sorts the best picture first: most pixels, then most bytes. What is unknown comes last; equal ones stay in their order. */
export function bestFirst<T>(sizeOf: (picture: T) => PictureSize | undefined): (a: T, b: T) => number {
  const pixels = ({ width = -1, height = 1 }: PictureSize = {}): number => width * height;
  return (a, b) => {
    const [x, y] = [sizeOf(a), sizeOf(b)];
    return pixels(y) - pixels(x) || (y?.byteLength ?? -1) - (x?.byteLength ?? -1);
  };
}
