import type { DeviceQueries } from '../backend.ts';
import { allowances, factsPerRow, rowsPerBlock } from './code.ts';
import type { CodeBuffer } from './code-buffers.ts';
import type { Keys } from './float-scan.ts';
import type { KnnKernels } from './kernels.ts';
import type { Scratch } from './scratch.ts';
import { type KernelShape, rowsWithin } from './shape.ts';

/** Bytes of the inner products of one submission. */
const mostPartialBytes = 1 << 24;
const threadsPerBlock = 64;
const mostSplits = 16;

/**
 * Lower bounds on the squared distances of all rows to all queries from the rows' codes, as keys.
 *
 * @param queries rows of d values, padded to a multiple of four
 * @param leftOut a bit a row; those get no bound
 * @param d values in a row
 */
export function scanCodes(
  scratch: Scratch,
  kernels: KnnKernels,
  shape: KernelShape,
  buffers: readonly CodeBuffer[],
  queries: DeviceQueries,
  leftOut: GPUBuffer,
  keys: Keys,
  d: number,
): void {
  const q = queries.count;
  const terms = scratch.storage(q * d * 8, 'terms');
  const sums = scratch.storage(q * 16, 'sums');
  scratch.submit((pass) => {
    const params = scratch.uniform([d, 4 * Math.ceil(d / 4)]);
    kernels.terms.dispatch(pass, [params, queries.buffer, terms, sums], [q]);
  });
  const rows = buffers.reduce((sum, { count }) => sum + count, 0);
  // Few rows are shared out by terms too, where the device has threads for it.
  const threads = Math.ceil(rows / rowsPerBlock) * threadsPerBlock * q;
  const splits = Math.max(1, Math.min(mostSplits, Math.ceil(shape.codeThreads / threads)));
  const { relative, absolute } = allowances(d, splits);
  const most = Math.min(
    rowsWithin(shape.codeRate, d * q, rowsPerBlock),
    Math.max(1, Math.floor(mostPartialBytes / (4 * rowsPerBlock * q * splits))) * rowsPerBlock,
  );
  const partials = scratch.storage(
    4 * q * splits * Math.min(most, Math.ceil(rows / rowsPerBlock) * rowsPerBlock),
    'products',
  );
  for (const { codes, facts, count, firstRow } of buffers) {
    for (let start = 0; start < count; start += most) {
      const n = Math.min(most, count - start);
      const blocks = Math.ceil(n / rowsPerBlock);
      const capacity = blocks * rowsPerBlock;
      const block = start / rowsPerBlock;
      const scanParams = scratch.uniform([d, q, splits, capacity]);
      const boundsParams = scratch.uniform(
        [n, q, splits, capacity, keys.capacity, firstRow + start],
        [relative, absolute],
      );
      const codesPart = { buffer: codes, offset: block * rowsPerBlock * d, size: blocks * rowsPerBlock * d };
      const factBytes = rowsPerBlock * factsPerRow * 4;
      const factsPart = { buffer: facts, offset: block * factBytes, size: blocks * factBytes };
      scratch.submit((pass) => {
        kernels.codeScan.dispatch(pass, [scanParams, codesPart, terms, sums, partials], [blocks, q, splits]);
        kernels.codeBounds.dispatch(
          pass,
          [boundsParams, partials, sums, factsPart, leftOut, keys.buffer],
          [Math.ceil(n / 64), q],
        );
      });
    }
  }
}
