import { paddedBytes } from '../../gpu/buffer.ts';
import type { DeviceQueries } from '../backend/backend.ts';
import type { RowBuffers } from './row-buffers.ts';
import type { Scratch } from './scratch.ts';
import type { Session } from './session.ts';
import { manyFrom, rowsWithin } from './shape.ts';

/** Where a scan puts what it finds. */
export interface Keys {
  /** queries × capacity u32 */
  buffer: GPUBuffer;
  capacity: number;
}

/** Workgroups of one dimension that every device takes. */
const maxGroups = 65535;

/**
 * Squared distances of all rows to all queries in float32, as keys.
 *
 * @param queries rows of 4·d4 values
 * @param mask a bit a row; those get no distance
 */
export async function scanDistances(
  scratch: Scratch,
  { kernels, shape }: Pick<Session, 'kernels' | 'shape'>,
  { buffers, valueBytes }: RowBuffers,
  queries: DeviceQueries,
  mask: GPUBuffer,
  keys: Keys,
  d4: number,
): Promise<void> {
  const isMany = queries.count >= manyFrom;
  const half = valueBytes === 2;
  const kernel = isMany ? await kernels.many(shape.many, half) : await kernels.distances(shape.lanes, half);
  const rowsPerGroup = isMany ? (shape.many === 'tile' ? 64 : 128) : 256 / shape.lanes;
  const queriesPerGroup = isMany ? (shape.many === 'tile' ? 64 : 4) : 1;
  const rate = isMany ? shape.manyRate : shape.distancesRate;
  // Offsets of bindings are multiples of 256 bytes: 32 rows of 4 values.
  const step = Math.max(rowsPerGroup, 32);
  const max = Math.min(rowsWithin(rate, 4 * d4 * queries.count, step), maxGroups * rowsPerGroup);
  for (const { rows, count, firstRow } of buffers) {
    for (let start = 0; start < count; start += max) {
      const n = Math.min(max, count - start);
      const params = scratch.uniform([n, queries.count, d4, keys.capacity, firstRow + start]);
      const rowBytes = 4 * d4 * valueBytes;
      const part = { buffer: rows, offset: start * rowBytes, size: paddedBytes(n * rowBytes) };
      scratch.submit((pass) => {
        kernel.dispatch(
          pass,
          [params, part, queries.buffer, mask, keys.buffer],
          [Math.ceil(n / rowsPerGroup), Math.ceil(queries.count / queriesPerGroup)],
        );
      });
    }
  }
}
