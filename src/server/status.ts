import type { Recall, VectorAnswer, VectorEngine } from '../engine/vector-engine.ts';

/** Whether answers are exact now, and what was measured where they are not. */
export interface Exactness {
  exact: boolean;
  recall: Recall | null;
}

/** Follows what the answers of an engine say of themselves. */
export class Watch {
  readonly #engine: VectorEngine;
  #last: Exactness | undefined;

  constructor(engine: VectorEngine) {
    this.#engine = engine;
  }

  note({ exact, recall }: VectorAnswer): void {
    this.#last = { exact, recall };
  }

  /** Before the first query somebody has to ask one. */
  async state(): Promise<Exactness> {
    if (!this.#last) this.note(await this.#engine.query(new Float32Array(this.#engine.dims), { k: 1 }));
    return this.#last!;
  }
}
