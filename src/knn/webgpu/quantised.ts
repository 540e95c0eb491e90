import type { Keys } from './distances.ts';
import { allowances, rowsPerBlock, statisticsPerRow } from './quantise.ts';
import type { QuantisedBuffers } from './quantised-buffers.ts';
import type { QuantisedQueries } from './queries.ts';
import type { Scratch } from './scratch.ts';
import type { Session } from './session.ts';
import { type KernelShape, rowsWithin } from './shape.ts';

/** Bytes of the inner products of one submission. */
const maxPartialBytes = 1 << 24;
const threadsPerBlock = 64;
const maxSplits = 16;

/** Shares of the terms of q queries over n rows: few rows are shared out by terms too, where the device has threads. */
export function splitsOf(shape: KernelShape, n: number, q: number): number {
  const threads = Math.ceil(n / rowsPerBlock) * threadsPerBlock * q;
  return Math.max(1, Math.min(maxSplits, Math.ceil(shape.columnsThreads / threads)));
}

/**
 * Lower bounds on the squared distances of all rows to all queries from quantised rows, as keys.
 *
 * @param mask a bit a row; those get no bound
 * @param d values in a row
 */
export async function scanQuantised(
  scratch: Scratch,
  { kernels, shape }: Pick<Session, 'kernels' | 'shape'>,
  { buffers, packing, blockBytes }: QuantisedBuffers,
  { count: q, values, stride, sums }: QuantisedQueries,
  mask: GPUBuffer,
  keys: Keys,
  d: number,
): Promise<void> {
  const isPacked = packing === 'packed';
  const kernel = isPacked ? await kernels.quantisedPacked() : kernels.quantisedColumns;
  const rows = buffers.reduce((sum, { count }) => sum + count, 0);
  const splits = isPacked ? 1 : splitsOf(shape, rows, q);
  const { relative, absolute } = allowances(d, splits);
  const max = Math.min(
    rowsWithin(shape.quantisedRate, (isPacked ? 4 : 1) * stride * q, rowsPerBlock),
    Math.max(1, Math.floor(maxPartialBytes / (4 * rowsPerBlock * q * splits))) * rowsPerBlock,
  );
  const partials = scratch.storage(
    4 * q * splits * Math.min(max, Math.ceil(rows / rowsPerBlock) * rowsPerBlock),
    'products',
  );
  for (const { codes, statistics, count, firstRow } of buffers) {
    for (let start = 0; start < count; start += max) {
      const n = Math.min(max, count - start);
      const blocks = Math.ceil(n / rowsPerBlock);
      const capacity = blocks * rowsPerBlock;
      const block = start / rowsPerBlock;
      const scanParams = scratch.uniform(isPacked ? [stride, capacity] : [d, q, splits, capacity, stride]);
      const boundsParams = scratch.uniform(
        [n, q, splits, capacity, keys.capacity, firstRow + start],
        [relative, absolute],
      );
      const codesPart = { buffer: codes, offset: block * blockBytes, size: blocks * blockBytes };
      const statisticsBytes = rowsPerBlock * statisticsPerRow * 4;
      const statisticsPart = {
        buffer: statistics,
        offset: block * statisticsBytes,
        size: blocks * statisticsBytes,
      };
      scratch.submit((pass) => {
        kernel.dispatch(
          pass,
          [scanParams, codesPart, values, sums, partials],
          isPacked ? [4 * blocks, q] : [blocks, q, splits],
        );
        kernels.quantisedBounds.dispatch(
          pass,
          [boundsParams, partials, sums, statisticsPart, mask, keys.buffer],
          [Math.ceil(n / 64), q],
        );
      });
    }
  }
}
