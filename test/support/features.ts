import { writeFile } from 'node:fs/promises';
import { encodeNpy } from '../../src/python/npy.ts';
import { seeded } from './random.ts';

/** Values in a feature vector of the model that is built in. */
export const dimension = 512;

/** Vectors of length 1, n × 512; the same for the same seed. */
export function unitVectors(n: number, seed = 1): Float32Array<ArrayBuffer> {
  const next = seeded(seed);
  const values = Float32Array.from({ length: n * dimension }, () => next() - 0.5);
  for (let row = 0; row < n; row++) {
    const vector = values.subarray(row * dimension, (row + 1) * dimension);
    const length = Math.hypot(...vector);
    for (let i = 0; i < dimension; i++) vector[i]! /= length;
  }
  return values;
}

/** Writes rows of {@link dimension} values as NumPy would. */
export const saveRows = (path: string, values: Float32Array): Promise<void> =>
  writeFile(path, encodeNpy(values, [values.length / dimension, dimension]));

export const saveJson = (path: string, value: unknown): Promise<void> =>
  writeFile(path, JSON.stringify(value));
