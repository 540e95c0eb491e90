import { hasUnitLength, lengthOf } from '../knn/search/vectors.ts';
import { say } from './print.ts';

/** The lengths of vectors; a model's own have length 1. */
export class Lengths {
  #shortest = Number.POSITIVE_INFINITY;
  #longest = 0;
  #others = 0;
  #count = 0;

  add(vector: Float32Array): void {
    const length = lengthOf(vector);
    this.#shortest = Math.min(this.#shortest, length);
    this.#longest = Math.max(this.#longest, length);
    this.#count++;
    if (!hasUnitLength(vector)) this.#others++;
  }

  warn(): void {
    if (this.#others === 0) return;
    say(
      `${this.#others} of ${this.#count} vectors are not of length 1, as the model's own are: from ${this.#shortest.toPrecision(4)} to ${this.#longest.toPrecision(4)}. Divide by np.linalg.norm to compare with pictures.`,
    );
  }
}
