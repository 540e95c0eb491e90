import type { Dense } from './dense/dense.wasm.ts';
import type { CpuGraph } from './graph.ts';
import type { Manifest } from './manifest.ts';
import { normaliseRows } from './normalise.ts';

/** How much each place of a picture counts for its similarity to a vector. */
export interface Sensitivity {
  /** Cells of a side. */
  side: number;
  /** side × side, row by row: how much of the similarity the cell brings; 0 where it takes from it. */
  values: Float32Array;
  /** Cosine of the picture's features and the vector. */
  similarity: number;
}

/** What computes features on the CPU. */
export interface CpuNetwork {
  manifest: Manifest;
  graph: CpuGraph;
  /** Left out where the graph gives the features. */
  dense: Dense | undefined;
}

/** Places that a side of the layer that is looked at has at least, where the network has so many. */
const leastPlaces = 14;
/** Places of a side of a cell, and of the square around it that stands for it. */
const cellPlaces = 2;
const squarePlaces = 6;
/** Cells that one call of the graph takes; each is two pictures. */
const cellsPerCall = 4;

/**
 * Where squares are taken: before the last block of layers that takes 14 × 14 places or more. Of VGG16 that is the
 * fifth (14 × 14), of the compact network the third (16 × 16).
 */
function layerOfSquares({ convolutions, preprocessing }: Manifest): { at: number; places: number } {
  let places = preprocessing.width;
  let found = { at: 0, places };
  for (const [layer, { pool }] of convolutions.entries()) {
    if (!pool) continue;
    places /= 2;
    if (places >= leastPlaces && layer + 1 < convolutions.length) found = { at: layer + 1, places };
  }
  return found;
}

/**
 * What each cell of a grid brings to a similarity: the mean of what the similarity falls by when a square around the cell is
 * set to zero in all channels of the activations, and what it rises by when that square alone is not zero. These are the
 * cell's contributions to the largest and to the smallest coalition, the outer two terms of its Shapley value. The first
 * alone is occlusion sensitivity; it says 0 where what is left of an object is enough.
 *
 * @param input 1 × 3 × height × width
 * @param other of the same model; any length
 * @param onStep told how many cells are done; what it rejects with ends the work
 */
export async function sensitivity(
  { manifest, graph, dense }: CpuNetwork,
  input: Float32Array,
  other: Float32Array,
  onStep: (done: number, total: number) => Promise<void>,
): Promise<Sensitivity> {
  const { at, places } = layerOfSquares(manifest);
  const { dimension } = manifest.output;
  const norm = Math.sqrt(other.reduce((sum, value) => sum + value ** 2, 0)) || 1;
  /** Cosines of some pictures, from the activations before the layer. */
  const similarities = async (activations: Float32Array, n: number): Promise<number[]> => {
    const output = await graph.run(activations, n, { from: at });
    const features = normaliseRows(dense ? dense.run(output, n) : output, dimension);
    return Array.from({ length: n }, (_, picture) => {
      const row = features.subarray(picture * dimension, (picture + 1) * dimension);
      return row.reduce((sum, value, j) => sum + value * other[j]!, 0) / norm;
    });
  };

  const activations = at === 0 ? input : await graph.run(input, 1, { to: at });
  const { length } = activations;
  const both = new Float32Array(2 * length);
  both.set(activations);
  const [similarity, ofNothing] = (await similarities(both, 2)) as [number, number];
  const side = Math.ceil(places / cellPlaces);
  const cells = side * side;
  const values = new Float32Array(cells);
  let done = 0;
  const some = async (first: number): Promise<void> => {
    const n = Math.min(cellsPerCall, cells - first);
    const block = new Float32Array(2 * n * length);
    for (let k = 0; k < n; k++) {
      const without = block.subarray(2 * k * length, (2 * k + 1) * length);
      without.set(activations);
      const alone = block.subarray((2 * k + 1) * length, (2 * k + 2) * length);
      moveSquare(without, alone, places, Math.floor((first + k) / side), (first + k) % side);
    }
    const found = await similarities(block, 2 * n);
    for (let k = 0; k < n; k++) {
      const [without, alone] = [found[2 * k]!, found[2 * k + 1]!];
      values[first + k] = Math.max(0, (similarity - without + (alone - ofNothing)) / 2);
    }
    done += n;
  };
  const step = cellsPerCall * graph.threads;
  for (let first = 0; first < cells; first += step) {
    await onStep(done, cells);
    const calls: Promise<void>[] = [];
    for (let from = first; from < Math.min(first + step, cells); from += cellsPerCall) calls.push(some(from));
    await Promise.all(calls);
  }
  await onStep(done, cells);
  return { side, values, similarity };
}

/** Moves the square around a cell, in all channels: zeros are left. */
function moveSquare(from: Float32Array, to: Float32Array, places: number, row: number, column: number): void {
  const around = (squarePlaces - cellPlaces) / 2;
  const first = (cell: number): number => Math.max(0, cell * cellPlaces - around);
  const end = (cell: number): number => Math.min(places, (cell + 1) * cellPlaces + around);
  for (let plane = 0; plane < from.length; plane += places * places) {
    for (let y = first(row); y < end(row); y++) {
      const line = from.subarray(plane + y * places + first(column), plane + y * places + end(column));
      to.set(line, plane + y * places + first(column));
      line.fill(0);
    }
  }
}
