/** Groups of numbers that pairs connect: single linkage, as a forest of disjoint sets. */
export class Linkage {
  readonly #parents: Uint32Array;

  /** @param count numbers 0 … count − 1, each alone at first */
  constructor(count: number) {
    this.#parents = Uint32Array.from({ length: count }, (_, n) => n);
  }

  /** Whether two are in one group. */
  same(a: number, b: number): boolean {
    return this.#root(a) === this.#root(b);
  }

  join(a: number, b: number): void {
    const [rootA, rootB] = [this.#root(a), this.#root(b)];
    // The lower number stays the root: a group is known by its first.
    if (rootA < rootB) this.#parents[rootB] = rootA;
    else this.#parents[rootA] = rootB;
  }

  /** The groups of two and more: members ascending, groups by their first. */
  groups(): number[][] {
    const members = new Map<number, number[]>();
    for (let n = 0; n < this.#parents.length; n++) {
      const root = this.#root(n);
      if (root === n) continue;
      const group = members.get(root);
      if (group) group.push(n);
      else members.set(root, [root, n]);
    }
    return [...members.values()].sort((a, b) => a[0]! - b[0]!);
  }

  #root(n: number): number {
    const parents = this.#parents;
    let at = n;
    while (parents[at] !== at) {
      // Halves the way for the next who asks.
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }
}
