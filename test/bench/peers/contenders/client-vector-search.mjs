import { EmbeddingIndex } from 'client-vector-search';

/** Cosine similarity over arrays of numbers, then a full sort; on rows of norm 1 its order is that of the distance. */
export async function clientVectorSearch({ rows, n, d }) {
  const index = new EmbeddingIndex();
  for (let i = 0; i < n; i++) index.add({ row: i, embedding: Array.from(rows.subarray(i * d, (i + 1) * d)) });
  return {
    search: async (queries, k) => {
      const found = [];
      for (let at = 0; at < queries.length; at += d) {
        const hits = await index.search(Array.from(queries.subarray(at, at + d)), { topK: k });
        for (const { object } of hits) found.push(object.row);
      }
      return { rows: found };
    },
    close: () => index.clear(),
  };
}
