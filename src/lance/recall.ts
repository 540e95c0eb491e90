import type { Table } from '@lancedb/lancedb';
import type { Recall } from '../engine/vector-engine.ts';
import { cell, vectorAt } from './rows.ts';
import { batchesOf, engineCall } from './table.ts';

export interface RecallOptions {
  /** Sampled queries that recall is measured by. */
  recallQueries: number;
  /** Answers a query both ways. */
  both(vector: Float32Array, without: string, k: number): Promise<{ exact: string[]; found: string[] }>;
  /** Throws where the call has to end. */
  check(): void;
}

/** Neighbours that recall is measured by. */
const k = 30;

/**
 * Answers sampled queries both ways: rows of the table, which do not find themselves. The same table gives the same
 * sample.
 *
 * @returns `undefined` where there are no two rows
 */
export async function measureRecall(
  table: Table,
  { recallQueries, both, check }: RecallOptions,
): Promise<Recall | undefined> {
  const rows = await engineCall('Counting rows', () => table.countRows());
  let [wanted, found, queries] = [0, 0, 0];
  for (const { id, vector } of await sample(table, rows, recallQueries)) {
    check();
    const answers = await both(vector, id, k);
    const there = new Set(answers.found);
    wanted += answers.exact.length;
    found += answers.exact.filter((one) => there.has(one)).length;
    queries++;
  }
  return wanted === 0 ? undefined : { value: found / wanted, k, queries };
}

/** Rows at places that are spread over the table: one in each of so many parts of it. */
async function sample(
  table: Table,
  rows: number,
  count: number,
): Promise<{ id: string; vector: Float32Array }[]> {
  const random = randomOf(rows);
  const parts = Math.min(count, rows);
  const offsets = Array.from({ length: parts }, (_, n) => Math.floor(((n + random()) * rows) / parts));
  const sampled: { id: string; vector: Float32Array }[] = [];
  const taken = table.takeOffsets(offsets).select(['id', 'vector']);
  for await (const batch of batchesOf(taken, 'Reading rows')) {
    for (let row = 0; row < batch.numRows; row++) {
      sampled.push({ id: cell(batch, 'id', row) as string, vector: vectorAt(batch, row).slice() });
    }
  }
  return sampled;
}

/** Numbers 0 … 1 from a seed: mulberry32, by Tommy Ettinger. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
