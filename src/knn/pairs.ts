import { squaredDistance } from './js/distances.ts';
import type { Linkage } from './linkage.ts';
import type { PairBlock } from './pair-block.ts';
import { byDistance, type Scored, score } from './search/score.ts';

/** Rows to find pairs among. A row of NaN is near nothing. */
export interface PairRows {
  readonly dimension: number;
  readonly count: number;
  /** Copies of the rows `first` … `end` − 1. Each is asked for more than once. */
  read(first: number, end: number): Promise<Float32Array> | Float32Array;
}

/** Two rows, the lower number first. */
export interface RowPair {
  a: number;
  b: number;
  /** Euclidean, by the reference. */
  distance: number;
}

/** A step of a search for pairs: some milliseconds, or some thousand pairs. */
export interface PairStep {
  /** How much of the work is done, 0 … 1. */
  done: number;
  pairs: RowPair[];
}

export interface PairOptions {
  block: PairBlock;
  /** As the block was made with. */
  maxDistance: number;
  /** Gets every pair. */
  linkage: Linkage;
  /** Whether the pairs are wanted one by one; else those that add nothing to the groups are passed over. */
  listed: boolean;
  /** Bytes of rows that are asked for at once. Default 8 MiB. */
  blockBytes?: number | undefined;
  /** Pairs that wait to be ordered. Default 1 million. */
  maxWaiting?: number | undefined;
}

/** What is asked of a block at once: the rows from `q` on. */
interface Pass {
  q: number;
  queries: Float32Array;
  near: ReturnType<PairBlock['near']>;
}

/** One sweep over all rows finds the pairs of so many blocks of first rows. */
const blocksPerSweep = 4;
const pairsPerStep = 8192;
const none: RowPair[] = [];

/**
 * All pairs of rows that are not farther from each other than `maxDistance`, by the float64 reference as in a search with
 * `maxDistance`: by their first row, then by distance, then by the second row.
 *
 * Memory is bounded: some blocks of rows, and the pairs that wait. Where more would wait, the sweep goes on for half of its
 * first rows, and the others get a sweep of their own.
 */
export async function* findPairs(rows: PairRows, options: PairOptions): AsyncGenerator<PairStep> {
  const { dimension: d, count } = rows;
  const { block, maxDistance, linkage, listed, blockBytes = 8 << 20, maxWaiting = 1 << 20 } = options;
  const perBlock = Math.max(64, Math.floor(blockBytes / (4 * d)));
  const all = (count * count) / 2;
  /** Pairs whose first row is below `row`, as a part of all. */
  const before = (row: number): number => (row * count - (row * row) / 2) / all;
  let size = blocksPerSweep * perBlock;
  let done = 0;
  for (let first = 0; first < count; ) {
    let end = Math.min(count, first + size);
    const firsts = await rows.read(first, end);
    const held = end;
    const lists: Scored[][] = Array.from({ length: end - first }, () => []);
    let waiting = 0;
    for (let from = first; from < count; from += perBlock) {
      const to = Math.min(count, from + perBlock);
      const values =
        to <= held ? firsts.subarray((from - first) * d, (to - first) * d) : await rows.read(from, to);
      block.set(values);
      // Several at once, where there are threads; taken in the order of the rows.
      const passes: Pass[] = [];
      for (let next = first; next < Math.min(end, to) || passes.length > 0; ) {
        while (passes.length < block.passesAtOnce && next < Math.min(end, to)) {
          const last = Math.min(next + block.queriesPerPass, end, to);
          const queries = firsts.subarray((next - first) * d, (last - first) * d);
          const begins = Array.from({ length: last - next }, (_, i) => Math.max(0, next + i + 1 - from));
          passes.push({ q: next, queries, near: block.near(queries, begins) });
          next = last;
        }
        const { q, queries, near } = passes.shift()!;
        for (const [i, found] of (await near).entries()) {
          const a = q + i;
          // Put off to a sweep of its own.
          if (a >= end) break;
          const query = queries.subarray(i * d, (i + 1) * d);
          if (listed) {
            const numbers = Uint32Array.from(found, (row) => from + row);
            const valuesOf = (n: number): Float32Array => values.subarray(found[n]! * d, (found[n]! + 1) * d);
            for (const scored of score(query, numbers, valuesOf)) {
              if (!(Math.sqrt(scored.squared) <= maxDistance)) continue;
              linkage.join(a, scored.row);
              lists[a - first]!.push(scored);
              waiting++;
            }
            continue;
          }
          for (const row of found) {
            if (linkage.same(a, from + row)) continue;
            const squared = squaredDistance(values, row * d, query, 0, d);
            if (Math.sqrt(squared) <= maxDistance) linkage.join(a, from + row);
          }
        }
        while (waiting > maxWaiting && end - first > 1) {
          end = first + Math.ceil((end - first) / 2);
          for (const list of lists.splice(end - first)) waiting -= list.length;
        }
        const swept =
          (from - first + ((Math.min(q, end) - first) / (end - first)) * (to - from)) / (count - first);
        done = Math.max(done, before(first) + (before(end) - before(first)) * swept);
        yield { done, pairs: none };
      }
    }
    let pairs: RowPair[] = [];
    for (const [i, list] of lists.entries()) {
      for (const { row, squared } of list.sort(byDistance)) {
        pairs.push({ a: first + i, b: row, distance: Math.sqrt(squared) });
        if (pairs.length < pairsPerStep) continue;
        yield { done, pairs };
        pairs = [];
      }
      lists[i] = [];
    }
    size = waiting * 4 < maxWaiting ? Math.min(blocksPerSweep * perBlock, 2 * (end - first)) : end - first;
    first = end;
    done = Math.max(done, before(first));
    yield { done, pairs };
  }
}
