// Native addons, for Node alone. They are loaded by `require` from this folder, which a bundle is not in.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const load = (root, name) => createRequire(join(root, 'test/bench/peers/package.json'))(name);

export async function usearchExact({ rows, n, d, root }) {
  const { exactSearch, MetricKind } = load(root, 'usearch');
  return {
    search: (queries, k) => {
      const { keys } = exactSearch(rows, queries, d, Math.min(k, n), MetricKind.L2sq, 1);
      return { rows: Uint32Array.from(keys, Number) };
    },
    close: () => {},
  };
}

export async function hnswlibBruteForce({ rows, n, d, root }) {
  const { BruteforceSearch } = load(root, 'hnswlib-node');
  const index = new BruteforceSearch('l2', d);
  index.initIndex(n);
  for (let i = 0; i < n; i++) index.addPoint(Array.from(rows.subarray(i * d, (i + 1) * d)), i);
  return {
    search: (queries, k) => {
      const found = [];
      for (let at = 0; at < queries.length; at += d) {
        const hits = index.searchKnn(Array.from(queries.subarray(at, at + d)), Math.min(k, n));
        for (const row of hits.neighbors) found.push(row);
      }
      return { rows: found };
    },
    close: () => {},
  };
}
