import { computed, signal } from '@preact/signals';
import type { Histogram, Hit, ImageSearch, QueryPart } from 'likeness-search';
import { type AskedPart, address } from './address.ts';
import { search } from './library.ts';
import type { Picture } from './pictures.ts';

/** The part of the options of `query` and `distances` that the page uses: ids of pictures that take no part, and that do. */
export interface AskedHow {
  exclude?: readonly string[];
  filter?: readonly string[];
  signal?: AbortSignal;
}

/** What answers queries: the calls of the library that they take. */
export interface Answering {
  has(id: string): Promise<boolean>;
  extract: ImageSearch['extract'];
  query(parts: QueryPart[], how: AskedHow & { k: number; offset?: number }): Promise<readonly Hit[]>;
  distances(parts: QueryPart[], how: AskedHow & { bins?: number; edges?: number[] }): Promise<Histogram>;
}

/** Answers some queries before an index is open. */
export interface FirstAnswers extends Answering {
  /** Whether it knows all that a query consists of. The index that is being opened will answer the same. */
  answers(query: readonly AskedPart[]): boolean;
  knows(id: string): boolean;
}

/** There until the index that stays is open, and whole. */
export const firstAnswers = signal<FirstAnswers | undefined>(undefined);

/** What answers the address's query now. */
export const answering = computed<Answering | undefined>(() => {
  const first = firstAnswers.value;
  return first?.answers(address.value.query) ? first : search.value;
});

/** Whether a query can find a picture now. */
export const isFindable = ({ id, indexed }: Pick<Picture, 'id' | 'indexed'>): boolean =>
  indexed || firstAnswers.value?.knows(id) === true;
