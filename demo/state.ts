import type { ImageSearch, Report } from 'likeness-search';
import type { Picture, ServedIndex } from './pictures.ts';

/** What the page knows. One object, so that its parts see the same. */
export const state: {
  /** All pictures that are shown, by id. */
  pictures: Map<string, Picture>;
  /** Ids that the index holds. */
  indexed: Set<string>;
  /** SHA-256 of the contents, of those that the index knows it of. */
  hashes: Map<string, string>;
  served: ServedIndex | undefined;
  search: ImageSearch | undefined;
  report: Report | undefined;
  /** What can be cancelled and is under way: one thing at a time. */
  running: AbortController | undefined;
} = {
  pictures: new Map(),
  indexed: new Set(),
  hashes: new Map(),
  served: undefined,
  search: undefined,
  report: undefined,
  running: undefined,
};
