import type { Candidates, RowSet } from '../backend/backend.ts';
import { BoundsScratch } from './bounds-scratch.ts';
import { Cascade } from './cascade.ts';
import type { QuantisedRows } from './quantised-rows.ts';
import type { RowMemory } from './row-memory.ts';
import { Scan } from './scan.ts';

/** For a larger part of the rows than this, quantised rows are of no use. */
const maxQuantisedPart = 1 / 8;

/** Candidates from one thread's rows: by quantised rows where these decide, else by a scan of the full ones. */
export class Searcher {
  readonly #rows: RowMemory;
  readonly #cascade: Cascade | undefined;

  constructor(
    rows: RowMemory,
    quantised: QuantisedRows | undefined,
    scratch: BoundsScratch = new BoundsScratch(),
  ) {
    this.#rows = rows;
    this.#cascade = quantised && new Cascade(quantised, rows, scratch);
  }

  /** As `Backend.candidates`. */
  candidates(queries: Float32Array, k: number, skip: RowSet | undefined): Candidates[] {
    const d = this.#rows.dimension;
    const found: (Candidates | undefined)[] =
      this.#cascade && k <= maxQuantisedPart * this.#rows.count
        ? this.#cascade.candidates(queries, k, skip)
        : new Array(queries.length / d).fill(undefined);
    const open = [...found.keys()].filter((at) => !found[at]);
    const scan = new Scan(this.#rows, k, skip);
    for (let first = 0; first < open.length; first += this.#rows.queriesPerPass) {
      const part = open.slice(first, first + this.#rows.queriesPerPass);
      const answers = scan.candidates(part.map((at) => queries.subarray(at * d, (at + 1) * d)));
      for (const [i, at] of part.entries()) found[at] = answers[i]!;
    }
    return found as Candidates[];
  }
}
