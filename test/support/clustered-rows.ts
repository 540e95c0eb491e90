import { gaussian, seeded } from './random.ts';

/** Normal values that all rows are made of: drawing new ones would take longer than what is measured. */
const poolSize = 2 ** 20;
const pool = Float32Array.from({ length: poolSize }, gaussian(seeded(1)));

/**
 * Rows as features of many pictures are: subjects, scenes of a subject, pictures of a scene; not negative, half of the
 * values 0, of length 1. Row n is the same in every process, whatever rows were made before.
 */
export class ClusteredRows {
  readonly #d: number;
  readonly #subjects: number;
  readonly #scenes: number;

  /** @param n rows of the whole set; rows behind them are queries of the same subjects and scenes */
  constructor(n: number, d: number) {
    this.#d = d;
    this.#subjects = Math.ceil(Math.sqrt(n));
    this.#scenes = Math.ceil(n / 20);
  }

  row(n: number): Float32Array {
    const random = seeded(n);
    const scene = Math.floor(random() * this.#scenes);
    const subject = Math.floor(seeded(-1 - scene)() * this.#subjects);
    const at = [seeded(2 ** 30 + subject)(), seeded(2 ** 31 + scene)(), random()].map((x) =>
      Math.floor(x * (poolSize - this.#d)),
    ) as [number, number, number];
    const row = new Float32Array(this.#d);
    let squared = 0;
    for (let j = 0; j < row.length; j++) {
      const value = pool[at[0] + j]! + 0.6 * pool[at[1] + j]! + 0.4 * pool[at[2] + j]!;
      row[j] = Math.max(0, value);
      squared += row[j]! * row[j]!;
    }
    const length = Math.sqrt(squared) || 1;
    for (let j = 0; j < row.length; j++) row[j]! /= length;
    return row;
  }

  /** Rows one after another. */
  block(from: number, count: number): Float32Array<ArrayBuffer> {
    const block = new Float32Array(count * this.#d);
    for (let n = 0; n < count; n++) block.set(this.row(from + n), n * this.#d);
    return block;
  }
}
