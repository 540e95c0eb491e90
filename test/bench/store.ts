import { FlatIndex } from '../../src/knn/flat-index.ts';
import type { Store } from '../../src/store/files.ts';
import { IndexStore } from '../../src/store/index-store.ts';
import { info } from '../support/store-model.ts';

/** What is measured: writing in batches beside writing the same bytes plainly, opening, the first query, memory. */
export const rounds: Options[] = [
  { n: 100_000, d: 512, runs: 3 },
  { n: 20_000, d: 4096, runs: 3 },
];
export const defaults: Partial<Options> = {};

interface Options {
  n: number;
  d: number;
  runs: number;
}

interface Platform {
  name: string;
  /** An empty store. */
  store(run: number): Promise<Store>;
  /** Writes blocks one behind the other to a new file, synced after each. */
  plain(run: number, blocks: Iterable<Uint8Array>): Promise<void>;
  clean(): Promise<void>;
  /** Bytes in use by the process or the worker, where the platform tells. */
  memory(): Promise<number>;
}

const batch = 100;
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Rows of one batch, the same bytes in each: what is in them does not matter. */
function rowsOf(d: number): Float32Array<ArrayBuffer> {
  return new Float32Array(batch * d).map((_, i) => Math.sin(i));
}

async function measure(platform: Platform, { n, d, runs }: Options): Promise<string[]> {
  const block = rowsOf(d);
  const times: Record<'plain' | 'write' | 'open' | 'load' | 'query', number[]> = {
    plain: [],
    write: [],
    open: [],
    load: [],
    query: [],
  };
  const memory: number[] = [];
  for (let run = 0; run < runs; run++) {
    const bytes = new Uint8Array(block.buffer);
    await platform.clean();
    times.plain.push(
      await timed(() =>
        platform.plain(
          run,
          Array.from({ length: n / batch }, () => bytes),
        ),
      ),
    );
    await platform.clean();
    const store = await platform.store(run);
    const index = await IndexStore.open(store, { create: info(d) });
    times.write.push(
      await timed(async () => {
        for (let from = 0; from < n; from += batch) {
          await index.append(
            Array.from({ length: batch }, (_, row) => ({
              id: `pictures/${from + row}.jpeg`,
              vector: block.subarray(row * d, (row + 1) * d),
            })),
          );
        }
      }),
    );
    await index.close();

    const before = await platform.memory();
    let opened!: IndexStore;
    times.open.push(
      await timed(async () => {
        opened = await IndexStore.open(store);
      }),
    );
    const flat = await FlatIndex.create({ dimension: d });
    times.load.push(
      await timed(async () => {
        for await (const { values } of opened.rows()) flat.add(values);
      }),
    );
    times.query.push(await timed(() => flat.search(block.subarray(0, d), 30)));
    memory.push((await platform.memory()) - before);
    flat.close();
    await opened.close();
  }
  await platform.clean();
  const ms = (name: keyof typeof times): string => median(times[name]).toFixed(0);
  return [
    platform.name,
    `${n} × ${d}`,
    ms('plain'),
    ms('write'),
    (median(times.write.map((time, run) => time / times.plain[run]!)) || 0).toFixed(2),
    ms('open'),
    ms('load'),
    ms('query'),
    `${((4 * n * d) / 2 ** 20).toFixed(0)}`,
    (median(memory) / 2 ** 20).toFixed(0),
  ];
}

const columns = [
  'store',
  'rows',
  'plain, ms',
  'write, ms',
  'ratio',
  'open, ms',
  'rows into memory, ms',
  'first query, ms',
  'rows, MiB',
  'memory, MiB',
];

async function nodePlatform(): Promise<Platform> {
  const { mkdir, mkdtemp, open, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const { FolderStore } = await import('../../src/store/store.node.ts');
  const folder = await mkdtemp(join(tmpdir(), 'likeness-bench-'));
  return {
    name: 'folder, Node',
    store: async (run) => new FolderStore(join(folder, `index-${run}`)),
    async plain(run, blocks) {
      const handle = await open(join(folder, `plain-${run}`), 'w');
      for (const bytes of blocks) {
        await handle.writeFile(bytes);
        await handle.datasync();
      }
      await handle.close();
    },
    async clean() {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
    },
    async memory() {
      (globalThis as { gc?: () => void }).gc?.();
      return process.memoryUsage.rss();
    },
  };
}

/** In the worker. */
async function opfsPlatform(): Promise<Platform> {
  const { deleteOpfs, OpfsStore } = await import('../../src/store/store.opfs.ts');
  return {
    name: 'OPFS, Chromium',
    store: async (run) => new OpfsStore(`bench ${run}`),
    async plain(run, blocks) {
      const file = await new OpfsStore(`bench ${run}`).open('plain', 'create');
      let at = 0;
      for (const bytes of blocks) {
        await file.write(at, [bytes]);
        await file.sync();
        at += bytes.length;
      }
      await file.close();
    },
    async clean() {
      for (let run = 0; run < 9; run++) await deleteOpfs(`bench ${run}`).catch(() => {});
    },
    async memory() {
      const { measureUserAgentSpecificMemory: measureMemory } = performance as {
        measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }>;
      };
      return measureMemory ? (await measureMemory.call(performance)).bytes : 0;
    },
  };
}

export default async function bench(options: Options): Promise<{
  tables: { title: string; columns: string[]; rows: string[][] }[];
  notes: string[];
}> {
  const row =
    typeof document === 'undefined' ? await measure(await nodePlatform(), options) : await inWorker(options);
  return {
    tables: [{ title: `${options.n} × ${options.d}, median of ${options.runs} runs`, columns, rows: [row] }],
    notes: [
      `Batches of ${batch}, each synced before the next; plain: the rows alone, in the same batches, synced as often.`,
      'Rows into memory: read, checked, and into the index; the query follows. Memory: what opening, rows and query took.',
    ],
  };
}

function inWorker(options: Options): Promise<string[]> {
  const script = `import * as bench from ${JSON.stringify(import.meta.url)};
    onmessage = ({ data }) => bench.measureHere(data).then(postMessage, (error) => postMessage(String(error.stack)));`;
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), {
    type: 'module',
  });
  return new Promise((done, failed) => {
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (typeof data === 'string') failed(new Error(data));
      else done(data);
    };
    worker.onerror = ({ message }) => failed(new Error(message));
    worker.postMessage(options);
  });
}

export const measureHere = async (options: Options): Promise<string[]> =>
  measure(await opfsPlatform(), options);
