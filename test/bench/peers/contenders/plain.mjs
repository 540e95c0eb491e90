/** The search as an ordinary program writes it: two loops, and an insertion into the list of the k best. */
export async function plain({ rows, n, d }) {
  return {
    search: (queries, k) => {
      const q = queries.length / d;
      const found = new Uint32Array(q * Math.min(k, n));
      for (let i = 0; i < q; i++) {
        const best = [];
        for (let row = 0; row < n; row++) {
          let distance = 0;
          for (let j = 0; j < d; j++) {
            const difference = rows[row * d + j] - queries[i * d + j];
            distance += difference * difference;
          }
          if (best.length === k && distance >= best[k - 1].distance) continue;
          let at = best.length;
          while (at > 0 && best[at - 1].distance > distance) at--;
          best.splice(at, 0, { row, distance });
          if (best.length > k) best.pop();
        }
        for (const [rank, { row }] of best.entries()) found[i * best.length + rank] = row;
      }
      return { rows: found };
    },
    close: () => {},
  };
}
