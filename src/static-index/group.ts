import { packedJson } from './named-files.ts';
import type { Neighbours } from './neighbours.ts';
import type { Card, Similar, SimilarPart } from './types.ts';

/** Bytes of a part, packed; more only where a single picture's own paths take more. */
export const maxPartBytes = 10_000;
/** Steps of a distance of 1. */
const distanceSteps = 2 ** 15;

export interface GroupInput {
  neighbours: readonly Neighbours[];
  cards: readonly Card[];
  aliases: readonly (readonly string[])[];
  /** Neighbours of a list whose cards are in its part. */
  whole: number;
}

export interface Group {
  /** Rows of the pictures whose lists are here. */
  rows: number[];
  bytes: Uint8Array;
}

/**
 * Parts: pictures that share neighbours share a part, and so their cards. Each part takes the picture that needs the fewest
 * new cards, the lowest row of several, as long as there is room.
 */
export function* group(input: GroupInput): Generator<Group> {
  const { neighbours, whole } = input;
  const isPlaced = new Uint8Array(neighbours.length);
  /** Cards of a picture's list: its own first. */
  const needs = neighbours.map(({ rows }, row) => [row, ...rows.subarray(0, whole)]);
  /** Pictures that need a card. */
  const users = neighbours.map((): number[] => []);
  for (const [row, need] of needs.entries()) for (const card of need) users[card]!.push(row);

  let first = 0;
  let usual = 32;
  while (first < isPlaced.length) {
    if (isPlaced[first]) {
      first++;
      continue;
    }
    const candidates = greedy(first, isPlaced, needs, users);
    const rows: number[] = [];
    const fits = (count: number): Uint8Array | undefined => {
      while (rows.length < count) {
        const next = candidates.next();
        if (next.done) break;
        rows.push(next.value);
      }
      if (rows.length < count) return undefined;
      const bytes = packedPart(input, rows.slice(0, count), needs);
      return bytes.length <= maxPartBytes ? bytes : undefined;
    };
    const part = largest(usual, fits) ?? { count: 1, bytes: alone(input, first, needs) };
    usual = part.count;
    const taken = rows.slice(0, part.count);
    for (const row of taken) isPlaced[row] = 1;
    yield { rows: taken, bytes: part.bytes };
  }
}

/** The largest count that fits, from a guess on: doubles the step, then halves it. */
function largest(
  guess: number,
  fits: (count: number) => Uint8Array | undefined,
): { count: number; bytes: Uint8Array } | undefined {
  let best: { count: number; bytes: Uint8Array } | undefined;
  let tooMany = Number.POSITIVE_INFINITY;
  const tried = (count: number): void => {
    const bytes = fits(count);
    if (bytes) best = { count, bytes };
    else tooMany = count;
  };
  tried(guess);
  for (let step = 1; tooMany === Number.POSITIVE_INFINITY; step *= 2) tried(best!.count + step);
  for (let step = 1; !best && tooMany > 1; step *= 2) tried(Math.max(1, tooMany - step));
  while (best && tooMany - best.count > 1) tried(Math.floor((best.count + tooMany) / 2));
  return best;
}

/** Rows that are not placed, from `first` on: always the one that needs the fewest cards that are not there yet. */
function* greedy(
  first: number,
  isPlaced: Uint8Array,
  needs: readonly number[][],
  users: readonly number[][],
): Generator<number> {
  const here = new Set<number>();
  const isTaken = new Set<number>();
  /** Cards of a picture that are there, of pictures that have any. */
  const shared = new Map<number, number>();
  for (let row = first; row >= 0; ) {
    yield row;
    isTaken.add(row);
    shared.delete(row);
    for (const card of needs[row]!) {
      if (here.has(card)) continue;
      here.add(card);
      for (const user of users[card]!) {
        if (!isPlaced[user] && !isTaken.has(user)) shared.set(user, (shared.get(user) ?? 0) + 1);
      }
    }
    row = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [candidate, count] of shared) {
      const missing = needs[candidate]!.length - count;
      if (missing < fewest || (missing === fewest && candidate < row)) {
        fewest = missing;
        row = candidate;
      }
    }
    // Nobody shares anything with these: the next.
    for (let next = first; row < 0 && next < isPlaced.length; next++) {
      if (!isPlaced[next] && !isTaken.has(next)) row = next;
    }
  }
}

/** A picture whose cards take more than a part: the farthest are left out, and come from records. */
function alone(input: GroupInput, row: number, needs: readonly number[][]): Uint8Array {
  const need = needs[row]!;
  for (;;) {
    const bytes = packedPart(input, [row], needs);
    if (bytes.length <= maxPartBytes || need.length === 1) return bytes;
    need.pop();
  }
}

function packedPart(
  { neighbours, cards, aliases }: GroupInput,
  rows: readonly number[],
  needs: readonly number[][],
): Uint8Array {
  const shown = [...new Set(rows.flatMap((row) => needs[row]!))].sort((a, b) => a - b);
  const place = new Map(shown.map((row, at) => [row, at]));
  const pictures = [...rows]
    .sort((a, b) => a - b)
    .map((row): Similar => {
      const { rows: near, distances } = neighbours[row]!;
      return [place.get(row)!, [...aliases[row]!], Array.from(near), steps(distances)];
    });
  const part: SimilarPart = { cards: shown.map((row) => cards[row]!), pictures };
  return packedJson(part);
}

/** The first as a whole number of steps, then what each adds. */
function steps(distances: Float64Array): number[] {
  let before = 0;
  return Array.from(distances, (distance) => {
    const whole = Math.round(distance * distanceSteps);
    const added = whole - before;
    before = whole;
    return added;
  });
}
