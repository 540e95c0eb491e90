import { LikenessError } from '../../base/errors.ts';
import type { Backend, Candidates, RowSet } from '../backend/backend.ts';
import { rowsOutside } from '../backend/row-set.ts';
import type { WasmOptions } from './backend.ts';
import { BoundsScratch } from './bounds-scratch.ts';
import { Cascade } from './cascade.ts';
import { loadKernels } from './kernels.ts';
import { maxMemoryBytes } from './memory.ts';
import { QuantisedRows } from './quantised-rows.ts';

/** A backend that keeps quantised rows only: the full ones are elsewhere, and whoever decides reads them there. */
export async function createQuantisedBackend(
  dimension: number,
  { kernels, maxBytes = maxMemoryBytes }: WasmOptions = {},
): Promise<Backend> {
  const { name, ...rest } = kernels ?? (await loadKernels());
  const rows = new QuantisedRows({ name, ...rest }, dimension, { maxBytes, threads: 1, thread: 0 });
  const cascade = new Cascade(rows, undefined, new BoundsScratch());
  return {
    name,
    dimension,
    get rows() {
      return rows.count;
    },
    append: (values) => rows.append(values),
    set: (row, values) => rows.set(row, values),
    remove: (removed) => rows.remove(removed),
    codes: rows,
    row() {
      throw new LikenessError(
        'bad-argument',
        'This index keeps no full rows; read them where the option `rows` says they are.',
      );
    },
    async candidates(queries: Float32Array, k: number, skip?: RowSet): Promise<Candidates[]> {
      return cascade
        .candidates(queries, k, skip)
        .map((found) => found ?? { rows: rowsOutside(skip, rows.count), bound: Number.POSITIVE_INFINITY });
    },
    close: () => rows.clear(),
  };
}
