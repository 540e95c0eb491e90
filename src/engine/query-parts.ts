import { LikenessError } from '../base/errors.ts';
import { firstNotFinite } from '../knn/search/vectors.ts';

/** Of each query the weights of its pictures, which follow one another in one list. */
export type Weights = readonly (readonly number[])[];

/** The items of each query. */
export function groups<T>(items: readonly T[], weights: Weights): T[][] {
  let end = 0;
  return weights.map(({ length }) => {
    end += length;
    return items.slice(end - length, end);
  });
}

/** @throws LikenessError `bad-argument` */
export function checkVector(vector: Float32Array, dimension: number): Float32Array {
  if (vector.length !== dimension) {
    throw new LikenessError(
      'bad-argument',
      `A feature vector has ${vector.length} values, this model's have ${dimension}; use vectors made by the same model.`,
    );
  }
  const at = firstNotFinite(vector);
  if (at >= 0) {
    throw new LikenessError(
      'bad-argument',
      `A feature vector has ${vector[at]} as its value ${at}; features are finite numbers.`,
    );
  }
  return vector;
}
