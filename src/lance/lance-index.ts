import { idsOf } from '../api/arguments.ts';
import { optionsOf, signalOf } from '../base/checks.ts';
import { LikenessError } from '../base/errors.ts';
import { Mutex } from '../base/lock.ts';
import type { CallOptions } from '../engine/types.ts';
import type {
  EntriesOptions,
  VectorAnswer,
  VectorEngine,
  VectorEntry,
  VectorQueryOptions,
  VectorRow,
  VectorsAdded,
} from '../engine/vector-engine.ts';
import { answer, effortOf, rowsById } from './answer.ts';
import { askedOf, comparisonOf, idParts, pageOf, rowOf } from './asked.ts';
import { claimsOf } from './claims.ts';
import { entryOf, hitOf, readEntries } from './entries.ts';
import { Keeper } from './keeper.ts';
import { type CompactReport, recallOf } from './maintain.ts';
import { openTable } from './open.ts';
import {
  type CheckedLanceOptions,
  type CompactOptions,
  checkLanceOptions,
  type LanceOptions,
} from './options.ts';
import { cell, metaAt, vectorAt } from './rows.ts';
import { StateReader } from './state.ts';
import { engineCall, type OpenTable } from './table.ts';
import { repair } from './twins.ts';
import { addRows } from './writer.ts';

/** Values that are compared with a query one by one in a tenth of a second or two: docs/BENCHMARKS.md. */
const exactValues = 2 ** 25;

/**
 * Vectors in a table of LanceDB: a folder, an object store that many processes read, or LanceDB's own service. Ids, filters,
 * distances and the order of hits are those of `ImageSearch`.
 *
 * Several processes may read and write one table. What a promise of `add` or `remove` has acknowledged is in the table, and
 * others see it `staleMs` later at the latest.
 *
 * @example
 * const { model } = await search.report();
 * const index = await LanceIndex.open('shop.lance', { dims: 512, fingerprint: model.fingerprint });
 * await index.add([{ id: 'a.jpg', vector, meta: { colour: 'red' } }]);
 * const { hits, exact } = await index.query(vector, { k: 10, filter: { meta: { colour: 'red' } } });
 */
export class LanceIndex implements VectorEngine {
  readonly dims: number;
  readonly fingerprint: string | null;
  readonly staleMs: number;
  readonly #open: OpenTable;
  readonly #where: string;
  /** One call at a time writes: a later one finds what an earlier one has added. */
  readonly #writing = new Mutex();
  readonly #states: StateReader;
  readonly #exactRows: number;
  readonly #minRecall: number;
  readonly #keeper: Keeper;
  readonly #maintains: boolean;
  #closed = false;

  private constructor(
    open: OpenTable,
    uri: string,
    { table, staleMs, exactRows, minRecall, maintain }: CheckedLanceOptions,
  ) {
    this.#open = open;
    this.#where = `"${table}" in ${uri}`;
    this.#states = new StateReader(open, this.#where);
    this.#exactRows = exactRows ?? Math.floor(exactValues / open.shape.dims);
    this.#minRecall = minRecall;
    this.#keeper = new Keeper(open, this.#states, this.#exactRows, minRecall);
    this.#maintains = maintain;
    this.dims = open.shape.dims;
    this.fingerprint = open.shape.note.fingerprint;
    this.staleMs = staleMs;
  }

  /**
   * Opens a table; with `dims`, makes it where there is none.
   *
   * @param uri a folder, `s3://bucket/path` (also `gs://`, `az://`), or `db://database` of LanceDB Cloud or Enterprise
   * @throws LikenessError `bad-argument`; `no-backend` where LanceDB is not installed; `not-found`; `model-mismatch`;
   *   `bad-file` where the table is not one of ours; `newer-format`; `storage-denied`, `storage-failed`
   * @example
   * const index = await LanceIndex.open('s3://shop/pictures', { endpoint: 'https://storage.example', dims: 512 });
   */
  static async open(uri: string, options: LanceOptions = {}): Promise<LanceIndex> {
    const checked = checkLanceOptions(uri, options);
    const open = await openTable(uri, checked);
    // Who may not write reads without: answers have each id once all the same.
    await repair(open, claimsOf(open.shape.schema)).catch(() => {});
    return new LanceIndex(open, uri, checked);
  }

  /**
   * Rows in the table.
   *
   * @throws LikenessError `closed`, a storage code
   * @example const rows = await index.size();
   */
  size(): Promise<number> {
    return this.#do('Counting rows', async () => {
      const twins = await this.#states.twins();
      const tooMany = [...twins.values()].reduce((sum, count) => sum + count, 0);
      return (await this.#open.table.countRows()) - tooMany;
    });
  }

  /**
   * The `k` nearest rows, nearest first; of one distance, those first that were added first.
   *
   * Up to `exactRows` rows that take part, LanceDB compares the query with all of them, in float32, and the answer is what
   * the float64 reference says: `exact` is true. Of more, LanceDB's index chooses candidates, which the reference orders:
   * `exact` is false, and `recall` says how many of the k nearest such answers hold. It is at least `minRecall`: where the
   * index has not shown that, all rows are compared.
   *
   * @param vector as many finite values as `dims`
   * @throws LikenessError `bad-argument`, `closed`, a storage code; the reason of `signal`
   * @example const { hits } = await index.query(vector, { k: 30, exclude: ['a.jpg'], maxDistance: 0.9 });
   */
  async query(vector: Float32Array, options: VectorQueryOptions = {}): Promise<VectorAnswer> {
    return this.#reading(async () => {
      const { filters, offset, ...limits } = askedOf(vector, options, this.dims);
      limits.signal?.throwIfAborted();
      const state = await this.#states.read();
      const compared = comparisonOf(filters, state.columns);
      const effort = effortOf(state, this.#minRecall);
      const { rows, exact } = await answer(this.#open, state, compared, limits, this.#exactRows, effort);
      this.#checkOpen();
      return { hits: rows.slice(offset).map(hitOf), exact, recall: exact ? null : recallOf(state) };
    });
  }

  /**
   * Copies of the vectors of some rows.
   *
   * @returns in the order of `ids`; `undefined` where there is no such row
   * @throws LikenessError `bad-argument`, `closed`, a storage code
   * @example const [vector] = await index.vectorsOf(['a.jpg']);
   */
  async vectorsOf(ids: Iterable<string>): Promise<(Float32Array | undefined)[]> {
    return this.#reading(async () => {
      const list = idsOf(ids, 'vectorsOf');
      const found = new Map<string, Float32Array>();
      for await (const batch of rowsById(this.#open, list, ['id', 'vector'])) {
        for (let row = 0; row < batch.numRows; row++) {
          found.set(cell(batch, 'id', row) as string, vectorAt(batch, row).slice());
        }
      }
      return list.map((id) => found.get(id)?.slice());
    });
  }

  /**
   * Ids and metadata in the order of adding, page by page.
   *
   * @returns `total`: how many rows the filter lets through
   * @throws LikenessError `bad-argument`, `closed`, a storage code; the reason of `signal`
   * @example const { entries, total } = await index.entries({ offset: 100, limit: 50 });
   */
  async entries(options: EntriesOptions = {}): Promise<{ entries: VectorEntry[]; total: number }> {
    return this.#reading(async () => {
      const { filters, ...page } = pageOf(options);
      page.signal?.throwIfAborted();
      const { columns } = await this.#states.read();
      const compared = comparisonOf(filters, columns);
      return readEntries(this.#open, compared, page, await this.#states.twins());
    });
  }

  /**
   * Whether there is a row of this id.
   *
   * @throws LikenessError `bad-argument`, `closed`, a storage code
   * @example const isThere = await index.has('a.jpg');
   */
  async has(id: string): Promise<boolean> {
    return (await this.entry(id)) !== undefined;
  }

  /**
   * A row's id and metadata.
   *
   * @throws LikenessError `bad-argument`, `closed`, a storage code
   * @example const { meta } = (await index.entry('a.jpg')) ?? {};
   */
  async entry(id: string): Promise<VectorEntry | undefined> {
    return this.#reading(async () => {
      for await (const batch of rowsById(this.#open, idsOf([id], 'entry'), ['id', 'meta'])) {
        if (batch.numRows > 0) return entryOf(id, metaAt(batch, 0));
      }
      return undefined;
    });
  }

  /**
   * Adds rows; one whose id is there is replaced and keeps its place in the order. Rows are read some thousand at a time,
   * so any number takes no more memory. After an abort or an error the rows before are there;
   * of a list with a row that is wrong, none is.
   *
   * @throws LikenessError `bad-argument`, `closed`, a storage code; the reason of `signal`; what `rows` or `onProgress`
   *   throws
   * @example const { added, replaced } = await index.add([{ id: 'a.jpg', vector, meta: { year: 2024 } }]);
   */
  async add(
    rows: Iterable<VectorRow> | AsyncIterable<VectorRow>,
    options: Pick<CallOptions, 'signal'> & {
      onProgress?: ((progress: { done: number }) => void) | undefined;
    } = {},
  ): Promise<VectorsAdded> {
    this.#checkOpen();
    const { onProgress } = optionsOf(options, 'add', '{ signal }');
    const how = { checkRow: (row: unknown) => rowOf(row, this.dims), onProgress };
    const signal = signalOf(options.signal);
    const check = (): void => {
      signal?.throwIfAborted();
      this.#checkOpen();
    };
    // Of a list all are looked at before the first is written.
    if (Array.isArray(rows)) for (const row of rows) how.checkRow(row);
    const added = await this.#writing.run(() => {
      this.#checkOpen();
      return addRows(this.#open, this.#where, rows, { ...how, check });
    });
    if (this.#maintains) await this.#keeper.startWhereDue();
    return added;
  }

  /**
   * Removes rows. When this resolves, no later call of this object finds them.
   *
   * @returns how many there were
   * @throws LikenessError `bad-argument`, `closed`, a storage code
   * @example await index.remove(['a.jpg']);
   */
  async remove(ids: Iterable<string>): Promise<number> {
    this.#checkOpen();
    const parts = [...idParts(ids, 'remove')];
    return this.#writing.run(() => this.#do('Removing rows', () => this.#open.ways.remove(parts)));
  }

  /**
   * Merges small files, removes versions that are older than `keepMs`, brings the indices up to date and, where the table
   * has grown by a fifth, measures recall anew; where it is less than `minRecall`, with more candidates and partitions. One
   * process of all is enough; others may read and write meanwhile. With `maintain` (the default) a process that adds does
   * it by itself.
   *
   * @throws LikenessError `bad-argument`, `closed`, a storage code; the reason of `signal`
   * @example const { exact, recall } = await index.compact();
   */
  async compact(options: CompactOptions = {}): Promise<CompactReport> {
    this.#checkOpen();
    return this.#keeper.compact(options);
  }

  /**
   * Names the state of the table: it changes with every change.
   *
   * @throws LikenessError `closed`, a storage code
   * @example const tag = `"${await index.version()}"`;
   */
  version(): Promise<string> {
    return this.#do('Reading the version', async () => `${await this.#open.table.version()}`);
  }

  /**
   * Ends the connection, when calls that write have ended, and what `maintain` does.
   *
   * @example await index.close();
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing.idle();
    await this.#keeper.end();
    this.#open.table.close();
    this.#open.close();
  }

  #do<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return this.#reading(() => engineCall(doing, work));
  }

  /** A call of this object. What it meets because of `close` is told as that. */
  async #reading<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    try {
      return await work();
    } catch (error) {
      this.#checkOpen();
      throw error;
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new LikenessError('closed', 'This index was closed; open another.');
  }
}
