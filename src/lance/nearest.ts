import type { RecordBatch } from 'apache-arrow';
import type { Json } from '../base/json.ts';
import { errorBound, overflowLimit } from '../knn/backend/bounds.ts';
import { squaredDistance } from '../knn/js/distances.ts';
import { cell, metaAt, vectorAt } from './rows.ts';

/** A row by the reference: squared distance in float64, and what orders rows of one distance. */
export interface ScoredRow {
  id: string;
  added: number;
  squared: number;
  meta: Json | undefined;
}

/** Nearest first; rows of one distance in the order of adding, as in our own index. */
export const byDistance = (a: ScoredRow, b: ScoredRow): number =>
  a.squared - b.squared || a.added - b.added || (a.id < b.id ? -1 : 1);

/** Whether a row takes part. */
export type RowTest = (id: string, meta: Json | undefined) => boolean;

/** What is asked of {@link nearestRows}. */
export interface Nearest {
  query: Float32Array;
  /** How many: `k + offset`. */
  wanted: number;
  maxDistance: number;
  test: RowTest;
  /**
   * The nearest rows by the engine's own distance, nearest first: batches with id, added, meta and `_distance`, and with
   * vector where it is asked for.
   */
  ask(limit: number, withVectors: boolean): Promise<RecordBatch[]>;
  /** Rows by their ids: batches with id, added, meta and vector. */
  read(ids: readonly string[]): AsyncIterable<RecordBatch>;
  signal?: AbortSignal | undefined;
}

/** Values of vectors that are in hand together: 8 MiB. Those of more candidates are read when these are known. */
const valuesAtOnce = 2 ** 21;
/** The engine holds whole batches for the candidates that it chooses: of more, all rows are scored here instead. */
const mostCandidates = 2 ** 14;

/**
 * The nearest rows by the float64 reference, out of what an engine finds that computes in float32, over all its rows.
 *
 * The engine returns the `limit` rows with the least computed distances, the largest of which is a. A row that it did not
 * return has a computed distance ≥ a, so by `errorBound` (for sums in any order) a reference distance ≥ lower(a). Where
 * the last row wanted is nearer than that, none is missing, and none of the same distance either; else more are asked for.
 *
 * @returns `undefined` where it would take too many candidates
 */
export async function nearestRows(nearest: Nearest): Promise<ScoredRow[] | undefined> {
  const { query, wanted, maxDistance } = nearest;
  const bound = errorBound(query.length, query.length);
  for (let limit = wanted + Math.max(16, wanted >> 2); limit <= mostCandidates; limit *= 4) {
    const { best, returned, farthest } = await candidates(nearest, limit);
    const rows = best.rows();
    const least = farthest < overflowLimit ? bound.lower(farthest) : 0;
    const last = rows[wanted - 1]?.squared ?? Number.POSITIVE_INFINITY;
    if (returned < limit || last < least || Math.sqrt(least) > maxDistance) return within(rows, maxDistance);
  }
  return undefined;
}

/**
 * The nearest of some candidates: what an approximate index has found.
 *
 * @returns `found`: how many take part, up to `wanted`
 */
export async function nearestOfSome(
  nearest: Nearest,
  limit: number,
): Promise<{ rows: ScoredRow[]; found: number }> {
  const { best } = await candidates(nearest, limit);
  const rows = best.rows();
  return { found: rows.length, rows: within(rows, nearest.maxDistance) };
}

/** Rows that are given, e.g. by their ids: nothing else takes part. */
export async function nearestOfRows(
  batches: AsyncIterable<RecordBatch>,
  { query, wanted, maxDistance, test, signal }: Omit<Nearest, 'ask' | 'read'>,
): Promise<ScoredRow[]> {
  const best = new Best(query, wanted, test);
  for await (const batch of batches) {
    signal?.throwIfAborted();
    best.score(batch);
  }
  return within(best.rows(), maxDistance);
}

const within = (sorted: ScoredRow[], maxDistance: number): ScoredRow[] =>
  sorted.filter(({ squared }) => Math.sqrt(squared) <= maxDistance);

/** Asks the engine, and scores what it has found. */
async function candidates(
  { query, wanted, test, ask, read, signal }: Nearest,
  limit: number,
): Promise<{ best: Best; returned: number; farthest: number }> {
  const withVectors = limit * query.length <= valuesAtOnce;
  const batches = await ask(limit, withVectors);
  signal?.throwIfAborted();
  const best = new Best(query, wanted, test);
  const late: string[] = [];
  let [returned, farthest] = [0, 0];
  for (const batch of batches) {
    for (let row = 0; row < batch.numRows; row++) {
      farthest = Math.max(farthest, Number(cell(batch, '_distance', row) ?? 0));
      const id = cell(batch, 'id', row) as string;
      if (!withVectors && test(id, metaAt(batch, row))) late.push(id);
    }
    returned += batch.numRows;
    if (withVectors) best.score(batch);
  }
  const atOnce = Math.max(1, Math.floor(valuesAtOnce / query.length));
  for (let from = 0; from < late.length; from += atOnce) {
    for await (const batch of read(late.slice(from, from + atOnce))) {
      signal?.throwIfAborted();
      best.score(batch);
    }
  }
  return { best, returned, farthest };
}

/** Keeps the nearest of the rows that it is shown: their vectors do not stay in memory. */
class Best {
  readonly #query: Float32Array;
  readonly #wanted: number;
  readonly #test: RowTest;
  #rows: ScoredRow[] = [];

  constructor(query: Float32Array, wanted: number, test: RowTest) {
    this.#query = query;
    this.#wanted = wanted;
    this.#test = test;
  }

  /** @param batch with id, added, meta and vector */
  score(batch: RecordBatch): void {
    for (let row = 0; row < batch.numRows; row++) {
      const id = cell(batch, 'id', row) as string;
      const meta = metaAt(batch, row);
      if (!this.#test(id, meta)) continue;
      const squared = squaredDistance(vectorAt(batch, row), 0, this.#query, 0, this.#query.length);
      this.#rows.push({ id, added: cell(batch, 'added', row) as number, squared, meta });
    }
    // Sorting seldom, not for each batch.
    if (this.#rows.length > 2 * this.#wanted + 4096) this.rows();
  }

  /** The nearest first, each id once: two rows may have it until a process that was killed is cleared up after. */
  rows(): ScoredRow[] {
    const seen = new Set<string>();
    this.#rows.sort(byDistance);
    this.#rows = this.#rows.filter(({ id }) => seen.size < this.#wanted && seen.size !== seen.add(id).size);
    return this.#rows;
  }
}
