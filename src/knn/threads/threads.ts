import type { RowSet } from '../backend/backend.ts';
import type { Found } from '../search/found.ts';
import type { Limits } from '../search/search.ts';

/** Threads that search the rows of an index. */
export interface SearchThreads {
  /** How many, the calling one among them. */
  readonly count: number;
  /** Whether they answer so many queries sooner than the calling thread alone. */
  pay(queries: number): boolean;
  /**
   * The nearest rows of each query.
   *
   * @param queries q × d
   * @param skip rows that do not take part
   */
  search(queries: Float32Array, skip: RowSet | undefined, limits: Limits): Promise<Found>;
  close(): void;
}
