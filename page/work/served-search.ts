import type { Histogram, Hit, ImageSearch, QueryPart } from 'likeness-search';
import { histogram } from '../../src/engine/histogram.ts';
import { rocchio } from '../../src/engine/rocchio.ts';
import { kthSmallest, positionsUpTo } from '../../src/knn/js/select.ts';
import { score } from '../../src/knn/search/score.ts';
import type { AskedPart } from '../state/address.ts';
import type { AskedHow, FirstAnswers } from '../state/first-answers.ts';
import { opened } from '../state/library.ts';
import { Turns } from './turns.ts';

/** Rows that are compared before others have their turn. */
const rowsAtOnce = 256;
/** Queries whose distances are kept: the one before may come back. */
const queriesKept = 4;

/**
 * Answers queries by pictures of the server's index from its features, which are in memory. The answers are those of the
 * library over an index of the same pictures in the same order, bit for bit: its definition of the distance
 * (src/knn/js/distances.ts), its formula for several pictures, ties in the order of the pictures.
 */
export class ServedSearch implements FirstAnswers {
  readonly #ids: readonly string[];
  readonly #values: PromiseLike<Float32Array>;
  readonly #dimension: number;
  readonly #rows: ReadonlyMap<string, number>;
  readonly #squared = new Map<string, Promise<Float64Array>>();

  /**
   * @param ids n
   * @param dimension d
   * @param values n × d; queries wait for them
   */
  constructor(ids: readonly string[], dimension: number, values: PromiseLike<Float32Array>) {
    this.#ids = ids;
    this.#values = values;
    this.#dimension = dimension;
    this.#rows = new Map(ids.map((id, row) => [id, row]));
  }

  knows(id: string): boolean {
    return this.#rows.has(id);
  }

  answers(query: readonly AskedPart[]): boolean {
    return query.length > 0 && query.every((part) => 'id' in part && !part.region && this.knows(part.id));
  }

  async has(id: string): Promise<boolean> {
    return this.knows(id);
  }

  /** Needs the network: that of the search which is being opened. */
  async extract(...given: Parameters<ImageSearch['extract']>): Promise<Float32Array> {
    return (await opened()).extract(...given);
  }

  async query(
    parts: readonly QueryPart[],
    { k, offset = 0, signal, ...among }: AskedHow & { k: number; offset?: number },
  ): Promise<Hit[]> {
    const squared = await this.#distancesOf(parts, among, signal);
    const rows = positionsUpTo(squared, kthSmallest(squared, offset + k));
    rows.sort((a, b) => squared[a]! - squared[b]! || a - b);
    return Array.from(rows.subarray(offset, offset + k), (row) => ({
      id: this.#ids[row]!,
      distance: Math.sqrt(squared[row]!),
    }));
  }

  async distances(
    parts: readonly QueryPart[],
    { bins, edges, signal, ...among }: AskedHow & { bins?: number; edges?: number[] },
  ): Promise<Histogram> {
    const squared = await this.#distancesOf(parts, among, signal);
    return histogram(squared.filter((value) => !Number.isNaN(value)).map(Math.sqrt), bins ?? edges!);
  }

  /** The squared distance of each row; NaN for the query's own and those that take no part. */
  async #distancesOf(
    parts: readonly QueryPart[],
    { exclude = [], filter }: AskedHow,
    signal?: AbortSignal,
  ): Promise<Float64Array> {
    const own = parts.map((part) => (part as { id: string }).id);
    const all = await this.#kept(
      own,
      parts.map(({ weight = 1 }) => weight),
    );
    signal?.throwIfAborted();
    const taking = filter ? new Float64Array(all.length).fill(Number.NaN) : all.slice();
    for (const id of filter ?? []) {
      const row = this.#rows.get(id);
      if (row !== undefined) taking[row] = all[row]!;
    }
    for (const id of [...own, ...exclude]) {
      const row = this.#rows.get(id);
      if (row !== undefined) taking[row] = Number.NaN;
    }
    return taking;
  }

  /** The squared distance of each row: computed once for the pages of an answer, and its histogram. */
  #kept(ids: readonly string[], weights: readonly number[]): Promise<Float64Array> {
    const key = JSON.stringify([ids, weights]);
    const kept = this.#squared.get(key);
    if (kept) return kept;
    const squared = this.#compare(ids, weights);
    squared.catch(() => this.#squared.delete(key)); // what is no query is refused each time
    const [oldest] = this.#squared.keys();
    if (this.#squared.size >= queriesKept) this.#squared.delete(oldest!);
    this.#squared.set(key, squared);
    return squared;
  }

  async #compare(ids: readonly string[], weights: readonly number[]): Promise<Float64Array> {
    const values = await this.#values;
    const d = this.#dimension;
    const vectorAt = (row: number): Float32Array => values.subarray(row * d, (row + 1) * d);
    const vectors = ids.map((id) => vectorAt(this.#rows.get(id)!));
    const query = vectors.length === 1 ? vectors[0]! : rocchio(vectors, weights);
    const squared = new Float64Array(this.#ids.length);
    const turns = new Turns();
    for (let first = 0; first < squared.length; first += rowsAtOnce) {
      await turns.next();
      const count = Math.min(rowsAtOnce, squared.length - first);
      const rows = Uint32Array.from({ length: count }, (_, n) => first + n);
      for (const { row, squared: value } of score(query, rows, (n) => vectorAt(first + n))) {
        squared[row] = value;
      }
    }
    return squared;
  }
}
