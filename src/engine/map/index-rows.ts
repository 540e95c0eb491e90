import type { FlatIndex } from '../../knn/flat-index.ts';
import type { MappedRows } from './map-rows.ts';

/** All rows of an index, which does not change meanwhile. */
export const indexRows = (index: FlatIndex): MappedRows => ({
  dimension: index.dimension,
  count: index.size,
  read: (numbers) => index.read(numbers),
  nearest: (queries, k) => index.search(queries, k),
  isThere: () => true,
});
