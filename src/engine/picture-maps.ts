import { transfer } from '../base/rpc.ts';
import { noRow } from '../knn/search/found.ts';
import type { EngineQueryOptions } from './call-types.ts';
import { type MapRowsStep, mapRows, type RowPlaces, scaled } from './map/map-rows.ts';
import type { Pictures } from './pictures.ts';
import type { CallOptions, PictureMap } from './types.ts';

/** What a step is asked to do. */
export type MapStep =
  /** Begins. */
  | { begin: { neighbours: number; filter?: EngineQueryOptions['filter'] } }
  /** Goes on. */
  | { job: number }
  /** Forgets it. */
  | { job: number; end: true };

/** What a step did. */
export interface MapAnswer {
  job: number;
  /** When it is done. */
  map?: PictureMap;
}

/** A step takes so long. */
const stepMs = 100;

/**
 * Maps of an engine's pictures. A map takes its steps between other calls, so what changes meanwhile is seen: pictures that
 * are removed are not in it, pictures that are added do not take part.
 */
export class PictureMaps {
  readonly #pictures: Pictures;
  readonly #jobs = new Map<number, Job>();
  #last = 0;

  constructor(pictures: Pictures) {
    this.#pictures = pictures;
  }

  /** @param takingPart a byte for each picture: whether it takes part */
  async step(
    step: MapStep,
    takingPart: (filter: NonNullable<EngineQueryOptions['filter']>) => Uint8Array,
    how: CallOptions,
  ): Promise<MapAnswer> {
    if ('begin' in step) {
      const job = ++this.#last;
      const { filter, neighbours } = step.begin;
      const taking = filter && takingPart(filter);
      const ids = this.#pictures.entries.filter((_, at) => !taking || taking[at]).map(({ id }) => id);
      this.#jobs.set(job, new Job(this.#pictures, ids, neighbours));
      return { job };
    }
    const { job } = step;
    if ('end' in step) {
      this.#jobs.get(job)?.end();
      this.#jobs.delete(job);
      return { job };
    }
    const map = await this.#jobs.get(job)!.go(how);
    return map ? transfer({ job, map }, [map.coordinates.buffer]) : { job };
  }
}

class Job {
  readonly #pictures: Pictures;
  readonly #ids: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #steps: AsyncGenerator<MapRowsStep, RowPlaces>;
  /** Of the positions: which pictures take part; `undefined` where all do. Made again when pictures have changed. */
  #taking: { rows: Uint8Array | undefined } | undefined;
  /** Of the step under way. */
  #how: CallOptions = {};

  constructor(pictures: Pictures, ids: readonly string[], neighbours: number) {
    this.#pictures = pictures;
    this.#ids = ids;
    this.#numbers = new Map(ids.map((id, n) => [id, n]));
    const { dimension } = pictures.index;
    const rows = {
      dimension,
      count: ids.length,
      read: (numbers: readonly number[]) =>
        pictures.rowsOf(
          numbers.map((n) => ids[n]!),
          this.#how,
        ),
      nearest: this.#nearest.bind(this),
      isThere: (n: number) => pictures.position(ids[n]!) !== undefined,
    };
    this.#steps = mapRows(rows, neighbours);
    pictures.watchers.add(this.#watch);
  }

  end(): void {
    this.#pictures.watchers.delete(this.#watch);
  }

  async go(how: CallOptions): Promise<PictureMap | undefined> {
    this.#how = how;
    const start = performance.now();
    const total = this.#ids.length;
    for (;;) {
      const { done, value } = await this.#steps.next();
      how.signal?.throwIfAborted();
      if (done) {
        how.onProgress?.({ phase: 'layout', done: total, total });
        return this.#mapOf(value);
      }
      if (performance.now() - start < stepMs && value.done < 1) continue;
      how.onProgress?.({ phase: value.phase, done: Math.floor(total * value.done), total });
      return undefined;
    }
  }

  readonly #watch = (): void => {
    this.#taking = undefined;
  };

  async #nearest(queries: Float32Array, k: number): ReturnType<Pictures['search']> {
    const found = await this.#pictures.search(queries, k, () => ({ filter: this.#filter() }), this.#how);
    const { entries } = this.#pictures;
    return {
      ...found,
      rows: found.rows.map((row) => (row === noRow ? row : (this.#numbers.get(entries[row]!.id) ?? noRow))),
    };
  }

  #filter(): Uint8Array | undefined {
    if (!this.#taking) {
      const rows = Uint8Array.from(this.#pictures.entries, ({ id }) => Number(this.#numbers.has(id)));
      this.#taking = { rows: rows.includes(0) ? rows : undefined };
    }
    return this.#taking.rows;
  }

  /** Pictures that have gone since they were placed are left out. */
  #mapOf({ numbers, places }: RowPlaces): PictureMap {
    const ids: string[] = [];
    const left = new Float64Array(places.length);
    for (const [at, n] of numbers.entries()) {
      const id = this.#ids[n]!;
      if (this.#pictures.position(id) === undefined) continue;
      left.set(places.subarray(at * 2, at * 2 + 2), ids.length * 2);
      ids.push(id);
    }
    return { ids, coordinates: scaled(left.subarray(0, ids.length * 2)) };
  }
}
