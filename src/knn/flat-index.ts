import { chooseThreaded } from '#choose-threads';
import type { AssetLocation } from '../assets/resolve.ts';
import { checkDistance, checkWhole, optionsOf, refuse, shown, signalOf } from '../base/checks.ts';
import { isBytes, isFloats } from '../base/class-of.ts';
import { LikenessError } from '../base/errors.ts';
import type * as web from '../base/web-types.ts';
import type { Backend, BackendName, DeviceQueries, RowHolder, RowSet } from './backend/backend.ts';
import { type BackendRequest, chooseQuantised } from './choose-backend.ts';
import type { ThreadedChoice } from './choose-threads.ts';
import { asNeighbours, type Found, type Neighbours, noRow } from './search/found.ts';
import { RowSource, type RowStore } from './search/row-source.ts';
import { checkFinite, type Limits, Search } from './search/search.ts';
import { Slots } from './slots.ts';
import { rowNumbers, TakingPart } from './taking-part.ts';
import type { SearchThreads } from './threads/threads.ts';
import { rowsPerPanel } from './wasm/quantised-rows.ts';

export interface FlatIndexOptions {
  /** d: values in a row, 1 … 65536. */
  dimension: number;
  /** Default `auto`: the fastest that is here and right. */
  backend?: BackendRequest | undefined;
  /** The device for `webgpu`, when rows or queries are to share one with something else. */
  device?: web.GPUDevice | undefined;
  /**
   * How full rows are stored on a GPU, if `webgpu` runs; in memory they are float32. `float16` takes half of the device's
   * memory and bandwidth. The answer stays exact: rows that rounding leaves undecided are scored from memory. Values
   * beyond 65504 or below 2⁻¹⁴ make many rows undecided. Default: `float32`.
   */
  deviceRows?: 'float32' | 'float16' | undefined;
  /**
   * Threads that search on the CPU, 1 … 64, the calling one among them; default 1. They pay for many queries at a time.
   * They share memory in Node and in a page that is cross-origin isolated. Elsewhere each has a part of the rows: `read`
   * gives rows then, `get` and `values` do not. `close()` ends them. If they do not start there is one; `reason` says why.
   */
  threads?: number | undefined;
  /**
   * Where the full rows are, if not in memory. The index then keeps half a byte a value and 20 bytes a row; the answer
   * stays exact. Write rows there before you add or replace them here. Needs WebAssembly.
   */
  rows?: RowStore | undefined;
  /**
   * In a page whose bundler does not copy the script of the threads: where it is. The URL of a folder with the files of
   * `likeness-search/dist/web/`, or `{ 'likeness-knn-worker.js': url }`.
   */
  assets?: AssetLocation | undefined;
  /** In a page: starts a thread's worker, whose script is `likeness-search/web/likeness-knn-worker.js`. */
  worker?: (() => web.Worker) | undefined;
}

export interface SearchOptions {
  /** Ends the search early; it then rejects with the signal's reason. */
  signal?: web.AbortSignal | undefined;
  /**
   * The rows that take part. Either a predicate, called once a row, and again if rows change meanwhile. Or a byte for each
   * row, 0 for those that do not take part: bytes are copied at once, and follow their rows when others are removed; rows
   * that are added meanwhile do not take part.
   */
  filter?: ((row: number) => boolean) | Uint8Array | undefined;
  /** Numbers, at the call, of rows that do not take part, e.g. the query's own. */
  exclude?: Iterable<number> | undefined;
  /** Neighbours farther than this are left out. Default: none. */
  maxDistance?: number | undefined;
}

const backends: readonly BackendRequest[] = ['auto', 'js', 'wasm', 'webgpu'];
const largestDimension = 65536;
const maxThreads = 64;
/** A search that rows have changed under so often stays on the calling thread, where nothing comes in between. */
const maxThreadedAttempts = 3;
/** Removed rows are taken out of the backend when they are more than one in so many. */
const compactWhen = 4;

/** @internal An empty index over a backend made elsewhere; for tests and measurements. */
export let indexOver: (choice: ThreadedChoice, rows?: RowStore) => FlatIndex;

/**
 * Exact k nearest rows by Euclidean distance.
 *
 * Component j of row i is value i·d + j of what is added. The order of the answer is that of a float64 reference by
 * (squared distance, then lower row), whichever backend runs; the reference sums (x_j − q_j)² over j in order. Rows at
 * infinite distance follow the finite ones, rows at NaN distance follow those. A query has to be finite: to one that
 * is not, no row is nearer than another.
 */
export class FlatIndex {
  /** Why this backend runs, as a sentence. */
  readonly reason: string;
  readonly #holder: RowHolder;
  /** Undefined where the rows are with threads. */
  readonly #backend: Backend | undefined;
  readonly #threads: SearchThreads | undefined;
  readonly #source: RowSource;
  readonly #slots = new Slots();
  #closed = false;
  /** Counts changes of the rows: a search that meets one in its middle begins again. */
  #version = 0;
  /** Searches under way, by what takes part in them. */
  readonly #searches = new Set<TakingPart>();

  static {
    indexOver = (choice, rows) => new FlatIndex(choice, rows);
  }

  private constructor({ backend, threads, reason }: ThreadedChoice, rows: RowStore | undefined) {
    this.#holder = backend;
    this.#backend = 'candidates' in backend ? backend : undefined;
    this.#threads = threads;
    this.#source = new RowSource(backend, rows);
    this.reason = reason;
  }

  /**
   * Makes an empty index.
   *
   * @throws LikenessError `bad-argument`; `no-backend` where the backend that was asked for does not run here;
   *   `out-of-memory`
   * @example const index = await FlatIndex.create({ dimension: 512, backend: 'wasm' });
   */
  static async create(options: FlatIndexOptions): Promise<FlatIndex> {
    const {
      dimension,
      backend = 'auto',
      device,
      deviceRows = 'float32',
      threads = 1,
      rows,
      assets,
      worker,
    } = optionsOf(options, 'FlatIndex.create', '{ dimension: 512 }');
    checkWhole('dimension', dimension, 1, largestDimension);
    checkWhole('threads', threads, 1, maxThreads);
    if (!backends.includes(backend)) refuse('backend', backend, 'auto, js, wasm or webgpu');
    if (deviceRows !== 'float32' && deviceRows !== 'float16') {
      refuse('deviceRows', deviceRows, 'float32 or float16');
    }
    if (device !== undefined && typeof device?.createBuffer !== 'function') {
      refuse('device', device, 'a GPUDevice');
    }
    if (worker !== undefined && typeof worker !== 'function') {
      refuse('worker', worker, 'a function that starts the worker of a thread');
    }
    if (rows === undefined) {
      const settings = { device, deviceRows, threads };
      return new FlatIndex(await chooseThreaded(backend, dimension, settings, { assets, worker }), rows);
    }
    if (typeof rows?.read !== 'function') refuse('rows', rows, 'an object with a function `read`');
    return new FlatIndex(await chooseQuantised(backend, dimension), rows);
  }

  get dimension(): number {
    return this.#holder.dimension;
  }

  /** n: rows. */
  get size(): number {
    return this.#closed ? 0 : this.#slots.count;
  }

  /** Threads that search. */
  get threads(): number {
    return this.#threads?.count ?? 1;
  }

  get backend(): BackendName {
    return this.#holder.name;
  }

  /** @internal The device that queries may be on; another one once that was lost. */
  get device(): web.GPUDevice | undefined {
    return this.#backend?.device;
  }

  /**
   * Adds rows at the end. What is there already is not copied.
   *
   * @param values n × d
   * @returns the number of the first new row
   * @throws LikenessError `bad-argument`, `out-of-memory`, `no-backend` where a GPU has no room for them, `closed`
   * @example const first = index.add(vectors);
   */
  add(values: Float32Array): number {
    this.#checkOpen();
    this.#checkBlock(values, 'The rows');
    const first = this.size;
    const rows = values.length / this.dimension;
    if (rows > 0) {
      this.#holder.append(values);
      this.#appended(rows);
    }
    return first;
  }

  #appended(rows: number): void {
    this.#slots.append(rows);
    this.#source.append(rows);
    this.#version++;
  }

  /**
   * Replaces a row.
   *
   * @param values d
   * @throws LikenessError `bad-argument`, `closed`
   * @example index.set(7, vector);
   */
  set(row: number, values: Float32Array): void {
    this.#checkOpen();
    this.#checkRow(row);
    this.#checkBlock(values, 'The row', 1);
    this.#holder.set(this.#slots.slot(row), values);
    this.#version++;
  }

  /**
   * Removes rows; the others keep their order and move up.
   *
   * @throws LikenessError `bad-argument`, `closed`
   * @example index.remove([0, 7]);
   */
  remove(rows: Iterable<number>): void {
    this.#checkOpen();
    const sorted = [...new Set(rowNumbers(rows, 'What is to be removed'))].sort((a, b) => a - b);
    for (const row of sorted) this.#checkRow(row);
    if (sorted.length === 0) return;
    this.#slots.remove(sorted);
    for (const taking of this.#searches) taking.remove(sorted);
    this.#version++;
    if (this.#slots.dead * compactWhen > this.#holder.rows) this.#compact();
  }

  /** Takes removed rows out of the backend. */
  #compact(): void {
    const dead = this.#slots.compact();
    if (dead.length === 0) return;
    this.#holder.remove(dead);
    this.#source.remove(dead);
    this.#version++;
  }

  /**
   * The quantised codes of all rows, of an index made with `rows`: half a byte a value and 20 bytes a row, in whole
   * panels of 128 rows. They are the same bytes for the same rows.
   *
   * @returns Math.ceil(n / 128) panels of 64·d + 2560 bytes
   * @throws LikenessError `bad-argument` where the index keeps full rows, `closed`
   * @example const bytes = index.quantised();
   */
  quantised(): Uint8Array {
    return this.#codes().panels();
  }

  /**
   * Adds rows by what {@link quantised} gave, as {@link add} does by their values, to an index made with `rows` that
   * has a multiple of 128 rows, for example none. Only their statistics can be checked: keep a hash of bytes that come
   * from elsewhere, as wrong codes give wrong answers.
   *
   * @param bytes Math.ceil(rows / 128) panels of 64·d + 2560 bytes
   * @param rows 0 or more
   * @returns the number of the first new row
   * @throws LikenessError `bad-argument`; `bad-file` where `bytes` are no such codes, and nothing is added then;
   *   `out-of-memory`, `closed`
   * @example index.addQuantised(bytes, 10_000);
   */
  addQuantised(bytes: Uint8Array, rows: number): number {
    const codes = this.#codes();
    if (!isBytes(bytes)) refuse('bytes', bytes, 'a Uint8Array');
    checkWhole('rows', rows, 0);
    const first = this.size;
    if (first % rowsPerPanel !== 0) refuse('size', first, `a multiple of ${rowsPerPanel}`);
    codes.appendPanels(bytes, rows);
    this.#appended(rows);
    return first;
  }

  /** Nothing but codes, without removed rows. */
  #codes(): NonNullable<Backend['codes']> {
    this.#checkOpen();
    const codes = this.#backend?.codes;
    if (!codes) {
      throw new LikenessError('bad-argument', 'This index has no option `rows`: it keeps full rows.');
    }
    this.#compact();
    return codes;
  }

  /**
   * A copy of a row. Not where full rows are outside memory, or with threads that cannot share memory: there is
   * {@link read}.
   *
   * @throws LikenessError `bad-argument`, `closed`
   * @example const vector = index.get(7);
   */
  get(row: number): Float32Array {
    this.#checkOpen();
    this.#checkRow(row);
    return this.#holder.row(this.#slots.slot(row)).slice();
  }

  /**
   * Copies of some rows, wherever they are: the rows with these numbers at the call, with the values of that moment. If a
   * row outside memory is replaced meanwhile, its old or its new values come.
   *
   * @returns rows.length × d values, in the order of `rows`
   * @throws LikenessError `bad-argument`, `out-of-memory`, `closed`; what {@link RowStore.read} throws, as it is
   * @example const block = await index.read([7, 8]);
   */
  async read(rows: ArrayLike<number>): Promise<Float32Array> {
    this.#checkOpen();
    const numbers = rowNumbers(listOf(rows), 'What is to be read');
    for (const row of numbers) this.#checkRow(row);
    const slots = Uint32Array.from(numbers, (row) => this.#slots.slot(row));
    return this.#threads?.read?.(slots) ?? this.#source.copy(slots);
  }

  /**
   * All rows as one block of n × d values: a copy. Not where {@link get} is not.
   *
   * @throws LikenessError `bad-argument`, `closed`
   * @example const file = encodeNpy(index.values(), [index.size, index.dimension]);
   */
  values(): Float32Array {
    this.#checkOpen();
    const { dimension: d, size } = this;
    const block = new Float32Array(size * d);
    for (let row = 0; row < size; row++) block.set(this.#holder.row(this.#slots.slot(row)), row * d);
    return block;
  }

  /**
   * The `k` nearest rows of one or many queries. Queries are copied at once. Searches may run side by side, and rows may
   * change meanwhile: the answer is right for the rows as they are when it comes.
   *
   * @param queries q × d, finite; or where they are on the device of this index, which then reads them there: leave the buffer
   *   as it is until the answer comes
   * @param k 1 or more; where fewer rows take part, all of them
   * @throws LikenessError `bad-argument`, `out-of-memory`, `device-lost`, `closed`; what {@link RowStore.read} throws, as
   *   it is; the reason of `signal`
   * @example const { rows, distances } = await index.search(queries, 30, { exclude: [7], maxDistance: 0.9 });
   */
  async search(
    queries: Float32Array | DeviceQueries,
    k: number,
    options: SearchOptions = {},
  ): Promise<Neighbours> {
    this.#checkOpen();
    if (isOnDevice(queries)) this.#checkDeviceQueries(queries);
    else {
      this.#checkBlock(queries, 'The queries');
      checkFinite(queries, this.dimension);
    }
    checkWhole('k', k, 1);
    const { maxDistance = Infinity } = optionsOf(options, 'search', '{ maxDistance: 1 }');
    const signal = signalOf(options.signal);
    checkDistance(maxDistance);
    const copy = isOnDevice(queries) ? queries : queries.slice();
    const takingPart = new TakingPart(options.filter, options.exclude, this.size);
    this.#searches.add(takingPart);
    try {
      for (let attempt = 1; ; attempt++) {
        signal?.throwIfAborted();
        this.#checkOpen();
        const version = this.#version;
        const skip = this.#slots.skipped(takingPart.test);
        const taking = this.size - skip.rows;
        try {
          const limits = { k, maxDistance, signal };
          const found = await this.#find(copy, skip.set, taking, limits, attempt <= maxThreadedAttempts);
          signal?.throwIfAborted();
          this.#checkOpen();
          if (this.#version === version) {
            const result = asNeighbours(found, Math.min(k, taking), maxDistance);
            for (const [at, slot] of result.rows.entries()) {
              if (slot !== noRow) result.rows[at] = this.#slots.row(slot);
            }
            return result;
          }
        } catch (error) {
          // If rows changed, the change may be the cause.
          if (this.#version === version) throw error;
        }
      }
    } finally {
      this.#searches.delete(takingPart);
      this.#release();
    }
  }

  /** The nearest slots of each query, on threads where these pay. */
  #find(
    queries: Float32Array | DeviceQueries,
    skip: RowSet | undefined,
    taking: number,
    limits: Limits,
    mayDivide: boolean,
  ): Promise<Found> {
    const threads = this.#threads;
    if (threads && !isOnDevice(queries)) {
      const count = queries.length / this.dimension;
      if (!this.#backend || (mayDivide && count > 0 && taking > 0 && threads.pay(count))) {
        return threads.search(queries, skip, { ...limits, k: Math.min(limits.k, taking) });
      }
    }
    return new Search(this.#backend!, this.#source, skip, taking, limits).run(queries);
  }

  /**
   * Frees the rows. Searches under way end with the error `closed`.
   *
   * @example index.close();
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Searches by threads end at once.
    this.#threads?.close();
    this.#release();
  }

  /** Closes the backend, never while it searches: a GPU's buffers must not go while it reads them. */
  #release(): void {
    if (!this.#closed || this.#searches.size > 0) return;
    this.#holder.close();
    this.#threads?.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new LikenessError('closed', 'This index was closed; create another.');
  }

  #checkDeviceQueries({ buffer, count }: DeviceQueries): void {
    if (!this.#backend?.candidatesOnDevice) {
      throw new LikenessError(
        'bad-argument',
        `The queries are on a GPU and this index is on ${this.backend}; read them first, or create the index with backend: 'webgpu' and their device.`,
      );
    }
    const max = Math.floor(buffer.size / (4 * this.dimension));
    if (!Number.isInteger(count) || count < 0 || count > max) {
      throw new LikenessError(
        'bad-argument',
        `The count of queries is ${count}; the buffer of ${buffer.size} bytes holds up to ${max} of ${this.dimension} values.`,
      );
    }
  }

  #checkRow(row: number): void {
    if (!Number.isInteger(row) || row < 0 || row >= this.size) {
      throw new LikenessError(
        'bad-argument',
        `There is no row ${shown(row)}; the index has ${this.size} rows, from 0.`,
      );
    }
  }

  #checkBlock(values: Float32Array, what: string, rows?: 1): void {
    const d = this.dimension;
    const isRight = isFloats(values) && (rows ? values.length === d : values.length % d === 0);
    if (isRight) return;
    throw new LikenessError(
      'bad-argument',
      `${what} came as ${isFloats(values) ? `${values.length} values` : shown(values)}; wanted a Float32Array of ${rows ? d : `a multiple of ${d}`} values.`,
    );
  }
}

/** As a list also what is like an array but cannot be iterated. */
function listOf(rows: unknown): unknown {
  const isLike = typeof rows === 'object' && rows !== null && 'length' in rows;
  return isLike ? Array.from(rows as ArrayLike<unknown>) : rows;
}

function isOnDevice(queries: Float32Array | DeviceQueries): queries is DeviceQueries {
  return typeof queries === 'object' && queries !== null && 'buffer' in queries && 'count' in queries;
}
