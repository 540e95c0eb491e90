import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../src/base/json.ts';
import { type MetaFilter, metaTest } from '../../src/base/meta-filter.ts';
import type { VectorQueryOptions, VectorRow } from '../../src/engine/vector-engine.ts';
import { FlatIndex } from '../../src/knn/index.ts';

/** A folder that is removed when its holder is disposed. */
export function tempFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'likeness-lance-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Numbers 0 … 1 from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Our own index over the same rows: `FlatIndex` and the filter's own test. */
export class OwnRows {
  readonly #rows: VectorRow[] = [];
  readonly #index: FlatIndex;

  private constructor(index: FlatIndex) {
    this.#index = index;
  }

  static async create(dims: number): Promise<OwnRows> {
    return new OwnRows(await FlatIndex.create({ dimension: dims, backend: 'wasm' }));
  }

  get ids(): string[] {
    return this.#rows.map(({ id }) => id);
  }

  add(rows: readonly VectorRow[]): void {
    for (const row of rows) {
      const at = this.#rows.findIndex(({ id }) => id === row.id);
      if (at >= 0) {
        this.#rows[at] = row;
        this.#index.set(at, row.vector);
      } else {
        this.#rows.push(row);
        this.#index.add(row.vector);
      }
    }
  }

  remove(ids: readonly string[]): void {
    const gone = new Set(ids);
    const at = this.#rows.flatMap(({ id }, row) => (gone.has(id) ? row : []));
    this.#index.remove(at);
    for (const row of at.reverse()) this.#rows.splice(row, 1);
  }

  matching(filter: VectorQueryOptions['filter']): VectorRow[] {
    const test = testOf(filter);
    return this.#rows.filter(({ id, meta }) => test(id, meta));
  }

  async query(
    vector: Float32Array,
    { k = 30, offset = 0, filter, exclude = [], maxDistance = Infinity }: VectorQueryOptions,
  ): Promise<{ id: string; distance: number; meta?: Json }[]> {
    const test = testOf(filter);
    const without = new Set(exclude);
    const mask = Uint8Array.from(this.#rows, ({ id, meta }) => Number(test(id, meta) && !without.has(id)));
    const found = await this.#index.search(vector, k + offset, { filter: mask, maxDistance });
    const hits = Array.from({ length: found.counts[0]! }, (_, n) => {
      const { id, meta } = this.#rows[found.rows[n]!]!;
      return {
        id,
        ...(meta === undefined ? {} : { meta: JSON.parse(JSON.stringify(meta)) }),
        distance: found.distances[n]!,
      };
    });
    return hits.slice(offset);
  }

  close(): void {
    this.#index.close();
  }
}

function testOf(filter: VectorQueryOptions['filter']): (id: string, meta: Json | undefined) => boolean {
  if (filter === undefined) return () => true;
  if (typeof filter === 'function') return filter;
  if ('meta' in filter) {
    const agrees = metaTest(filter.meta as MetaFilter);
    return (_, meta) => agrees(meta);
  }
  const ids = new Set(filter as Iterable<string>);
  return (id) => ids.has(id);
}
