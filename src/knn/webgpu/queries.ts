import { readBuffer } from '../../gpu/buffer.ts';
import type { DeviceQueries } from '../backend/backend.ts';
import { isSpecial } from './classify.ts';
import { roundQuery } from './code.ts';
import type { KnnKernels } from './kernels.ts';
import type { Scratch } from './scratch.ts';
import type { Session } from './session.ts';

/** Queries in the two forms that scans read. `at`: which of them. */
export interface Queries {
  /** Rows of a multiple of four values. */
  floats(session: Session, scratch: Scratch, at: readonly number[]): GPUBuffer;
  terms(session: Session, scratch: Scratch, at: readonly number[]): Promise<Terms>;
}

/** @param values q × d */
export function queriesInMemory(values: Float32Array, d: number): Queries {
  const query = (at: number): Float32Array => values.subarray(at * d, (at + 1) * d);
  const stride = 4 * Math.ceil(d / 4);
  return {
    floats(_, scratch, places) {
      const padded = new Float32Array(places.length * stride);
      for (const [i, at] of places.entries()) padded.set(query(at), i * stride);
      return scratch.upload(padded, 'queries');
    },
    async terms({ codes }, scratch, places) {
      const those = places.map(query);
      return codes.packing === 'packed' ? packedTermsOf(scratch, those) : termsOf(scratch, those);
    },
  };
}

/** @param buffer q × d float32 */
export function queriesOnDevice(queries: GPUBuffer, d: number): Queries {
  const stride = 4 * Math.ceil(d / 4);
  const floats: Queries['floats'] = ({ device }, scratch, places) => {
    const buffer = scratch.storage(places.length * stride * 4, 'queries');
    const encoder = device.createCommandEncoder();
    for (const [i, at] of places.entries())
      encoder.copyBufferToBuffer(queries, at * d * 4, buffer, i * stride * 4, d * 4);
    device.queue.submit([encoder.finish()]);
    return buffer;
  };
  return {
    floats,
    async terms(session, scratch, places) {
      const buffer = floats(session, scratch, places);
      if (session.codes.packing === 'columns')
        return termsOnDevice(scratch, session.kernels, { buffer, count: places.length }, d);
      // Rounding is for the CPU, which needs the values in any case.
      const values = new Float32Array(await readBuffer(session.device, buffer, places.length * stride * 4));
      const rows = places.map((_, i) => values.subarray(i * stride, i * stride + d));
      return packedTermsOf(
        scratch,
        rows.map((row) => (isSpecial(row) ? new Float32Array(d) : row)),
      );
    },
  };
}

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
function packedTermsOf(scratch: Scratch, queries: readonly Float32Array[]): Terms {
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
function termsOf(scratch: Scratch, queries: readonly Float32Array[]): Terms {
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
function termsOnDevice(
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
