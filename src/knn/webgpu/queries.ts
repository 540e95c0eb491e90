import type { DeviceQueries } from '../backend/backend.ts';
import { roundQuery } from './quantise.ts';
import type { Scratch } from './scratch.ts';
import type { Session } from './session.ts';

/** Queries in the two forms that scans read. `at`: which of them. */
export interface Queries {
  /** Rows of a multiple of four values, zeros behind the query's own. */
  floats(session: Session, scratch: Scratch, at: readonly number[]): GPUBuffer;
  quantised(session: Session, scratch: Scratch, at: readonly number[]): QuantisedQueries;
}

/** What a scan of quantised rows reads of its queries. */
export interface QuantisedQueries {
  count: number;
  /**
   * For rows in columns count × stride pairs: a dimension in which the query is not zero, and the bits of its value
   * there. For packed rows count × stride words of four values rounded to 8 bits.
   */
  values: GPUBuffer;
  stride: number;
  /** count × (pairs, or the scale of what was rounded; ‖q‖²; Σ q_j; what rounding moved) in float32 */
  sums: GPUBuffer;
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
    quantised({ quantised }, scratch, places) {
      const those = places.map(query);
      return quantised.packing === 'packed' ? roundQueries(scratch, those) : nonZeroValues(scratch, those);
    },
  };
}

/** @param queries count × d float32 */
export function queriesOnDevice({ buffer: queries }: DeviceQueries, d: number): Queries {
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
    quantised(session, scratch, places) {
      const isPacked = session.quantised.packing === 'packed';
      const { roundQueries, nonZero } = session.kernels;
      const count = places.length;
      const width = isPacked ? stride / 4 : d;
      const values = scratch.storage(count * width * (isPacked ? 4 : 8), 'quantised queries');
      const sums = scratch.storage(count * 16, 'sums');
      const buffers = [scratch.uniform([d, stride]), floats(session, scratch, places), values, sums];
      scratch.submit((pass) => (isPacked ? roundQueries : nonZero).dispatch(pass, buffers, [count]));
      return { count, values, stride: width, sums };
    },
  };
}

/** Queries rounded for packed rows. */
function roundQueries(scratch: Scratch, queries: readonly Float32Array[]): QuantisedQueries {
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
    values: scratch.upload(words, 'rounded queries'),
    stride,
    sums: scratch.upload(sums, 'sums'),
  };
}

/** The values of queries that are not zero, for rows in columns. */
function nonZeroValues(scratch: Scratch, queries: readonly Float32Array[]): QuantisedQueries {
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
    values: scratch.upload(pairs, 'values that are not zero'),
    stride,
    sums: scratch.upload(sums, 'sums'),
  };
}
