import { Mutex } from '../base/lock.ts';
import { answer } from './answer.ts';
import { comparisonOf } from './asked.ts';
import { type CompactReport, maintain, needsIndex } from './maintain.ts';
import { type CompactOptions, compactOptions } from './options.ts';
import type { SampledQuery } from './recall.ts';
import type { StateReader } from './state.ts';
import type { OpenTable } from './table.ts';

/** Keeps a table in order: when it is asked to, and by itself where the index is missing or old. One pass at a time. */
export class Keeper {
  readonly #open: OpenTable;
  readonly #states: StateReader;
  readonly #exactRows: number;
  readonly #minRecall: number;
  readonly #turns = new Mutex();
  #isUnderWay = false;
  #isEnding = false;

  constructor(open: OpenTable, states: StateReader, exactRows: number, minRecall: number) {
    this.#open = open;
    this.#states = states;
    this.#exactRows = exactRows;
    this.#minRecall = minRecall;
  }

  compact(options: CompactOptions): Promise<CompactReport> {
    const { keepMs, recallQueries, signal } = compactOptions(options);
    return this.#turns.run(() =>
      maintain(this.#open, this.#states, {
        exactRows: this.#exactRows,
        keepMs,
        recallQueries,
        minRecall: this.#minRecall,
        ask: (query, k, effort) => this.#ask(query, k, effort),
        check: () => signal?.throwIfAborted(),
        mayWait: () => {
          signal?.throwIfAborted();
          return !this.#isEnding;
        },
      }),
    );
  }

  /** Starts a pass where one is due. Rows that are not in the index are found meanwhile. */
  async startWhereDue(): Promise<void> {
    const state = await this.#states.read();
    if (state.rows <= this.#exactRows || this.#isUnderWay) return;
    const unindexed = state.index ? await this.#open.ways.unindexed() : 0;
    if (!needsIndex(state, this.#exactRows, unindexed)) return;
    this.#isUnderWay = true;
    // Where it fails, rows are compared one by one as before, and the next call tries again.
    this.compact({})
      .catch(() => {})
      .finally(() => {
        this.#isUnderWay = false;
      });
  }

  /** Resolves when no pass is under way; none waits for a service any more. */
  end(): Promise<void> {
    this.#isEnding = true;
    return this.#turns.idle();
  }

  async #ask({ id, vector }: SampledQuery, k: number, effort: number | 'exact'): Promise<string[]> {
    const state = await this.#states.read();
    const compared = comparisonOf({ exclude: [id] }, state.columns);
    const limits = { query: vector, wanted: k, maxDistance: Number.POSITIVE_INFINITY };
    const taken = effort === 'exact' ? undefined : effort;
    const { rows } = await answer(this.#open, state, compared, limits, this.#exactRows, taken);
    return rows.map(({ id: found }) => found);
  }
}
