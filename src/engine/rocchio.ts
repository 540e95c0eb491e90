import { LikenessError } from '../base/errors.ts';
import { lengthOf } from '../knn/search/vectors.ts';

/** A sum that is shorter than this part of what was added is made of roundings: float32 features have seven digits. */
const nothing = 1e-6;

/**
 * One query of several pictures, by Rocchio's formula (J. J. Rocchio, "Relevance feedback in information retrieval", in:
 * Salton, The SMART Retrieval System, 1971; Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008,
 * equation 9.3):
 *
 * q = 1/|P| · Σ wᵢ·xᵢ over P − 1/|N| · Σ |wᵢ|·xᵢ over N, then divided by its norm
 *
 * P are the pictures with a weight above 0, N those with one below; xᵢ are their features, each divided by its norm. So
 * each side counts by the mean of its weights (the book's β and γ), however many pictures it has. The first query has no
 * term of its own (α): it is one of P.
 *
 * @param vectors n × d, finite
 * @param weights n, finite, not 0, at least one above 0
 * @param what the query's name in a message
 * @throws LikenessError `bad-argument` where nothing is left
 */
export function rocchio(
  vectors: readonly Float32Array[],
  weights: readonly number[],
  what = 'The query',
): Float32Array {
  // Of the largest: sums of weights like 1e308 are finite then.
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const positive = weights.filter((weight) => weight > 0).length;
  const sum = new Float64Array(vectors[0]!.length);
  let added = 0;
  for (const [at, vector] of vectors.entries()) {
    const length = lengthOf(vector);
    if (length === 0)
      throw nothingLeft(`${what} has a picture (${at}, counted from 0) whose features are all 0`);
    const share = weights[at]! / largest / (weights[at]! > 0 ? positive : weights.length - positive);
    for (const [j, value] of vector.entries()) sum[j]! += (share * value) / length;
    added += Math.abs(share);
  }
  const norm = lengthOf(sum);
  if (norm <= nothing * added) throw nothingLeft(`The pictures of ${lower(what)} cancel each other out`);
  return Float32Array.from(sum, (value) => value / norm);
}

const lower = (text: string): string => text[0]!.toLowerCase() + text.slice(1);

const nothingLeft = (why: string): LikenessError =>
  new LikenessError(
    'bad-argument',
    `${why}: nothing is left to search by. Leave one out, or change its weight.`,
  );
