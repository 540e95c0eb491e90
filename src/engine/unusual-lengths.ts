import { hasUnitLength } from '../knn/search/vectors.ts';

/**
 * Which of an index's rows are not of length 1, by position: a model's own features are, and distances to others say
 * nothing. Mostly there are none.
 */
export class UnusualLengths {
  #positions = new Set<number>();
  /** Rows. */
  #rows = 0;

  get count(): number {
    return this.#positions.size;
  }

  add(row: Float32Array): void {
    if (!hasUnitLength(row)) this.#positions.add(this.#rows);
    this.#rows++;
  }

  replace(position: number, row: Float32Array): void {
    if (hasUnitLength(row)) this.#positions.delete(position);
    else this.#positions.add(position);
  }

  /** @param positions ascending; those behind move up */
  remove(positions: readonly number[]): void {
    this.#rows -= positions.length;
    if (this.#positions.size === 0) return;
    const kept = new Set<number>();
    let passed = 0;
    for (const position of [...this.#positions].sort((a, b) => a - b)) {
      while (positions[passed]! < position) passed++;
      if (positions[passed] !== position) kept.add(position - passed);
    }
    this.#positions = kept;
  }

  clear(): void {
    this.#positions.clear();
    this.#rows = 0;
  }
}
