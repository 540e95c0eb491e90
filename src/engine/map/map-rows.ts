import { type Neighbours, noRow } from '../../knn/search/found.ts';
import { fuzzyGraph, type NearestRows } from './fuzzy-graph.ts';
import { layOut } from './layout.ts';
import { type PrincipalAxes, principalAxes, project } from './principal-axes.ts';

/** Rows to make a map of, by numbers from 0. */
export interface MappedRows {
  readonly dimension: number;
  readonly count: number;
  /** Copies of some rows; NaN for one that has gone. */
  read(numbers: readonly number[]): Promise<Float32Array>;
  /**
   * The nearest of these rows, exactly, ties by number.
   *
   * @returns `rows` are numbers; {@link noRow} for one that is not among these
   */
  nearest(queries: Float32Array, k: number): Promise<Pick<Neighbours, 'k' | 'counts' | 'rows' | 'distances'>>;
  /** Whether a row has not gone. */
  isThere(row: number): boolean;
}

/** A step of some milliseconds. */
export interface MapRowsStep {
  phase: 'compare' | 'layout';
  /** How much of the phase is done, 0 … 1. */
  done: number;
}

/** Where rows are in the plane; those that have gone are not among them. */
export interface RowPlaces {
  numbers: Uint32Array;
  /** numbers.length × 2, of any extent. */
  places: Float64Array;
}

/** Values of the sample that tells how rows differ. */
const sampleValues = 1 << 21;
const rowsPerRead = 512;
/** A block of queries is made smaller or larger until it takes about so long. */
const aimMs = 50;
const [firstQueries, mostQueries] = [8, 512];

/**
 * Places rows in the plane so that near rows are near each other: exact nearest neighbours, UMAP's graph of them, and a
 * layout that begins with the principal components. The same rows in the same order give the same places.
 *
 * @param neighbours of each row; 1 or more
 */
export async function* mapRows(rows: MappedRows, neighbours: number): AsyncGenerator<MapRowsStep, RowPlaces> {
  const { count } = rows;
  const start: MapRowsStep = { phase: 'compare', done: 0 };
  const sample = yield* readSample(rows, start);
  const axes = yield* steps(principalAxes(sample, rows.dimension), () => start);
  const compared = yield* compare(rows, Math.min(neighbours, count - 1), axes);
  yield { phase: 'compare', done: 1 };
  const numbers = Uint32Array.from({ length: count }, (_, n) => n).filter((n) => rows.isThere(n));
  const { nearest, places } = without(compared, numbers);
  const graph = yield* steps(fuzzyGraph(nearest), () => ({ phase: 'layout', done: 0 }));
  yield* steps(layOut(graph, places), (done) => ({ phase: 'layout', done }));
  return { numbers, places };
}

/** Some rows, evenly from all. */
async function* readSample(rows: MappedRows, step: MapRowsStep): AsyncGenerator<MapRowsStep, Float32Array> {
  const { dimension: d, count } = rows;
  const taken = Math.min(count, Math.max(2, Math.floor(sampleValues / d)));
  const numbers = Array.from({ length: taken }, (_, n) => Math.floor((n * count) / taken));
  const sample = new Float32Array(taken * d);
  let there = 0;
  for (let first = 0; first < taken; first += rowsPerRead) {
    const values = await rows.read(numbers.slice(first, first + rowsPerRead));
    for (let at = 0; at < values.length; at += d) {
      if (!Number.isNaN(values[at])) sample.set(values.subarray(at, at + d), there++ * d);
    }
    yield step;
  }
  return sample.subarray(0, there * d);
}

interface Compared {
  nearest: NearestRows;
  /** count × 2, along the axes. */
  places: Float64Array;
}

async function* compare(
  rows: MappedRows,
  k: number,
  { mean, axes }: PrincipalAxes,
): AsyncGenerator<MapRowsStep, Compared> {
  const { dimension: d, count } = rows;
  const places = new Float64Array(count * 2);
  if (k < 1)
    return { nearest: { count, k: 0, rows: new Uint32Array(), distances: new Float64Array() }, places };
  const nearest = {
    count,
    k,
    rows: new Uint32Array(count * k).fill(noRow),
    distances: new Float64Array(count * k),
  };
  let atOnce = firstQueries;
  for (let first = 0; first < count; ) {
    const began = performance.now();
    const asked = Array.from({ length: Math.min(atOnce, count - first) }, (_, n) => first + n);
    const values = await rows.read(asked);
    const there = asked.filter((_, n) => !Number.isNaN(values[n * d]));
    const queries = new Float32Array(there.length * d);
    for (const [at, row] of there.entries()) {
      const own = values.subarray((row - first) * d, (row - first + 1) * d);
      queries.set(own, at * d);
      places.set(project(own, mean, axes), row * 2);
    }
    if (there.length > 0) {
      // One more: the row itself is among them, or is farther by its number than as many equal ones.
      const found = await rows.nearest(queries, k + 1);
      for (const [at, row] of there.entries()) take(nearest, row, found, at);
    }
    first += asked.length;
    yield { phase: 'compare', done: first / count };
    const ms = performance.now() - began;
    if (ms < aimMs) atOnce = Math.min(mostQueries, atOnce * 2);
    else if (ms > 2 * aimMs) atOnce = Math.max(1, atOnce / 2);
  }
  return { nearest, places };
}

/** Takes what was found for a row, but for itself. */
function take(
  { k, rows, distances }: NearestRows,
  row: number,
  found: Awaited<ReturnType<MappedRows['nearest']>>,
  query: number,
): void {
  let rank = 0;
  for (let at = query * found.k; at < query * found.k + found.counts[query]! && rank < k; at++) {
    const other = found.rows[at]!;
    if (other === row || other === noRow) continue;
    rows[row * k + rank] = other;
    distances[row * k + rank++] = found.distances[at]!;
  }
}

/** What was found, without rows that have gone: the others move up. */
function without({ nearest, places }: Compared, numbers: Uint32Array): Compared {
  const { count, k } = nearest;
  if (numbers.length === count) return { nearest, places };
  const moved = new Uint32Array(count).fill(noRow);
  for (const [n, number] of numbers.entries()) moved[number] = n;
  const left: Compared = {
    nearest: {
      count: numbers.length,
      k,
      rows: new Uint32Array(numbers.length * k).fill(noRow),
      distances: new Float64Array(numbers.length * k),
    },
    places: Float64Array.from(
      { length: numbers.length * 2 },
      (_, i) => places[numbers[i >> 1]! * 2 + (i & 1)]!,
    ),
  };
  for (const [n, number] of numbers.entries()) {
    const from = number * k;
    const others = nearest.rows.subarray(from, from + k).map((row) => (row === noRow ? row : moved[row]!));
    const found = {
      k,
      counts: Uint32Array.of(k),
      rows: others,
      distances: nearest.distances.subarray(from, from + k),
    };
    take(left.nearest, n, found, 0);
  }
  return left;
}

function* steps<T, R>(work: Generator<T, R>, step: (done: T) => MapRowsStep): Generator<MapRowsStep, R> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    yield step(value);
  }
}

/**
 * Coordinates 0 … 1: the longer side of the map reaches from 0 to 1, the other one lies in the middle.
 *
 * @returns n × 2
 */
export function scaled(places: Float64Array): Float32Array {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [i, place] of places.entries()) {
    low[i & 1] = Math.min(low[i & 1]!, place);
    high[i & 1] = Math.max(high[i & 1]!, place);
  }
  const extent = Math.max(high[0]! - low[0]!, high[1]! - low[1]!);
  return Float32Array.from(places, (place, i) => {
    const middle = (low[i & 1]! + high[i & 1]!) / 2;
    // What rounding puts outside is inside.
    return extent > 0 ? Math.min(1, Math.max(0, (place - middle) / extent + 0.5)) : 0.5;
  });
}
