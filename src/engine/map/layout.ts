import type { FuzzyGraph } from './fuzzy-graph.ts';
import { randomSigned, randomWords } from './random.ts';

/** Pushes for each pull, and how much stronger one is: LargeVis' values. */
const pushesPerPull = 5;
const pushStrength = 7;
/** The largest step, and what keeps a push between equal places finite: UMAP's. */
const maxStep = 4;
const softening = 0.001;
/** How far from the middle the layout begins, and how equal places part. */
const startExtent = 10;
const startNoise = 1e-4;
/** Pairs that are looked at between two pauses. */
const pairsAtOnce = 1 << 15;

/** How often the strongest pairs are pulled. A small map costs little. */
const epochsOf = (count: number): number => (count <= 5000 ? 500 : 200);

/**
 * Places in the plane, by stochastic gradient descent: rows that belong together are pulled to each other, as often as the
 * graph's weight says, and pushed from rows that are drawn. The objective is LargeVis' (Tang, Liu, Zhang and Mei,
 * Visualizing Large-scale and High-dimensional Data, 2016, equation 6): nearness is 1/(1 + d²), pushes count seven times.
 * UMAP's has powers of d in it, which engines round differently, and pushes that count once, which keeps fewer neighbours
 * (Böhm, Berens and Kobak, Attraction-Repulsion Spectrum in Neighbor Embeddings, 2022).
 *
 * @param places count × 2, where it begins; they are moved
 * @returns yields which part of it is done
 */
export function* layOut({ count, ...pairs }: FuzzyGraph, places: Float64Array): Generator<number> {
  begin(places);
  const epochs = epochsOf(count);
  const strongest = pairs.weights.reduce((most, weight) => Math.max(most, weight), 0);
  const periods = pairs.weights.map((weight) => strongest / weight);
  const schedule = { ...pairs, periods, next: periods.slice() };
  const draw = randomWords(2);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const rate = 1 - (epoch - 1) / epochs;
    for (let first = 0; first < periods.length; first += pairsAtOnce) {
      yield (epoch - 1 + first / periods.length) / epochs;
      move(places, schedule, { epoch, rate, first, end: first + pairsAtOnce, draw });
    }
  }
}

/** Spreads the places. */
function begin(places: Float64Array): void {
  const extent = places.reduce((most, place) => Math.max(most, Math.abs(place)), 0);
  const noise = randomSigned(3);
  for (let i = 0; i < places.length; i++) {
    places[i] = (extent > 0 ? (places[i]! / extent) * startExtent : 0) + noise() * startNoise;
  }
}

interface Schedule extends Pick<FuzzyGraph, 'from' | 'to'> {
  /** Of each pair: epochs between two pulls, and the epoch of the next. */
  periods: Float32Array;
  next: Float32Array;
}

interface Part {
  epoch: number;
  rate: number;
  first: number;
  end: number;
  draw: () => number;
}

/** A part of an epoch. All in one function: here the time goes. */
function move(
  places: Float64Array,
  { from, to, periods, next }: Schedule,
  { epoch, rate, first, end, draw }: Part,
): void {
  const count = places.length / 2;
  const last = Math.min(end, periods.length);
  for (let pair = first; pair < last; pair++) {
    if (next[pair]! > epoch) continue;
    next[pair]! += periods[pair]!;
    for (let direction = 0; direction < 2; direction++) {
      const one = 2 * (direction === 0 ? from[pair]! : to[pair]!);
      const other = 2 * (direction === 0 ? to[pair]! : from[pair]!);
      let [x, y] = [places[one]!, places[one + 1]!];
      let dx = x - places[other]!;
      let dy = y - places[other + 1]!;
      const pull = -2 / (1 + dx * dx + dy * dy);
      dx = clipped(pull * dx) * rate;
      dy = clipped(pull * dy) * rate;
      x += dx;
      y += dy;
      places[other]! -= dx;
      places[other + 1]! -= dy;
      for (let i = 0; i < pushesPerPull; i++) {
        const drawn = 2 * Math.floor((draw() / 2 ** 32) * count);
        dx = x - places[drawn]!;
        dy = y - places[drawn + 1]!;
        const squared = dx * dx + dy * dy;
        const push = (2 * pushStrength) / ((softening + squared) * (1 + squared));
        x += clipped(push * dx) * rate;
        y += clipped(push * dy) * rate;
      }
      places[one] = x;
      places[one + 1] = y;
    }
  }
}

const clipped = (step: number): number => Math.max(-maxStep, Math.min(maxStep, step));
