import type { Rows } from '../../page/gpu/features.ts';
import { describeShape, figures, searchName, titleOf } from '../../page/gpu/figures.ts';
import { measureGpuSearch, type Question, queryCounts } from '../../page/gpu/measure.ts';
import type { Table } from './knn.ts';

export interface Options extends Question {
  /** Files of real features by d, below the root. */
  features?: Record<number, string>;
}

export const defaults: Options = { n: 8192, d: 4096, k: 30, runs: 9 };

/**
 * The search on a GPU, as the page's button measures it: what it has to move and start, the least time that moving takes
 * at some bandwidths, and the time that whole calls take here.
 */
export default async function bench(options: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const measurement = await measureGpuSearch(options, undefined, await realRows(options));
  return {
    tables: [
      {
        title: `gpu: ${titleOf(measurement)}`,
        columns: ['', ...figures.map(({ name }) => name)],
        rows: measurement.searches.map((search) => [
          searchName(search),
          ...figures.map(({ of }) => of(search)),
        ]),
      },
    ],
    notes: [
      `Shape: ${describeShape(measurement)}.`,
      'MB moved: rows once for up to 64 queries in float32, codes of the dimensions in which a query is not zero once a query; keys, products and lists are written and read.',
    ],
  };
}

/** The first rows of a file of features; its last rows as queries. */
async function realRows({ n, d, features }: Options): Promise<Rows | undefined> {
  const file = features?.[d];
  if (!file) return undefined;
  const all = new Float32Array(await (await fetch(`/${file}`)).arrayBuffer());
  const asked = Math.max(...queryCounts);
  if (all.length < (n + asked) * d) {
    throw new Error(`${file} has ${all.length / d} rows; ${n} and ${asked} queries were asked for.`);
  }
  return {
    blocks: () => [all.subarray(0, n * d)],
    queries: all.subarray(all.length - asked * d),
    areMade: false,
  };
}
