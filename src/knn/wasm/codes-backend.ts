import { LikenessError } from '../../base/errors.ts';
import type { Backend, Candidates, RowSet } from '../backend/backend.ts';
import { rowsOutside } from '../backend/row-set.ts';
import type { WasmOptions } from './backend.ts';
import { BoundsScratch } from './bounds-scratch.ts';
import { Cascade } from './cascade.ts';
import { CodeMemory } from './code-memory.ts';
import { loadKernels } from './kernel.ts';
import { maxMemoryBytes } from './memory.ts';

/** A backend that keeps codes only: the full rows are somewhere else, and whoever decides reads them there. */
export async function createCodesBackend(
  dimension: number,
  { kernels, maxBytes = maxMemoryBytes }: WasmOptions = {},
): Promise<Backend> {
  const { name, ...rest } = kernels ?? (await loadKernels());
  const codes = new CodeMemory({ name, ...rest }, dimension, { maxBytes, threads: 1, thread: 0 });
  const cascade = new Cascade(codes, undefined, new BoundsScratch());
  return {
    name,
    dimension,
    heedsSkip: true,
    get rows() {
      return codes.count;
    },
    append: (values) => codes.append(values),
    set: (row, values) => codes.set(row, values),
    remove: (rows) => codes.remove(rows),
    row() {
      throw new LikenessError(
        'bad-argument',
        'This index keeps no full rows; read them where the option `rows` says they are.',
      );
    },
    async candidates(queries: Float32Array, k: number, skip?: RowSet): Promise<Candidates[]> {
      return cascade
        .candidates(queries, k, skip)
        .map((found) => found ?? { rows: rowsOutside(skip, codes.count), bound: Number.POSITIVE_INFINITY });
    },
    close: () => codes.clear(),
  };
}
