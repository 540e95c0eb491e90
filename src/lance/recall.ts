import type { Table } from '@lancedb/lancedb';
import type { Recall } from '../engine/vector-engine.ts';
import { effortCount } from './answer.ts';
import { cell, vectorAt } from './rows.ts';
import { batchesOf, engineCall } from './table.ts';

export interface RecallOptions {
  /** Sampled queries that recall is measured by. */
  recallQueries: number;
  /** The least recall that is enough. */
  minRecall: number;
  /** Ids of the nearest rows: exactly, or with an effort of the index. */
  ask(query: SampledQuery, k: number, effort: number | 'exact'): Promise<string[]>;
  /** Throws where the call has to end. */
  check(): void;
}

/** A row of the table, which does not find itself. */
export interface SampledQuery {
  id: string;
  vector: Float32Array;
}

/** Neighbours that recall is measured by. */
const k = 30;

/**
 * Answers sampled queries exactly, then by the index with more and more effort, until the recall is enough. The same table
 * gives the same sample.
 *
 * @returns what the last effort has; `undefined` where there are no two rows
 */
export async function measureRecall(
  table: Table,
  { recallQueries, minRecall, ask, check }: RecallOptions,
): Promise<(Recall & { effort: number }) | undefined> {
  const rows = await engineCall('Counting rows', () => table.countRows());
  const queries = await sample(table, rows, recallQueries);
  const truth: string[][] = [];
  for (const query of queries) {
    check();
    truth.push(await ask(query, k, 'exact'));
  }
  const wanted = truth.flat().length;
  if (wanted === 0) return undefined;
  for (let effort = 0; ; effort++) {
    let found = 0;
    for (const [n, query] of queries.entries()) {
      check();
      const there = new Set(await ask(query, k, effort));
      found += truth[n]!.filter((id) => there.has(id)).length;
    }
    const value = found / wanted;
    if (value >= minRecall || effort === effortCount - 1) {
      return { value, k, queries: queries.length, effort };
    }
  }
}

/** Rows at places that are spread over the table: one in each of so many parts of it. */
async function sample(table: Table, rows: number, count: number): Promise<SampledQuery[]> {
  const random = randomOf(rows);
  const parts = Math.min(count, rows);
  const offsets = Array.from({ length: parts }, (_, n) => Math.floor(((n + random()) * rows) / parts));
  const sampled: SampledQuery[] = [];
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
