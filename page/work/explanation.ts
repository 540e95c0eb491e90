import type { ImageSearch, Query, Region, SimilarityMap } from 'likeness-search';
import { opened, search } from '../state/library.ts';

/** What is compared: a picture that can be read, and what it is similar to. */
export interface Comparison {
  /** Tells it from others. */
  key: string;
  image: Blob | string;
  region?: Region | undefined;
  /** Prepared when it is this one's turn. */
  other(library: ImageSearch, signal: AbortSignal): Promise<Query>;
}

/** Maps of the last pictures: who leafs back does not wait again. */
const kept = new Map<string, SimilarityMap>();
const mostKept = 30;
/** Of another model they are others. */
let keptOf: unknown;

/**
 * Which places of a picture make it similar: once for each comparison.
 *
 * @param onProgress 0 … 1
 */
export async function explanationOf(
  { key, image, region, other }: Comparison,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<SimilarityMap> {
  const library = search.value ?? (await opened());
  signal.throwIfAborted();
  if (keptOf !== library) {
    kept.clear();
    keptOf = library;
  }
  const there = kept.get(key);
  if (there) return there;
  const to = await other(library, signal);
  signal.throwIfAborted();
  const map = await library.explain(image, to, {
    signal,
    ...(region && { region }),
    onProgress: ({ done, total }) => onProgress(total > 0 ? done / total : 0),
  });
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
  kept.set(key, map);
  return map;
}
