import { allowances, factsPerRow, rowsPerBlock } from './code.ts';
import type { CodeBuffers } from './code-buffers.ts';
import type { Keys } from './float-scan.ts';
import type { KnnKernels } from './kernels.ts';
import type { CodedQueries } from './queries.ts';
import type { Scratch } from './scratch.ts';
import { type KernelShape, rowsWithin } from './shape.ts';

/** Bytes of the inner products of one submission. */
const maxPartialBytes = 1 << 24;
const threadsPerBlock = 64;
const maxSplits = 16;

/** Shares of the terms of q queries over n rows: few rows are shared out by terms too, where the device has threads. */
export function splitsOf(shape: KernelShape, n: number, q: number): number {
  const threads = Math.ceil(n / rowsPerBlock) * threadsPerBlock * q;
  return Math.max(1, Math.min(maxSplits, Math.ceil(shape.codeThreads / threads)));
}

/**
 * Lower bounds on the squared distances of all rows to all queries from the rows' codes, as keys.
 *
 * @param leftOut a bit a row; those get no bound
 * @param d values in a row
 */
export async function scanCodes(
  scratch: Scratch,
  kernels: KnnKernels,
  shape: KernelShape,
  { buffers, packing, blockBytes }: CodeBuffers,
  { count: q, values, stride, sums }: CodedQueries,
  leftOut: GPUBuffer,
  keys: Keys,
  d: number,
): Promise<void> {
  const isPacked = packing === 'packed';
  const kernel = isPacked ? await kernels.codeDot() : kernels.codeScan;
  const rows = buffers.reduce((sum, { count }) => sum + count, 0);
  const splits = isPacked ? 1 : splitsOf(shape, rows, q);
  const { relative, absolute } = allowances(d, splits);
  const max = Math.min(
    rowsWithin(shape.codeRate, (isPacked ? 4 : 1) * stride * q, rowsPerBlock),
    Math.max(1, Math.floor(maxPartialBytes / (4 * rowsPerBlock * q * splits))) * rowsPerBlock,
  );
  const partials = scratch.storage(
    4 * q * splits * Math.min(max, Math.ceil(rows / rowsPerBlock) * rowsPerBlock),
    'products',
  );
  for (const { codes, facts, count, firstRow } of buffers) {
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
      const factBytes = rowsPerBlock * factsPerRow * 4;
      const factsPart = { buffer: facts, offset: block * factBytes, size: blocks * factBytes };
      scratch.submit((pass) => {
        kernel.dispatch(
          pass,
          [scanParams, codesPart, values, sums, partials],
          isPacked ? [4 * blocks, q] : [blocks, q, splits],
        );
        kernels.codeBounds.dispatch(
          pass,
          [boundsParams, partials, sums, factsPart, leftOut, keys.buffer],
          [Math.ceil(n / 64), q],
        );
      });
    }
  }
}
