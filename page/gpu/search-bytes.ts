import { mergeFanIn } from '../../src/knn/webgpu/kernels.ts';
import { statisticsPerRow } from '../../src/knn/webgpu/quantise.ts';
import { splitsOf } from '../../src/knn/webgpu/quantised.ts';
import { keptPairs, listCount, queriesTogether } from '../../src/knn/webgpu/select.ts';
import { type KernelShape, manyFrom } from '../../src/knn/webgpu/shape.ts';

/** How rows are searched: quantised, or all in float32. */
export type Scan = 'quantised' | 'rows';

/**
 * Bytes that one search moves between the device's memory and its processors, if each buffer is read as often as the
 * shaders say: rows once for the queries of a pass (once a query for few), codes of the dimensions in which a query is not
 * zero once a query; then keys and lists, which are written and read.
 *
 * @param terms values of all queries together that are not zero
 */
export function searchBytes(
  scan: Scan,
  { n, d, k, q, terms }: { n: number; d: number; k: number; q: number; terms: number },
  shape: KernelShape,
): number {
  const kept = keptPairs(k, n, scan === 'quantised');
  const keyBytes = q * n * 4 * 2;
  let listBytes = 0;
  for (let lists = listCount(n); lists > 1; lists = Math.ceil(lists / mergeFanIn))
    listBytes += q * lists * kept * 8 * 2;
  const together = Math.min(q, queriesTogether(n, d, kept));
  if (scan === 'rows') {
    const readings = together < manyFrom ? q : Math.ceil(q / together);
    return n * d * 4 * readings + keyBytes + listBytes;
  }
  const productBytes = q * n * splitsOf(shape, n, together) * 4 * 2;
  const statisticsBytes = q * n * statisticsPerRow * 4;
  return n * terms + 8 * terms + productBytes + statisticsBytes + keyBytes + listBytes;
}
