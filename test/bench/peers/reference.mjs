import { squaredDistance } from '../../../src/knn/js/distances.ts';

/** float64 distances of all rows to each query, and the order that follows: what answers are held against. */
export class Reference {
  #distances;
  #sorted;

  constructor(rows, queries, d) {
    const n = rows.length / d;
    const q = queries.length / d;
    this.#distances = Array.from({ length: q }, (_, i) =>
      Float64Array.from({ length: n }, (_, row) => squaredDistance(rows, row * d, queries, i * d, d)),
    );
    this.#sorted = this.#distances.map((distances) => {
      const order = Uint32Array.from({ length: n }, (_, row) => row);
      return order.sort((a, b) => distances[a] - distances[b] || a - b);
    });
  }

  /**
   * @param found q × k rows
   * @returns recall: the share of rows found that are no farther than the true k-th; order: whether every rank holds the
   *   reference's row
   */
  judge(found, q, k) {
    let right = 0;
    let inOrder = true;
    const wanted = Math.min(k, this.#sorted[0].length);
    for (let i = 0; i < q; i++) {
      const limit = this.#distances[i][this.#sorted[i][wanted - 1]];
      const seen = new Set();
      for (let rank = 0; rank < wanted; rank++) {
        const row = found[i * wanted + rank];
        if (!seen.has(row) && this.#distances[i][row] <= limit) right++;
        seen.add(row);
        if (row !== this.#sorted[i][rank]) inOrder = false;
      }
    }
    return { recall: right / (q * wanted), inOrder };
  }
}
