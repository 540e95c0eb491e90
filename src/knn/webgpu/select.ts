import type { BufferPart } from '../../gpu/buffer.ts';
import { type KnnKernels, mergeFanIn, sortBlock } from './kernels.ts';
import type { Scratch } from './scratch.ts';

const maxQueries = 64;
/** Bytes of any one buffer that a pass makes. */
const maxPassBytes = 1 << 26;

/** A key that no distance has. */
export const noKey = 0xffffffff;

/** Lists of `kept` pairs that the keys of `rows` rows come as at first. */
export const listCount = (rows: number): number => Math.ceil(rows / sortBlock);

/**
 * Pairs that are kept for the k nearest of n rows: more than k, so that those are included whose bounds or float32 distances
 * do not decide.
 */
export function keptPairs(k: number, n: number, usesQuantised: boolean): number {
  return Math.min(k + (usesQuantised ? Math.max(96, 3 * k) : Math.max(32, k >> 2)), n, sortBlock);
}

/** Queries that one pass over n rows of d values takes. */
export function queriesTogether(n: number, d: number, kept: number): number {
  const bytesPerQuery = Math.max(4 * n, 8 * kept * listCount(n), 8 * d);
  return Math.max(1, Math.min(maxQueries, Math.floor(maxPassBytes / bytesPerQuery)));
}

/**
 * The `kept` smallest (key, row) of each query, ascending: blocks are sorted, then lists merged, in all one dispatch and
 * one for each factor of {@link mergeFanIn} of the number of blocks.
 *
 * @param keys q × capacity u32, of which the first `rows` of each query count
 * @param kept at most {@link sortBlock}
 * @returns q × kept pairs, on the device; a key that is {@link noKey} is no row's
 */
export async function select(
  scratch: Scratch,
  kernels: KnnKernels,
  keys: GPUBuffer,
  { queries, capacity, rows, kept }: { queries: number; capacity: number; rows: number; kept: number },
): Promise<BufferPart> {
  const run = Math.max(2, 2 ** Math.ceil(Math.log2(kept)));
  const sort = await kernels.sort(run);
  const merge = await kernels.merge(run);
  let lists = listCount(rows);
  let source = scratch.storage(queries * lists * kept * 8, 'lists');
  scratch.submit((pass) => {
    sort.dispatch(pass, [scratch.uniform([rows, capacity, kept]), keys, source], [lists, queries]);
    while (lists > 1) {
      const merged = Math.ceil(lists / mergeFanIn);
      const target = scratch.storage(queries * merged * kept * 8, 'merged lists');
      merge.dispatch(pass, [scratch.uniform([lists, kept]), source, target], [merged, queries]);
      source = target;
      lists = merged;
    }
  });
  return { buffer: source, byteLength: queries * kept * 8 };
}
