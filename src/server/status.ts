import type { Recall, VectorAnswer, VectorEngine } from '../engine/vector-engine.ts';

/** Whether answers are exact now, and what was measured where they are not. */
export interface Exactness {
  exact: boolean;
  recall: Recall | null;
}

/** An answer of so many milliseconds ago says nothing any more: the index may have grown. */
const freshMs = 60_000;

/** Follows what the answers of an engine say of themselves. */
export class Watch {
  readonly #engine: VectorEngine;
  #last: Exactness | undefined;
  #at = 0;

  constructor(engine: VectorEngine) {
    this.#engine = engine;
  }

  /** @param answer of a query of all rows: with a filter an engine may well be exact where it is not without */
  note({ exact, recall }: VectorAnswer): void {
    this.#last = { exact, recall };
    this.#at = performance.now();
  }

  /** Where nobody has asked lately, this asks. */
  async state(): Promise<Exactness> {
    const isFresh = this.#last && performance.now() - this.#at < freshMs;
    if (!isFresh) this.note(await this.#engine.query(new Float32Array(this.#engine.dims), { k: 1 }));
    return this.#last!;
  }
}
