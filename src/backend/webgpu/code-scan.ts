import type { DeviceQueries } from '../backend.ts';
import { allowances, factsPerRow, roundQuery, rowsPerBlock } from './code.ts';
import type { CodeBuffers } from './code-buffers.ts';
import type { Keys } from './float-scan.ts';
import type { KnnKernels } from './kernels.ts';
import type { Scratch } from './scratch.ts';
import { type KernelShape, rowsWithin } from './shape.ts';

/** Bytes of the inner products of one submission. */
const mostPartialBytes = 1 << 24;
const threadsPerBlock = 64;
const mostSplits = 16;

/** What a scan of codes reads of its queries. */
export interface Terms {
  count: number;
  /**
   * For codes in columns count × stride pairs: a dimension in which the query is not zero, and the bits of its value
   * there. For packed codes count × stride words of four values rounded to 8 bits.
   */
  terms: GPUBuffer;
  stride: number;
  /** count × (terms, or the scale of what was rounded; ‖q‖²; Σ q_j; what rounding moved) in float32 */
  sums: GPUBuffer;
}

/** Queries rounded for packed codes. */
export function packedTermsOf(scratch: Scratch, queries: readonly Float32Array[]): Terms {
  const stride = Math.ceil(queries[0]!.length / 4);
  const words = new Uint32Array(queries.length * stride);
  const sums = new Float32Array(queries.length * 4);
  for (const [i, query] of queries.entries()) {
    roundQuery(
      query,
      new Int8Array(words.buffer, 4 * i * stride, 4 * stride),
      sums.subarray(4 * i, 4 * i + 4),
    );
  }
  return {
    count: queries.length,
    terms: scratch.upload(words, 'rounded queries'),
    stride,
    sums: scratch.upload(sums, 'sums'),
  };
}

/** Terms of queries that are in memory. */
export function termsOf(scratch: Scratch, queries: readonly Float32Array[]): Terms {
  const counts = queries.map((query) => query.reduce((count, value) => count + Number(value !== 0), 0));
  const stride = Math.max(1, ...counts);
  const pairs = new Uint32Array(queries.length * stride * 2);
  const values = new Float32Array(pairs.buffer);
  const sums = new Float32Array(queries.length * 4);
  for (const [i, query] of queries.entries()) {
    let at = i * stride * 2;
    let squared = 0;
    let sum = 0;
    for (let j = 0; j < query.length; j++) {
      const value = query[j]!;
      if (value === 0) continue;
      pairs[at] = j;
      values[at + 1] = value;
      at += 2;
      squared += value * value;
      sum += value;
    }
    sums.set([counts[i]!, squared, sum], 4 * i);
  }
  return {
    count: queries.length,
    terms: scratch.upload(pairs, 'terms'),
    stride,
    sums: scratch.upload(sums, 'sums'),
  };
}

/**
 * Terms of queries that are on the device.
 *
 * @param queries rows of d values, padded to a multiple of four
 */
export function termsOnDevice(
  scratch: Scratch,
  kernels: KnnKernels,
  { buffer, count }: DeviceQueries,
  d: number,
): Terms {
  const terms = scratch.storage(count * d * 8, 'terms');
  const sums = scratch.storage(count * 16, 'sums');
  const params = scratch.uniform([d, 4 * Math.ceil(d / 4)]);
  scratch.submit((pass) => kernels.terms.dispatch(pass, [params, buffer, terms, sums], [count]));
  return { count, terms, stride: d, sums };
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
  { count: q, terms, stride, sums }: Terms,
  leftOut: GPUBuffer,
  keys: Keys,
  d: number,
): Promise<void> {
  const isPacked = packing === 'packed';
  const kernel = isPacked ? await kernels.codeDot() : kernels.codeScan;
  const rows = buffers.reduce((sum, { count }) => sum + count, 0);
  // Few rows are shared out by terms too, where the device has threads for it.
  const threads = Math.ceil(rows / rowsPerBlock) * threadsPerBlock * q;
  const splits = isPacked ? 1 : Math.max(1, Math.min(mostSplits, Math.ceil(shape.codeThreads / threads)));
  const { relative, absolute } = allowances(d, splits);
  const most = Math.min(
    rowsWithin(shape.codeRate, (isPacked ? 4 : 1) * stride * q, rowsPerBlock),
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
          [scanParams, codesPart, terms, sums, partials],
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
