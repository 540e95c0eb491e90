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

/** The nearest rows by the engine's own distance, nearest first: batches with id, added, meta, vector and `_distance`. */
export type AskEngine = (limit: number) => AsyncIterable<RecordBatch>;

/** What is asked of {@link nearestRows}. */
export interface Nearest {
  query: Float32Array;
  /** How many: `k + offset`. */
  wanted: number;
  maxDistance: number;
  test: RowTest;
  ask: AskEngine;
  signal?: AbortSignal | undefined;
}

/**
 * The nearest rows by the float64 reference, out of what an engine finds that computes in float32, over all its rows.
 *
 * The engine returns the `limit` rows with the least computed distances, the largest of which is a. A row that it did not
 * return has a computed distance ≥ a, so by `errorBound` (for sums in any order) a reference distance ≥ lower(a). Where
 * the last row wanted is nearer than that, none is missing, and none of the same distance either; else more are asked for.
 */
export async function nearestRows({
  query,
  wanted,
  maxDistance,
  test,
  ask,
  signal,
}: Nearest): Promise<ScoredRow[]> {
  const d = query.length;
  const bound = errorBound(d, d);
  for (let limit = wanted + Math.max(16, wanted >> 2); ; limit *= 4) {
    const { rows, returned, farthest } = await scored(query, ask(limit), test, signal);
    rows.sort(byDistance);
    const least = farthest < overflowLimit ? bound.lower(farthest) : 0;
    const last = rows[wanted - 1]?.squared ?? Number.POSITIVE_INFINITY;
    if (returned < limit || last < least || Math.sqrt(least) > maxDistance)
      return within(rows, wanted, maxDistance);
  }
}

/**
 * The nearest of some candidates: what an approximate index has found.
 *
 * @returns `passed`: how many candidates take part
 */
export async function nearestOfSome(
  { query, wanted, maxDistance, test, ask, signal }: Nearest,
  limit: number,
): Promise<{ rows: ScoredRow[]; passed: number }> {
  const { rows } = await scored(query, ask(limit), test, signal);
  return { passed: rows.length, rows: within(rows.sort(byDistance), wanted, maxDistance) };
}

/** Rows that are given, e.g. by their ids: nothing else takes part. */
export async function nearestOfRows(
  query: Float32Array,
  batches: AsyncIterable<RecordBatch>,
  { wanted, maxDistance, test, signal }: Pick<Nearest, 'wanted' | 'maxDistance' | 'test' | 'signal'>,
): Promise<ScoredRow[]> {
  const { rows } = await scored(query, batches, test, signal);
  return within(rows.sort(byDistance), wanted, maxDistance);
}

const within = (sorted: ScoredRow[], wanted: number, maxDistance: number): ScoredRow[] =>
  sorted.slice(0, wanted).filter(({ squared }) => Math.sqrt(squared) <= maxDistance);

/** Scores batches as they come: vectors do not stay in memory. */
async function scored(
  query: Float32Array,
  batches: AsyncIterable<RecordBatch>,
  test: RowTest,
  signal: AbortSignal | undefined,
): Promise<{ rows: ScoredRow[]; returned: number; farthest: number }> {
  const rows: ScoredRow[] = [];
  let [returned, farthest] = [0, 0];
  for await (const batch of batches) {
    signal?.throwIfAborted();
    for (let row = 0; row < batch.numRows; row++) {
      farthest = Math.max(farthest, Number(cell(batch, '_distance', row) ?? 0));
      const id = cell(batch, 'id', row) as string;
      const meta = metaAt(batch, row);
      if (!test(id, meta)) continue;
      const squared = squaredDistance(vectorAt(batch, row), 0, query, 0, query.length);
      rows.push({ id, added: cell(batch, 'added', row) as number, squared, meta });
    }
    returned += batch.numRows;
  }
  return { rows, returned, farthest };
}
