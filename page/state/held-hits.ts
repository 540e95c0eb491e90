import type { Hit } from 'likeness-search';
import type { AskedPart } from './address.ts';
import type { Answering, AskedHow } from './first-answers.ts';
import { firstHits, type Parts, partsOf } from './query-input.ts';

/** What a query found. */
export interface Answer {
  parts: Parts;
  hits: readonly Hit[];
  /** Whether there are no more. */
  isWhole: boolean;
  /** Where the next page begins in the whole answer. */
  next: number;
  /** Where what was seen stays: how many pictures are as near as that, or nearer; those that were seen are among them. */
  within?: number;
}

type How = AskedHow & { filter?: string[]; k: number; signal: AbortSignal };

/** Asks for the nearest. */
export async function askWhole(library: Answering, query: readonly AskedPart[], how: How): Promise<Answer> {
  const { parts, hits } = await firstHits(query, library, how);
  return { parts, hits, isWhole: hits.length < how.k, next: hits.length };
}

/**
 * Asks again after the index has changed: what was seen stays as it is, and what is farther follows. What is nearer waits.
 *
 * @param head what was seen, nearest first
 * @param how.k how many hits there are to be
 */
export async function askHeld(
  library: Answering,
  query: readonly AskedPart[],
  head: readonly Hit[],
  { k, ...how }: How,
): Promise<Answer> {
  const parts = await partsOf(query, library, how.signal, true);
  const among = { ...how, exclude: parts.exclude };
  const farthest = head.reduce((most, { distance }) => Math.max(most, distance), 0);
  // Where all are equal to the query, the edges may not be the same.
  const edges = [-1, Math.max(farthest, Number.MIN_VALUE)];
  const { counts } = await library.distances(parts.query, { ...among, edges });
  const within = counts[0]!;
  const wanted = Math.max(1, k - head.length);
  const tail = await library.query(parts.query, { ...among, k: wanted, offset: within });
  const isHeld = new Set(head.map(({ id }) => id));
  // Some may have come between the two questions: they wait, too, and are counted the next time.
  const farther = tail.filter(({ id, distance }) => distance > farthest && !isHeld.has(id));
  return {
    parts,
    hits: [...head, ...farther],
    isWhole: tail.length < wanted,
    next: within + tail.length,
    within,
  };
}
