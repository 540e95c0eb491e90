import { Pictures } from '../../src/engine/pictures.ts';
import { FlatIndex } from '../../src/knn/flat-index.ts';
import type { Store } from '../../src/store/format/files.ts';
import type { IndexInfo } from '../../src/store/format/header.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { gaussian, seeded } from '../support/random.ts';

/** What is measured: writing in batches beside writing the same bytes plainly; opening, queries and memory. */
export const rounds: Options[] = [
  { n: 10_000, d: 512, runs: 5 },
  { n: 10_000, d: 4096, runs: 5 },
  { n: 100_000, d: 512, runs: 3 },
  { n: 20_000, d: 4096, runs: 3 },
];
export const defaults: Partial<Options> = {};
/** Rows of a batch. */
const defaultBatch = 100;

interface Options {
  /** Rows of a batch; default 100. */
  batch?: number;
  n: number;
  d: number;
  runs: number;
}

/** Writes one block behind the other, each on the medium when it resolves. */
interface PlainFile {
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}

interface Platform {
  name: string;
  /** The store of a run, empty at first. */
  store(run: number): Promise<Store>;
  /** A new file beside it. */
  plain(run: number): Promise<PlainFile>;
  clean(): Promise<void>;
  /** Leaves nothing behind. */
  end(): Promise<void>;
  /** {@link reading} in a process or worker of its own, with nothing else in its memory. */
  read(run: number, options: Options, outside: boolean): Promise<Reading>;
}

/** Milliseconds, and what they took of memory. */
interface Reading {
  open: number;
  load: number;
  first: number;
  next: number;
  /** Bytes resident now that were not before opening; `undefined` where the platform does not tell. */
  memory: number | undefined;
}

const info = (dimension: number): IndexInfo => ({
  model: { name: 'bench', version: '1', fingerprint: 'bench@1:0123456789abcdef' },
  dimension,
  parity: null,
});

const k = 30;
const kinds = 200;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const collectGarbage = (): void => (globalThis as { gc?: () => void }).gc?.();

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Batches of rows as a network's last ReLU gives them: of 200 kinds, most values zero, of norm 1. Each takes the place of
 * the one before, so that no garbage of the bench is collected in what is timed.
 */
function* batches(d: number, batch: number): Generator<Float32Array<ArrayBuffer>> {
  const random = seeded(4);
  const normal = gaussian(random);
  const centres = Float32Array.from({ length: kinds * d }, normal);
  // Noise is drawn once and read at random places: what counts is that rows differ.
  const noise = Float32Array.from({ length: 1 << 18 }, normal);
  const block = new Float32Array(batch * d);
  for (;;) {
    for (let row = 0; row < batch; row++) {
      const kind = Math.floor(random() * kinds) * d;
      const from = Math.floor(random() * (noise.length - d));
      const values = block.subarray(row * d, (row + 1) * d);
      let squares = 0;
      for (let j = 0; j < d; j++) {
        const value = Math.max(0, 0.8 * centres[kind + j]! + 0.8 * noise[from + j]! - 1);
        values[j] = value;
        squares += value * value;
      }
      const norm = Math.sqrt(squares) || 1;
      for (let j = 0; j < d; j++) values[j]! /= norm;
    }
    yield block;
  }
}

/** The same batches to the store and to a plain file, in turns, so that what else the disk does hits both alike. */
async function writing(
  platform: Platform,
  run: number,
  { n, d, batch = defaultBatch }: Options,
): Promise<{ plain: number; write: number }> {
  const times = { plain: 0, write: 0 };
  const index = await IndexStore.open(await platform.store(run), { create: info(d) });
  const plain = await platform.plain(run);
  const rows = batches(d, batch);
  for (let from = 0; from < n; from += batch) {
    const block = rows.next().value as Float32Array<ArrayBuffer>;
    const changes = Array.from({ length: batch }, (_, row) => ({
      id: `pictures/${from + row}.jpeg`,
      vector: block.subarray(row * d, (row + 1) * d),
    }));
    const write = async (): Promise<void> => {
      times.write += await timed(() => index.append(changes));
    };
    if (from % (2 * batch) === 0) await write();
    times.plain += await timed(() => plain.append(new Uint8Array(block.buffer)));
    if (from % (2 * batch) !== 0) await write();
  }
  times.plain += await timed(() => plain.close());
  times.write += await timed(() => index.close());
  return times;
}

/** Opens an index and asks it, as an engine does. */
async function reading(
  store: Store,
  { d }: Options,
  outside: boolean,
  memory: () => Promise<number | undefined>,
): Promise<Reading> {
  const query = (batches(d, 1).next().value as Float32Array).slice(0, d);
  const flat = await FlatIndex.create({ dimension: d });
  const before = await memory();
  let index!: IndexStore;
  const open = await timed(async () => {
    index = await IndexStore.open(store);
  });
  const pictures = new Pictures(flat, index, {
    createQuantised: (rows) => FlatIndex.create({ dimension: d, rows }),
    maxRowBytes: outside ? 0 : Number.POSITIVE_INFINITY,
  });
  const load = await timed(() => pictures.load());
  const search = () => timed(() => pictures.search(query, k, () => ({})));
  const first = await search();
  const next: number[] = [];
  for (let n = 0; n < 5; n++) next.push(await search());
  const after = await memory();
  await pictures.close();
  return {
    open,
    load,
    first,
    next: median(next),
    memory: before === undefined || after === undefined ? undefined : after - before,
  };
}

const millions = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

async function measure(platform: Platform, options: Options): Promise<{ write: string[]; read: string[][] }> {
  const { n, d, runs } = options;
  const written: { plain: number; write: number }[] = [];
  const inMemory: Reading[] = [];
  const outside: Reading[] = [];
  for (let run = 0; run < runs; run++) {
    await platform.clean();
    written.push(await writing(platform, run, options));
    inMemory.push(await platform.read(run, options, false));
    outside.push(await platform.read(run, options, true));
  }
  await platform.end();
  const ratios = written.map(({ plain, write }) => write / plain);
  const of = (name: 'plain' | 'write'): string => median(written.map((times) => times[name])).toFixed(0);
  const name = `${n} × ${d}`;
  const line = (how: string, readings: readonly Reading[]): string[] => {
    const ms = (key: 'open' | 'load' | 'first' | 'next'): string =>
      median(readings.map((reading) => reading[key])).toFixed(1);
    const memory = readings.flatMap(({ memory }) => (memory === undefined ? [] : [memory]));
    return [
      platform.name,
      name,
      millions(4 * n * d),
      how,
      ms('open'),
      ms('load'),
      ms('first'),
      ms('next'),
      memory.length > 0 ? millions(mean(memory)) : 'not told',
    ];
  };
  return {
    write: [
      platform.name,
      name,
      millions(4 * n * d),
      of('plain'),
      of('write'),
      median(ratios).toFixed(2),
      `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`,
    ],
    read: [line('in memory', inMemory), line('codes in memory, rows in the store', outside)],
  };
}

const writeColumns = ['store', 'rows', 'rows, MiB', 'plain, ms', 'write, ms', 'ratio', 'of all runs'];
const readColumns = [
  'store',
  'rows',
  'rows, MiB',
  'rows are',
  'open, ms',
  'read rows, ms',
  'first query, ms',
  'next query, ms',
  'resident, MiB',
];

const folderStore = async (folder: string, run: number): Promise<Store> => {
  const { join } = await import('node:path');
  const { FolderStore } = await import('../../src/store/media/store.node.ts');
  return new FolderStore(join(folder, `index-${run}`));
};

async function nodePlatform(): Promise<Platform> {
  const { fork } = await import('node:child_process');
  const { mkdir, mkdtemp, open, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const { fileURLToPath } = await import('node:url');
  const folder = await mkdtemp(join(tmpdir(), 'likeness-bench-'));
  return {
    name: 'folder, Node',
    store: (run) => folderStore(folder, run),
    async plain(run) {
      const handle = await open(join(folder, `plain-${run}`), 'w');
      return {
        async append(bytes) {
          await handle.writeFile(bytes);
          await handle.datasync();
        },
        close: () => handle.close(),
      };
    },
    async clean() {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
    },
    end: () => rm(folder, { recursive: true, force: true }),
    read: (run, options, outside) =>
      new Promise((done, failed) => {
        const child = fork(
          fileURLToPath(import.meta.url),
          [readCommand, folder, String(run), JSON.stringify(options), String(outside)],
          { execArgv: ['--expose-gc'] },
        );
        child.on('message', (message) => done(message as Reading));
        child.on('exit', (code) => failed(new Error(`the reading process ended with ${code}`)));
      }),
  };
}

/** A process of this file with this argument reads an index and tells how long it took. */
const readCommand = 'read-index';

if (typeof process !== 'undefined' && process.argv?.[2] === readCommand) {
  const [folder, run, options, outside] = process.argv.slice(3) as [string, string, string, string];
  const memory = async (): Promise<number> => {
    collectGarbage();
    return process.memoryUsage.rss();
  };
  const store = await folderStore(folder, Number(run));
  process.send!(await reading(store, JSON.parse(options), outside === 'true', memory));
  process.disconnect();
}

/** In a worker, where files are written in place. */
async function opfsPlatform(): Promise<Platform> {
  const { deleteOpfs, OpfsStore } = await import('../../src/store/media/store.opfs.ts');
  const clean = async (): Promise<void> => {
    for (let run = 0; run < 9; run++) {
      for (const name of [`bench ${run}`, `bench plain ${run}`]) await deleteOpfs(name).catch(() => {});
    }
  };
  return {
    name: 'OPFS, Chromium',
    store: async (run) => new OpfsStore(`bench ${run}`),
    async plain(run) {
      const file = await new OpfsStore(`bench plain ${run}`).open('plain', 'create');
      let at = 0;
      return {
        async append(bytes) {
          await file.write(at, [bytes]);
          await file.sync();
          at += bytes.length;
        },
        close: () => file.close(),
      };
    },
    clean,
    end: clean,
    read: () => Promise.reject(new Error('reading has a worker of its own')),
  };
}

type Message = { call: string; args: unknown[] };

/** A worker of this file: calls to it by name; what it asks the page for is in `helpers`. */
function startWorker(helpers: Record<string, (...args: never[]) => Promise<unknown>> = {}) {
  const script = `import * as bench from ${JSON.stringify(import.meta.url)}; bench.serve();`;
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module' });
  return {
    call: <T>(call: string, ...args: unknown[]): Promise<T> =>
      new Promise((done, failed) => {
        worker.onerror = ({ message }) => failed(new Error(message));
        worker.onmessage = async ({ data }) => {
          if (data.helper) {
            worker.postMessage({ helped: await helpers[data.helper]!(...(data.args as never[])) });
          } else if (data.error) failed(new Error(data.error));
          else done(data.result);
        };
        worker.postMessage({ call, args });
      }),
    end: () => worker.terminate(),
  };
}

/** The worker's side. */
export function serve(): void {
  let helped: ((value: unknown) => void) | undefined;
  const help = <T>(helper: string, ...args: unknown[]): Promise<T> =>
    new Promise((done) => {
      helped = done as (value: unknown) => void;
      postMessage({ helper, args });
    });
  const calls: Record<string, (...args: never[]) => Promise<unknown>> = {
    async measure(options: Options) {
      const platform = await opfsPlatform();
      return measure({ ...platform, read: (...args) => help('read', ...args) }, options);
    },
    async read(run: number, options: Options, outside: boolean) {
      const { OpfsStore } = await import('../../src/store/media/store.opfs.ts');
      return reading(new OpfsStore(`bench ${run}`), options, outside, async () => {
        collectGarbage();
        return help('memory');
      });
    },
  };
  addEventListener('message', async ({ data }: MessageEvent<Message | { helped: unknown }>) => {
    if ('helped' in data) helped?.(data.helped);
    else {
      try {
        postMessage({ result: await calls[data.call]!(...(data.args as never[])) });
      } catch (error) {
        postMessage({ error: String((error as Error).stack) });
      }
    }
  });
}

async function inWorkers(options: Options): Promise<{ write: string[]; read: string[][] }> {
  const { residentBytes } = globalThis as { residentBytes?: () => Promise<number | undefined> };
  const main = startWorker({
    async read(...args) {
      const reader = startWorker({ memory: async () => residentBytes?.() });
      try {
        return await reader.call('read', ...args);
      } finally {
        reader.end();
      }
    },
  });
  try {
    return await main.call('measure', options);
  } finally {
    main.end();
  }
}

export default async function bench(options: Options): Promise<{
  tables: { title: string; columns: string[]; rows: string[][] }[];
  notes: string[];
}> {
  const { write, read } =
    typeof document === 'undefined' ? await measure(await nodePlatform(), options) : await inWorkers(options);
  const title = `${options.n} × ${options.d}, median of ${options.runs} runs`;
  return {
    tables: [
      { title: `Writing, ${title}`, columns: writeColumns, rows: [write] },
      { title: `Reading, ${title}`, columns: readColumns, rows: read },
    ],
    notes: [
      `Batches of ${options.batch ?? defaultBatch}, each synced before the next; plain: the rows alone in the same batches, synced as often, to a file beside it, in turns.`,
      'Read rows: all of them, checked, into the index. Resident: of the process (Chromium: its renderers, from /proc), after the queries less before opening, mean.',
    ],
  };
}
