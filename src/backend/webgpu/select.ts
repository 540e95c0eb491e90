import { readBuffer } from '../../gpu/buffer.ts';
import { type KnnKernels, mergeFanIn, sortBlock } from './kernels.ts';
import type { Scratch } from './scratch.ts';

/** A key that no distance has. */
export const noKey = 0xffffffff;

/** Lists of `kept` pairs that the keys of `rows` rows come as at first. */
export const listCount = (rows: number): number => Math.ceil(rows / sortBlock);

/**
 * The `kept` smallest (key, row) of each query, ascending: blocks are sorted, then lists merged, in all one dispatch and
 * one for each factor of {@link mergeFanIn} of the number of blocks.
 *
 * @param keys q × capacity u32, of which the first `rows` of each query count
 * @param kept at most {@link sortBlock}
 * @returns q × kept pairs, on the CPU; a key that is {@link noKey} is no row's
 */
export async function select(
  scratch: Scratch,
  kernels: KnnKernels,
  keys: GPUBuffer,
  { queries, capacity, rows, kept }: { queries: number; capacity: number; rows: number; kept: number },
): Promise<Uint32Array> {
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
  return new Uint32Array(await readBuffer(scratch.device, source, queries * kept * 8));
}
