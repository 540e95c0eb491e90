import type { Hit, Hits, Recall } from './types.ts';

/** Says of a list of hits how they were found. Not enumerable: the list is compared and written as any other. */
export const saying = (hits: Hit[], exact = true, recall: Recall | null = null): Hits =>
  Object.defineProperties(hits, { exact: { value: exact }, recall: { value: recall } }) as Hits;
