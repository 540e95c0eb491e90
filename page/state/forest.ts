import { Linkage } from '../../src/knn/linkage.ts';

/** Two pictures, as numbers, and how far they are from each other. */
interface Edge {
  a: number;
  b: number;
  distance: number;
}

/** Pictures that pairs connect. */
export interface Cluster {
  /** In the order of adding. */
  ids: string[];
  /** The longest of the pairs that hold them together. */
  widest: number;
}

/**
 * Groups by single linkage at every threshold, from a stream of pairs: of all pairs a minimum spanning forest is enough, so any
 * number of pairs takes the memory of as many as there are pictures.
 */
export class Forest {
  readonly #ids: string[] = [];
  readonly #numbers = new Map<string, number>();
  #edges: Edge[] = [];
  #isForest = true;

  /** @param ids the pictures, in the order of adding */
  constructor(ids: Iterable<string>) {
    for (const id of ids) this.#numberOf(id);
  }

  /** Takes pairs in any order. */
  add(pairs: readonly { a: string; b: string; distance: number }[]): void {
    for (const { a, b, distance } of pairs)
      this.#edges.push({ a: this.#numberOf(a), b: this.#numberOf(b), distance });
    this.#isForest = false;
    if (this.#edges.length > this.#ids.length + 16_384) this.#prune();
  }

  /** The clusters of two and more that pairs up to a distance connect; those held together by the shortest pairs first. */
  clusters(maxDistance: number): Cluster[] {
    if (!this.#isForest) this.#prune();
    const linkage = new Linkage(this.#ids.length);
    const near = this.#edges.filter(({ distance }) => distance <= maxDistance);
    for (const { a, b } of near) linkage.join(a, b);
    const groups = linkage.groups();
    const groupOf = new Map(groups.flatMap((members, group) => members.map((n) => [n, group] as const)));
    const widest = new Float64Array(groups.length);
    for (const { a, distance } of near) {
      const group = groupOf.get(a)!;
      widest[group] = Math.max(widest[group]!, distance);
    }
    return groups
      .map((members, group) => ({ ids: members.map((n) => this.#ids[n]!), widest: widest[group]! }))
      .sort((one, other) => one.widest - other.widest);
  }

  #numberOf(id: string): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.#numbers.set(id, this.#ids.length);
    return this.#ids.push(id) - 1;
  }

  /** Kruskal's: a pair whose pictures shorter pairs connect adds nothing at any threshold. */
  #prune(): void {
    const linkage = new Linkage(this.#ids.length);
    this.#edges = this.#edges
      .sort((one, other) => one.distance - other.distance)
      .filter(({ a, b }) => {
        if (linkage.same(a, b)) return false;
        linkage.join(a, b);
        return true;
      });
    this.#isForest = true;
  }
}
