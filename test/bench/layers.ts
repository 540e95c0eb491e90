import { LikenessError } from '../../src/base/errors.ts';
import { openDevice } from '../../src/gpu/device.ts';
import { FlatIndex, indexOver } from '../../src/knn/flat-index.ts';
import { createWasmBackend } from '../../src/knn/wasm/backend.ts';
import { compileKernels, isSupported } from '../../src/knn/wasm/kernels.ts';
import { checksum, readFloats, type Table } from './knn.ts';
import { type Contender, measure } from './measure.ts';

export interface Options {
  /** Rows at most. */
  n: number;
  d: number;
  k: number;
  /** Runs of each contender. */
  runs: number;
  /** Files of n × d float32, from the project's root: features of the same pictures, the queries last. */
  sets: { name: string; file: string }[];
}

export const defaults: Options = { n: 20000, d: 512, k: 30, runs: 15, sets: [] };

const queryCounts = [1, 64];
const maxQueries = Math.max(...queryCounts);

interface Search {
  set: string;
  how: string;
  index: FlatIndex;
  queries: Float32Array;
  runs: number;
}

/** What the search takes over the features that several layers make of the same pictures: all in turns. */
export default async function bench({
  n,
  d,
  k,
  runs,
  sets,
}: Options): Promise<{ tables: Table[]; notes: string[] }> {
  const notes = [
    'Scan: all rows in float32. Codes: four bits a value first, then the rows that these leave; read: how many of those, a query.',
  ];
  const gpu = await openDevice().catch((error) => {
    if (!(error instanceof LikenessError)) throw error;
    notes.push(`webgpu is left out: ${error.message}`);
    return undefined;
  });
  const searches: Search[] = [];
  const zeros: (string | number)[][] = [];
  for (const { name: set, file } of sets) {
    const values = await readFloats(file);
    const end = values.length - maxQueries * d;
    const rows = values.subarray(0, Math.min(n * d, end));
    const queries = values.subarray(end);
    const place = (how: string, index: FlatIndex, max = runs): void => {
      index.add(rows);
      searches.push({ set, how, index, queries, runs: max });
    };
    for (const name of ['wasm', 'wasm-relaxed'] as const) {
      if (!isSupported(name)) continue;
      const kernels = await compileKernels(name);
      for (const codes of [false, true]) {
        const backend = await createWasmBackend(d, { kernels, quantised: codes });
        place(`${codes ? 'codes' : 'scan'}, ${name}`, indexOver({ backend, reason: 'bench' }));
      }
    }
    if (gpu) {
      const index = await FlatIndex.create({ dimension: d, backend: 'webgpu', device: gpu.device });
      place(`webgpu${gpu.isSoftware ? ', software' : ''}`, index, gpu.isSoftware ? Math.min(5, runs) : runs);
    }
    zeros.push([set, rows.length / d, shareOfZeros(rows).toFixed(1), shareOfZeros(queries).toFixed(1)]);
  }
  const tables: Table[] = [
    { title: `layers: ${d} values`, columns: ['', 'rows', '% zero', '% zero in queries'], rows: zeros },
  ];
  for (const q of queryCounts) tables.push(await measureQueries(searches, q, { d, k, runs }));
  for (const { index } of searches) index.close();
  gpu?.device.destroy();
  return { tables, notes };
}

async function measureQueries(
  searches: readonly Search[],
  q: number,
  { d, k, runs }: Pick<Options, 'd' | 'k' | 'runs'>,
): Promise<Table> {
  const read = new Map<string, number>();
  const nameOf = ({ set, how }: Search): string => `${how}, ${set}`;
  const contenders = searches.map(
    (search): Contender => ({
      name: nameOf(search),
      runs: search.runs,
      run: async () => {
        const found = await search.index.search(search.queries.subarray(0, q * d), k);
        read.set(nameOf(search), found.rescored / q);
        return checksum(found.rows);
      },
    }),
  );
  const measured = new Map((await measure(contenders, runs)).map((one) => [one.name, one]));
  for (const { set } of searches) {
    const of = searches.filter((search) => search.set === set);
    const answers = new Set(of.map((search) => measured.get(nameOf(search))!.result));
    if (answers.size !== 1)
      throw new Error(`The contenders disagree over ${set}: ${[...answers].join(', ')}.`);
  }
  const ordered = [...new Set(searches.map(({ how }) => how))].flatMap((how) =>
    searches.filter((search) => search.how === how),
  );
  return {
    title: `layers: ${q} ${q === 1 ? 'query' : 'queries'}, k ${k}, one thread`,
    columns: ['', 'median ms', 'min ms', 'max ms', 'runs', 'read', '× first (min)', '× scan (min)'],
    rows: ordered.map((search) => {
      const name = nameOf(search);
      const { median, min, max, runs: count } = measured.get(name)!;
      const first = searches.find(({ how }) => how === search.how)!;
      const scan = search.how.startsWith('codes')
        ? measured.get(nameOf({ ...search, how: search.how.replace('codes', 'scan') }))
        : undefined;
      return [
        name,
        median.toFixed(2),
        min.toFixed(2),
        max.toFixed(2),
        count,
        read.get(name)!.toFixed(0),
        (min / measured.get(nameOf(first))!.min).toFixed(2),
        scan ? (min / scan.min).toFixed(2) : '',
      ];
    }),
  };
}

/** Of all values, in percent. */
function shareOfZeros(values: Float32Array): number {
  let zeros = 0;
  for (const value of values) if (value === 0) zeros++;
  return (100 * zeros) / values.length;
}
