import { refuse, shown } from '../base/checks.ts';
import { isBytes } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import { countBelow } from './slots.ts';

/**
 * Which rows take part in a search. Row numbers are those at the call: they follow their rows when others are removed while
 * the search runs.
 */
export class TakingPart {
  readonly #predicate: ((row: number) => boolean) | undefined;
  /** By row: 0 for those that do not. Rows that were added later do not take part either. */
  #bytes: Uint8Array | undefined;
  #excluded: Set<number> | undefined;

  /**
   * @param size rows
   * @throws LikenessError `bad-argument`
   */
  constructor(filter: unknown, exclude: unknown, size: number) {
    if (typeof filter === 'function') this.#predicate = filter as (row: number) => boolean;
    else if (isBytes(filter)) {
      if (filter.length !== size) {
        throw new LikenessError(
          'bad-argument',
          `The filter has ${filter.length} bytes; it has to have one for each of the ${size} rows.`,
        );
      }
      this.#bytes = new Uint8Array(filter);
    } else if (filter !== undefined) {
      refuse('filter', filter, 'a function or a Uint8Array');
    }
    if (exclude !== undefined) this.#excluded = new Set(rowNumbers(exclude, 'exclude'));
  }

  /** Whether a row takes part; undefined where all do. */
  get test(): ((row: number) => boolean) | undefined {
    const predicate = this.#predicate;
    const bytes = this.#bytes;
    const excluded = this.#excluded;
    if (!predicate && !bytes && !excluded) return undefined;
    return (row) =>
      !excluded?.has(row) && (!bytes || (bytes[row] ?? 0) !== 0) && (!predicate || agrees(predicate(row)));
  }

  /** Rows (ascending, distinct) were removed; those behind moved up. */
  remove(rows: readonly number[]): void {
    if (!this.#bytes && !this.#excluded) return;
    const gone = new Set(rows);
    this.#bytes = this.#bytes?.filter((_, row) => !gone.has(row));
    if (!this.#excluded) return;
    const moved = new Set<number>();
    for (const row of this.#excluded) if (!gone.has(row)) moved.add(row - countBelow(rows, row));
    this.#excluded = moved;
  }
}

/**
 * A predicate's answer. A promise would always count as yes.
 *
 * @throws LikenessError `bad-argument`
 */
export function agrees(answer: unknown): boolean {
  if (typeof answer === 'object' && answer !== null && 'then' in answer) {
    Promise.resolve(answer).catch(() => {}); // its failure does not matter
    throw new LikenessError(
      'bad-argument',
      'The filter is an async function: it gives a promise, not true or false. Find out first what takes part, then name it in a list.',
    );
  }
  return Boolean(answer);
}

/**
 * The row numbers of a list. A string is iterable too, but as a list of rows it is a mistake.
 *
 * @throws LikenessError `bad-argument`
 */
export function rowNumbers(rows: unknown, what: string): number[] {
  if (typeof rows !== 'object' || rows === null || !(Symbol.iterator in rows)) {
    throw new LikenessError('bad-argument', `${what} is ${shown(rows)}; it has to be a list of row numbers.`);
  }
  const numbers = [...(rows as Iterable<unknown>)];
  for (const row of numbers) {
    if (!Number.isInteger(row)) {
      throw new LikenessError(
        'bad-argument',
        `${what} holds ${shown(row)}; it has to be a list of row numbers.`,
      );
    }
  }
  return numbers as number[];
}
