import { type ErrorCode, LikenessError } from './errors.ts';
import type { Pixels } from './image/pixels.ts';
import { toTensor } from './image/tensor.ts';
import type { FlatIndex } from './knn/flat-index.ts';
import type { Extractor } from './model/extractor.ts';
import type { Hit, Report } from './types.ts';

/** An item on its way into the engine: what it holds can be posted to a worker. */
export type EngineItem<Source> = { id: string; source: Source } | { id: string; vector: Float32Array };

/** A query on its way into the engine. */
export type EngineQuery<Source> = { source: Source } | { vector: Float32Array } | { id: string };

/** Which pictures a query is about, as it can be posted. */
export interface EngineQueryOptions {
  k: number;
  maxDistance?: number | undefined;
  /** Ids; those that are not in the index are passed over. */
  exclude?: readonly string[] | undefined;
  filter?: readonly string[] | undefined;
}

/** What one `add` did. Plain data: an error's class would not survive the way out of a worker. */
export interface EngineAdded {
  added: number;
  replaced: number;
  /** `at`: the item's position among the items of the call. */
  failed: { at: number; code: ErrorCode; message: string }[];
}

/** An index's rows in order, as one block. */
export interface Features {
  ids: string[];
  /** Values in a row. */
  dimension: number;
  /** ids.length × dimension. */
  values: Float32Array;
}

/** Reads whatever the platform's `Source` is: decodes it, applies the EXIF orientation or not. */
export type ReadPicture<Source> = (source: Source) => Promise<Pixels>;

/**
 * Pictures to features to neighbours: the one place where model, index and ids meet. It runs in the worker (browser)
 * or in the process (Node); `ImageSearch` is its face.
 */
export class Engine<Source> {
  readonly #extractor: Extractor;
  readonly #extractorReason: string;
  readonly #index: FlatIndex;
  readonly #readPicture: ReadPicture<Source>;
  /** Row n of the index belongs to `#ids[n]`. */
  #ids: string[] = [];
  readonly #rowOf = new Map<string, number>();
  /** The call before; one begins to change or search the index when it is done, so rows follow the order of the calls. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #cancelled = new Set<number>();

  constructor(
    extractor: Extractor,
    extractorReason: string,
    index: FlatIndex,
    readPicture: ReadPicture<Source>,
  ) {
    this.#extractor = extractor;
    this.#extractorReason = extractorReason;
    this.#index = index;
    this.#readPicture = readPicture;
  }

  get size(): number {
    return this.#ids.length;
  }

  /** Ends the calls named `call` at their next picture; they add nothing more. */
  cancel(call: number): void {
    this.#cancelled.add(call);
  }

  /**
   * Extracts and adds; an id that is there already is replaced. Everything that could be read is in the index when
   * this resolves, in the order of the items.
   */
  async add(items: readonly EngineItem<Source>[], call?: number): Promise<EngineAdded> {
    const extracted = this.#vectors(items, call);
    return this.#inTurn(async () => {
      const { vectors, failed } = await extracted;
      const outcome: EngineAdded = { added: 0, replaced: 0, failed };
      if (call !== undefined && this.#cancelled.has(call)) return outcome;
      for (const [at, item] of items.entries()) {
        const vector = vectors[at];
        if (!vector) continue;
        const row = this.#rowOf.get(item.id);
        if (row === undefined) {
          this.#rowOf.set(item.id, this.#index.add(vector));
          this.#ids.push(item.id);
          outcome.added++;
        } else {
          this.#index.set(row, vector);
          outcome.replaced++;
        }
      }
      return outcome;
    });
  }

  /** The `k` nearest of each query, nearest first. The first query that cannot be read fails the call. */
  async query(
    queries: readonly EngineQuery<Source>[],
    { k, maxDistance, exclude, filter }: EngineQueryOptions,
  ): Promise<Hit[][]> {
    const items = queries.map((query) => ('id' in query ? { vector: this.vector(query.id) } : query));
    const extracted = this.#vectors(items);
    return this.#inTurn(async () => {
      const { vectors, failed } = await extracted;
      if (failed[0]) throw new LikenessError(failed[0].code, failed[0].message);
      const dimension = this.#extractor.dimension;
      const block = new Float32Array(vectors.length * dimension);
      for (const [at, vector] of vectors.entries()) block.set(vector!, at * dimension);
      if (this.size === 0) return vectors.map(() => []);
      const found = await this.#index.search(block, Math.min(k, this.size), {
        maxDistance,
        exclude: exclude && this.#rowsOf(exclude),
        filter: filter && this.#takingPart(filter),
      });
      return vectors.map((_, at) =>
        Array.from({ length: found.counts[at]! }, (_, rank) => ({
          id: this.#ids[found.rows[at * found.k + rank]!]!,
          distance: found.distances[at * found.k + rank]!,
        })),
      );
    });
  }

  /** Rows of the ids that are there. */
  #rowsOf(ids: readonly string[]): number[] {
    return ids.map((id) => this.#rowOf.get(id)).filter((row) => row !== undefined);
  }

  /** A byte for each row: whether its id is among these. */
  #takingPart(ids: readonly string[]): Uint8Array {
    const rows = new Uint8Array(this.size);
    for (const row of this.#rowsOf(ids)) rows[row] = 1;
    return rows;
  }

  /** Removes pictures; ids that are not there are passed over. Returns how many were removed. */
  async remove(ids: readonly string[]): Promise<number> {
    return this.#inTurn(() => {
      const rows = this.#rowsOf([...new Set(ids)]).sort((a, b) => a - b);
      if (rows.length === 0) return 0;
      this.#index.remove(rows);
      const gone = new Set(rows);
      this.#ids = this.#ids.filter((_, row) => !gone.has(row));
      this.#rowOf.clear();
      for (const [row, id] of this.#ids.entries()) this.#rowOf.set(id, row);
      return rows.length;
    });
  }

  /** The normalised features of a picture that is not added. */
  async extract(source: Source): Promise<Float32Array> {
    const { vectors, failed } = await this.#vectors([{ source }]);
    if (failed[0]) throw new LikenessError(failed[0].code, failed[0].message);
    return vectors[0]!;
  }

  /** The stored features of a picture. */
  vector(id: string): Float32Array {
    const row = this.#rowOf.get(id);
    if (row === undefined) {
      throw new LikenessError('not-found', `No picture with the id "${id}" is in the index; add it first.`);
    }
    return this.#index.get(row);
  }

  /** The ids of all pictures, in the order of adding. */
  ids(): string[] {
    return [...this.#ids];
  }

  features(): Features {
    return { ids: [...this.#ids], dimension: this.#extractor.dimension, values: this.#index.values() };
  }

  report(): Omit<Report, 'modelFiles'> {
    const { manifest, device, threads, dimension } = this.#extractor;
    return {
      model: { name: manifest.name, version: manifest.version, fingerprint: manifest.fingerprint, dimension },
      extractor: { device, threads, reason: this.#extractorReason },
      knn: { backend: this.#index.backend, reason: this.#index.reason },
      size: this.size,
    };
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => {});
    this.#index.close();
    await this.#extractor.close();
  }

  /** Runs `work` after all work asked for before it, whether that succeeded or not. */
  #inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** A feature vector for each item, or why there is none. Decoding of one call overlaps the network's run of another. */
  async #vectors(
    items: readonly ({ source: Source } | { vector: Float32Array })[],
    call?: number,
  ): Promise<{ vectors: (Float32Array | undefined)[]; failed: EngineAdded['failed'] }> {
    const { manifest, dimension, batchSize } = this.#extractor;
    const { width, height } = manifest.preprocessing;
    const inputSize = 3 * width * height;
    const vectors: (Float32Array | undefined)[] = new Array(items.length).fill(undefined);
    const failed: EngineAdded['failed'] = [];
    const cancelled = (): boolean => call !== undefined && this.#cancelled.has(call);

    for (let start = 0; start < items.length && !cancelled(); start += batchSize) {
      const batch = items.slice(start, start + batchSize);
      const input = new Float32Array(batch.length * inputSize);
      /** Position in `items` of each picture in `input`. */
      const places: number[] = [];
      for (const [offset, item] of batch.entries()) {
        const at = start + offset;
        if (cancelled()) break;
        try {
          if ('vector' in item) {
            vectors[at] = checkVector(item.vector, dimension);
          } else {
            const pixels = await this.#readPicture(item.source);
            toTensor(
              pixels,
              manifest.preprocessing,
              input.subarray(places.length * inputSize, (places.length + 1) * inputSize),
            );
            places.push(at);
          }
        } catch (error) {
          if (!(error instanceof LikenessError)) throw error;
          failed.push({ at, code: error.code, message: error.message });
        }
      }
      if (places.length === 0 || cancelled()) continue;
      const features = await this.#extractor.extract(
        input.subarray(0, places.length * inputSize),
        places.length,
      );
      for (const [n, at] of places.entries())
        vectors[at] = features.slice(n * dimension, (n + 1) * dimension);
    }
    return { vectors, failed };
  }
}

function checkVector(vector: Float32Array, dimension: number): Float32Array {
  if (!(vector instanceof Float32Array)) {
    throw new LikenessError('bad-argument', 'A feature vector has to be a Float32Array.');
  }
  if (vector.length !== dimension) {
    throw new LikenessError(
      'bad-argument',
      `A feature vector has ${vector.length} values, this model's have ${dimension}; use vectors made by the same model.`,
    );
  }
  return vector;
}
