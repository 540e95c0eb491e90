import { Mutex } from '../base/lock.ts';
import { answer } from './answer.ts';
import { comparisonOf } from './asked.ts';
import { type CompactReport, maintain, needsIndex } from './maintain.ts';
import { type CompactOptions, compactOptions } from './options.ts';
import type { StateReader } from './state.ts';
import { engineCall, type OpenTable } from './table.ts';

/** Keeps a table in order: when it is asked to, and by itself where the index is missing or old. One pass at a time. */
export class Keeper {
  readonly #open: OpenTable;
  readonly #states: StateReader;
  readonly #exactRows: number;
  readonly #turns = new Mutex();
  #isUnderWay = false;

  constructor(open: OpenTable, states: StateReader, exactRows: number) {
    this.#open = open;
    this.#states = states;
    this.#exactRows = exactRows;
  }

  compact(options: CompactOptions): Promise<CompactReport> {
    const { keepMs, recallQueries, signal } = compactOptions(options);
    return this.#turns.run(() =>
      maintain(this.#open, this.#states, {
        exactRows: this.#exactRows,
        keepMs,
        recallQueries,
        both: (vector, without, k) => this.#both(vector, without, k),
        check: () => signal?.throwIfAborted(),
      }),
    );
  }

  /** Starts a pass where one is due. Rows that are not in the index are found meanwhile. */
  async startWhereDue(): Promise<void> {
    const state = await this.#states.read();
    if (state.rows <= this.#exactRows || this.#isUnderWay) return;
    const { table } = this.#open;
    const statistics =
      state.index && (await engineCall('Reading the index', () => table.indexStats('vector_idx')));
    if (!needsIndex(state, this.#exactRows, statistics?.numUnindexedRows ?? 0)) return;
    this.#isUnderWay = true;
    // Where it fails, rows are compared one by one as before, and the next call tries again.
    this.compact({})
      .catch(() => {})
      .finally(() => {
        this.#isUnderWay = false;
      });
  }

  /** Resolves when no pass is under way. */
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  async #both(
    vector: Float32Array,
    without: string,
    k: number,
  ): Promise<{ exact: string[]; found: string[] }> {
    const state = await this.#states.read();
    const compared = comparisonOf({ exclude: [without] }, state.columns);
    const limits = { query: vector, wanted: k, maxDistance: Number.POSITIVE_INFINITY };
    const ways = [Number.POSITIVE_INFINITY, this.#exactRows].map(async (exactRows) => {
      const { rows } = await answer(this.#open, state, compared, limits, exactRows);
      return rows.map(({ id }) => id);
    });
    const [exact = [], found = []] = await Promise.all(ways);
    return { exact, found };
  }
}
