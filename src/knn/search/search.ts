import { LikenessError } from '../../base/errors.ts';
import type { Candidates, DeviceQueries, RowSet, SearchedRows } from '../backend/backend.ts';
import { rowsOutside } from '../backend/row-set.ts';
import { asFound, type Found } from './found.ts';
import type { RowSource } from './row-source.ts';
import { byDistance, type Scored, score } from './score.ts';
import { firstNotFinite } from './vectors.ts';

export interface Limits {
  k: number;
  maxDistance: number;
  signal: AbortSignal | undefined;
}

/**
 * One search over the slots of a backend. It orders candidates by the reference, and asks for more if the bound does not
 * exclude the others. If rows change meanwhile it still ends, but its answer counts for nothing.
 */
export class Search {
  readonly #backend: SearchedRows;
  readonly #source: RowSource;
  readonly #skip: RowSet | undefined;
  /** Slots that take part. */
  readonly #taking: number;
  readonly #k: number;
  readonly #maxDistance: number;
  readonly #signal: AbortSignal | undefined;
  #rescored = 0;
  #fetchedBytes = 0;

  constructor(
    backend: SearchedRows,
    source: RowSource,
    skip: RowSet | undefined,
    taking: number,
    { k, maxDistance, signal }: Limits,
  ) {
    this.#backend = backend;
    this.#source = source;
    this.#skip = skip;
    this.#taking = taking;
    this.#k = Math.min(k, taking);
    this.#maxDistance = maxDistance;
    this.#signal = signal;
  }

  /** The nearest slots of each query. */
  async run(asked: Float32Array | DeviceQueries): Promise<Found> {
    const d = this.#backend.dimension;
    const k = this.#k;
    const onDevice = 'count' in asked;
    const count = onDevice ? asked.count : asked.length / d;
    const lists: Scored[][] = [];
    if (k > 0 && count > 0) {
      const { values: queries, candidates } = onDevice
        ? await this.#backend.candidatesOnDevice!(asked, k, this.#skip)
        : { values: asked, candidates: await this.#backend.candidates(asked, k, this.#skip) };
      if (onDevice) checkFinite(queries, d);
      for (const [at, first] of candidates.entries()) {
        this.#signal?.throwIfAborted();
        lists.push(await this.#decide(queries.subarray(at * d, (at + 1) * d), first));
      }
    } else for (let query = 0; query < count; query++) lists.push([]);
    return asFound(lists, {
      rescored: this.#rescored,
      fetchedBytes: this.#fetchedBytes,
    });
  }

  async #decide(query: Float32Array, first: Candidates): Promise<Scored[]> {
    let candidates = first;
    let isAll = first.rows.length === this.#taking;
    for (let wanted = this.#k; ; ) {
      this.#rescored += candidates.scored ?? 0;
      const nearest = await this.#order(query, candidates);
      const kth = nearest[this.#k - 1]?.squared ?? Number.NaN;
      const outside = candidates.bound;
      if (kth < outside || Math.sqrt(outside) > this.#maxDistance) return nearest;
      if (isAll) return nearest;
      wanted = Math.min(2 * wanted, this.#taking);
      isAll = wanted === this.#taking;
      candidates = isAll
        ? { rows: rowsOutside(this.#skip, this.#backend.rows), bound: Number.POSITIVE_INFINITY }
        : (await this.#backend.candidates(query, wanted, this.#skip))[0]!;
      isAll ||= candidates.rows.length === this.#taking;
    }
  }

  /** The k nearest of the candidates by the reference. */
  async #order(query: Float32Array, { rows, lower }: Candidates): Promise<Scored[]> {
    let nearest: Scored[] = [];
    let kth = Number.POSITIVE_INFINITY;
    for (let done = 0; done < rows.length; ) {
      // With bounds: first the k most promising, then only those that can still be among the nearest.
      const max = Math.min(lower && done === 0 ? this.#k : this.#source.batch, this.#source.batch);
      const part: number[] = [];
      for (; done < rows.length && part.length < max; done++) {
        if (!(lower && lower[done]! > kth)) part.push(rows[done]!);
      }
      if (part.length === 0) break;
      this.#signal?.throwIfAborted();
      const slots = Uint32Array.from(part);
      const values = this.#source.read(slots);
      for (const scored of score(query, slots, typeof values === 'function' ? values : await values)) {
        nearest.push(scored);
      }
      this.#rescored += part.length;
      this.#fetchedBytes += part.length * this.#source.fetchedBytesPerRow;
      if (lower || nearest.length > 4 * this.#k) {
        nearest = nearest.sort(byDistance).slice(0, this.#k);
        kth = nearest[this.#k - 1]?.squared ?? Number.POSITIVE_INFINITY;
      }
    }
    return nearest.sort(byDistance).slice(0, this.#k);
  }
}

/**
 * Refuses a query with NaN or infinity: all rows are equally far from it.
 *
 * @param queries q × d
 * @throws LikenessError `bad-argument`
 */
export function checkFinite(queries: Float32Array, d: number): void {
  const at = firstNotFinite(queries);
  if (at < 0) return;
  const which = queries.length > d ? ` ${Math.floor(at / d)}` : '';
  throw new LikenessError(
    'bad-argument',
    `Query${which} has ${queries[at]} as its value ${at % d}; nothing is near a query that is not finite.`,
  );
}
