// Kinds of LanceDB's index over the same made features: which one LanceIndex takes was decided by these figures.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Index } from '@lancedb/lancedb';
import { squaredDistance } from '../../src/knn/js/distances.ts';
import { LanceIndex } from '../../src/lance/index.ts';
import { loadEngine } from '../../src/lance/load.ts';
import { cell, vectorAt } from '../../src/lance/rows.ts';
import { gaussian, seeded } from '../support/random.ts';

export interface Options {
  n: number;
  d: number;
  k: number;
  /** Queries. */
  runs: number;
  /** Only these kinds. */
  only?: string[];
}

export const defaults: Options = { n: 40_000, d: 512, k: 30, runs: 40 };

const latentValues = 32;

/** Features of clusters: of a latent vector near its cluster's centre, what is positive of a random projection. */
class LatentRows {
  readonly #d: number;
  readonly #random = seeded(1);
  readonly #normal = gaussian(this.#random);
  readonly #projection: Float32Array;
  readonly #centres: Float32Array[];

  constructor(n: number, d: number) {
    this.#d = d;
    this.#projection = Float32Array.from(
      { length: d * latentValues },
      () => this.#normal() / Math.sqrt(latentValues),
    );
    this.#centres = Array.from({ length: Math.max(20, Math.round(n / 100)) }, () =>
      Float32Array.from({ length: latentValues }, this.#normal),
    );
  }

  next(): Float32Array {
    const centre = this.#centres[Math.floor(this.#random() * this.#centres.length)]!;
    const latent = centre.map((x) => x + 0.5 * this.#normal());
    const row = new Float32Array(this.#d);
    let squared = 0;
    for (let i = 0; i < row.length; i++) {
      let sum = 0.1 * this.#normal();
      for (let j = 0; j < latentValues; j++) sum += this.#projection[i * latentValues + j]! * latent[j]!;
      row[i] = Math.max(0, sum);
      squared += row[i]! ** 2;
    }
    return row.map((x) => x / Math.sqrt(squared));
  }
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

const median = (times: readonly number[]): string =>
  [...times].sort((a, b) => a - b)[times.length >> 1]!.toFixed(1);

export default async function bench({ n, d, k, runs, only }: Options): Promise<{
  tables: { title: string; columns: string[]; rows: string[][] }[];
  notes: string[];
}> {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-bench-'));
  const made = new LatentRows(n, d);
  const { lancedb } = loadEngine();
  try {
    const index = await LanceIndex.open(folder, { dims: d, maintain: false });
    await index.add(
      (function* () {
        for (let row = 0; row < n; row++) yield { id: `${row}`, vector: made.next() };
      })(),
    );
    const queries = Array.from({ length: runs }, () => made.next());
    const right: Set<string>[] = [];
    const scan: number[] = [];
    for (const query of queries) {
      const start = performance.now();
      const { hits } = await index.query(query, { k });
      scan.push(performance.now() - start);
      right.push(new Set(hits.map(({ id }) => id)));
    }
    await index.close();

    const connection = await lancedb.connect(folder);
    const table = await connection.openTable('pictures');
    await table.optimize({ cleanupOlderThan: new Date(), deleteUnverified: true });
    const withoutIndex = await bytesIn(folder);
    const partitions = Math.max(1, Math.round(n / 4096));
    const common = { numPartitions: partitions };
    const kinds: Record<string, () => Index> = {
      ivfRq1: () => lancedb.Index.ivfRq({ ...common, numBits: 1 }),
      ivfRq4: () => lancedb.Index.ivfRq({ ...common, numBits: 4 }),
      hnswSq: () => lancedb.Index.hnswSq({ numPartitions: 1 }),
      ivfPq: () => lancedb.Index.ivfPq({ ...common, numSubVectors: d / 16 }),
      ivfFlat: () => lancedb.Index.ivfFlat(common),
    };
    const rows = [['none', '', '', '', '', '1', median(scan)]];
    for (const [kind, config] of Object.entries(kinds)) {
      if (only && !only.includes(kind)) continue;
      const start = performance.now();
      await table.createIndex('vector', { config: config(), replace: true });
      await table.waitForIndex(['vector_idx'], 3600);
      const build = (performance.now() - start) / 1000;
      await table.optimize({ cleanupOlderThan: new Date(), deleteUnverified: true });
      const bytes = ((await bytesIn(folder)) - withoutIndex) / n;
      const shares = kind === 'hnswSq' ? [1] : [0.25, 0.5, 1];
      const probes = new Set(shares.map((share) => Math.max(1, Math.round(share * partitions))));
      for (const nprobes of probes) {
        for (const over of [4, 10]) {
          let found = 0;
          const times: number[] = [];
          for (const [q, query] of queries.entries()) {
            const asked = performance.now();
            const nearest = table.query().nearestTo(query).distanceType('l2').nprobes(nprobes);
            if (kind === 'hnswSq') nearest.ef(2 * over * k);
            const scored: { id: string; squared: number }[] = [];
            for await (const batch of nearest.select(['id', 'vector', '_distance']).limit(over * k)) {
              for (let row = 0; row < batch.numRows; row++) {
                const squared = squaredDistance(vectorAt(batch, row), 0, query, 0, d);
                scored.push({ id: cell(batch, 'id', row) as string, squared });
              }
            }
            scored.sort((a, b) => a.squared - b.squared);
            found += scored.slice(0, k).filter(({ id }) => right[q]!.has(id)).length;
            times.push(performance.now() - asked);
          }
          const recall = (found / (runs * k)).toFixed(4);
          rows.push([
            kind,
            build.toFixed(1),
            bytes.toFixed(0),
            `${nprobes}`,
            `${over}`,
            recall,
            median(times),
          ]);
        }
      }
      console.error(`${kind}: done`);
    }
    connection.close();
    return {
      tables: [
        {
          title: `LanceDB's indices, ${n} × ${d}, ${runs} queries, k = ${k}`,
          columns: [
            'index',
            'build, s',
            'bytes a row',
            `of ${partitions} partitions`,
            'candidates ÷ k',
            'recall',
            'p50, ms',
          ],
          rows,
        },
      ],
      notes: ['Made features of clusters; candidates are ordered by the float64 reference.'],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
