import { fork } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pictures } from '../../src/engine/pictures.ts';
import type { VectorRow } from '../../src/engine/vector-engine.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import { LanceIndex } from '../../src/lance/index.ts';
import type { IndexInfo } from '../../src/store/format/header.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { FolderStore } from '../../src/store/media/store.node.ts';
import { ClusteredRows } from '../support/clustered-rows.ts';

export interface Options {
  n: number;
  d: number;
  k: number;
  /** Queries by one client; eight clients ask as many together. */
  runs: number;
}

export const defaults: Options = { n: 20_000, d: 512, k: 30, runs: 100 };

const blockRows = 4096;
const clients = 8;

type Ask = (query: Float32Array, k: number) => Promise<string[]>;

/** What a process of its own measured. Times in milliseconds. */
interface Measured {
  build?: number;
  /** Of a query by one client, then by one of eight at once. */
  one?: number[];
  eight?: number[];
  answers?: string[][];
  /** For the notes. */
  said?: string;
  resident: number;
}

const idOf = (row: number): string => `picture-${row}`;

function* blocks({ n, d }: Options): Generator<{ from: number; values: Float32Array<ArrayBuffer> }> {
  const rows = new ClusteredRows(n, d);
  for (let from = 0; from < n; from += blockRows) {
    yield { from, values: rows.block(from, Math.min(blockRows, n - from)) };
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Answers all queries by one client, then again by eight. */
async function asking({ n, d, k, runs }: Options, ask: Ask): Promise<Omit<Measured, 'resident'>> {
  const rows = new ClusteredRows(n, d);
  const queries = Array.from({ length: runs }, (_, q) => rows.row(n + q));
  await ask(rows.row(n + runs), k);
  const one: number[] = [];
  const answers: string[][] = [];
  for (const query of queries) {
    one.push(
      await timed(async () => {
        answers.push(await ask(query, k));
      }),
    );
  }
  const eight: number[] = [];
  const left = queries.values();
  const client = async (): Promise<void> => {
    for (const query of left) eight.push(await timed(() => ask(query, k)));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { one, eight, answers };
}

const lanceFolder = (folder: string): string => join(folder, 'lance');
const ownFolder = (folder: string): string => join(folder, 'own');

const steps: Record<string, (folder: string, options: Options) => Promise<Omit<Measured, 'resident'>>> = {
  async 'write own'(folder, options) {
    const create: IndexInfo = {
      model: { name: 'bench', version: '1', fingerprint: 'bench@1:0123456789abcdef' },
      dimension: options.d,
      parity: null,
    };
    return {
      build: await timed(async () => {
        const store = new FolderStore(ownFolder(folder));
        const index = await IndexStore.open(store, { create });
        for (const { from, values } of blocks(options)) {
          const { d } = options;
          const changes = Array.from({ length: values.length / d }, (_, row) => ({
            id: idOf(from + row),
            vector: values.subarray(row * d, (row + 1) * d),
          }));
          await index.append(changes);
        }
        await index.close();
      }),
    };
  },

  /** As `ImageSearch` opens it: of more than 256 MiB the rows stay in the file. */
  async 'ask own'(folder, options) {
    const { d } = options;
    const store = await IndexStore.open(new FolderStore(ownFolder(folder)));
    const pictures = new Pictures(await FlatIndex.create({ dimension: d }), store, {
      createQuantised: (rows) => FlatIndex.create({ dimension: d, rows }),
    });
    await pictures.load();
    const asked = await asking(options, async (query, k) => {
      const { rows, counts } = await pictures.search(query, k, () => ({}));
      return Array.from(rows.subarray(0, counts[0]), idOf);
    });
    await pictures.close();
    return asked;
  },

  async 'write lance'(folder, options) {
    async function* rows(): AsyncGenerator<VectorRow> {
      for (const { from, values } of blocks(options)) {
        for (let row = 0; row < values.length / options.d; row++) {
          yield { id: idOf(from + row), vector: values.subarray(row * options.d, (row + 1) * options.d) };
        }
      }
    }
    const index = await LanceIndex.open(lanceFolder(folder), { dims: options.d, maintain: false });
    const build = await timed(() => index.add(rows()));
    await index.close();
    return { build };
  },

  'ask lance exactly': (folder, options) => askingLance(folder, options, Number.POSITIVE_INFINITY),

  async 'index lance'(folder, { n }) {
    const index = await LanceIndex.open(lanceFolder(folder), { exactRows: n >> 1 });
    let said = '';
    const build = await timed(async () => {
      const { recall } = await index.compact({ keepMs: 0 });
      said = `compact() measured a recall of ${recall?.value} by ${recall?.queries} queries.`;
    });
    await index.close();
    return { build, said };
  },

  'ask lance approximately': (folder, options) => askingLance(folder, options, options.n >> 1),
};

async function askingLance(
  folder: string,
  options: Options,
  exactRows: number,
): Promise<Omit<Measured, 'resident'>> {
  const index = await LanceIndex.open(lanceFolder(folder), { exactRows, maintain: false });
  let exact = 0;
  const asked = await asking(options, async (query, k) => {
    const answer = await index.query(query, { k });
    exact += Number(answer.exact);
    return answer.hits.map(({ id }) => id);
  });
  await index.close();
  return { ...asked, said: `${exact} of ${2 * options.runs + 1} answers were exact.` };
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

/** A process of this file with this argument does one step. */
const stepCommand = 'lance-step';

const step = (name: string, folder: string, options: Options): Promise<Measured> =>
  new Promise((done, failed) => {
    const child = fork(fileURLToPath(import.meta.url), [stepCommand, name, folder, JSON.stringify(options)]);
    child.on('message', (message) => done(message as Measured));
    child.on('exit', (code) => failed(new Error(`"${name}" ended with ${code}`)));
  });

if (process.argv[2] === stepCommand) {
  const [name, folder, options] = process.argv.slice(3) as [string, string, string];
  const measured = await steps[name]!(folder, JSON.parse(options));
  process.send!({ ...measured, resident: 1024 * process.resourceUsage().maxRSS } satisfies Measured);
  process.disconnect();
}

const mega = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

function percentile(times: readonly number[] | undefined, share: number): string {
  if (times === undefined) return '';
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1);
}

/** The share of the right answers that were found. */
function recallOf(answers: readonly string[][], right: readonly string[][]): string {
  let [found, wanted] = [0, 0];
  for (const [n, ids] of right.entries()) {
    const there = new Set(answers[n]);
    wanted += ids.length;
    found += ids.filter((id) => there.has(id)).length;
  }
  return (found / wanted).toFixed(4);
}

export default async function bench(options: Options): Promise<{
  tables: { title: string; columns: string[]; rows: string[][] }[];
  notes: string[];
}> {
  const { n, d, k, runs } = options;
  const folder = await mkdtemp(join(tmpdir(), 'likeness-bench-'));
  try {
    const built: string[][] = [];
    const asked: string[][] = [];
    const said: string[] = [];
    let right: string[][] | undefined;
    for (const [name, of] of [
      ['write own', ownFolder],
      ['ask own', ownFolder],
      ['write lance', lanceFolder],
      ['ask lance exactly', lanceFolder],
      ['index lance', lanceFolder],
      ['ask lance approximately', lanceFolder],
    ] as const) {
      const { build, one, eight, answers, resident, ...rest } = await step(name, folder, options);
      if (rest.said) said.push(`${name}: ${rest.said}`);
      if (build !== undefined) {
        built.push([name, (build / 1000).toFixed(1), mega(await bytesIn(of(folder))), mega(resident)]);
      }
      if (answers === undefined) continue;
      right ??= answers;
      const times = [one, eight].flatMap((list) => [percentile(list, 0.5), percentile(list, 0.99)]);
      asked.push([name, ...times, recallOf(answers, right), mega(resident)]);
      console.error(`${name}: done`);
    }
    return {
      tables: [
        {
          title: `Building, ${n} × ${d}: ${mega(4 * n * d)} MiB of rows`,
          columns: ['step', 's', 'on disk, MiB', 'resident, MiB'],
          rows: built,
        },
        {
          title: `Asking for ${k}, ${runs} queries by one client and by ${clients} at once`,
          columns: [
            'step',
            'p50, ms',
            'p99, ms',
            'p50 of 8, ms',
            'p99 of 8, ms',
            `recall at ${k}`,
            'resident, MiB',
          ],
          rows: asked,
        },
      ],
      notes: [
        'Rows: scenes of subjects, not negative, of length 1, made as they are written. Each step is a process of its own; resident is its peak. Recall: against the answers of our own index. LanceDB is used by LanceIndex: add, compact, query.',
        ...said,
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
