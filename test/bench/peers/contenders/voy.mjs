import * as glue from 'voy-search/voy_search_bg.js';
import wasmBytes from 'voy-search/voy_search_bg.wasm';

/** A k-d tree, exact; it returns no distances. It refuses 4096 dimensions, and traps where many rows share a value. */
export async function voy({ rows, n, d }) {
  if (d > 1536) throw new Error(`voy 0.6.3 refuses rows of ${d} values`);
  const { instance } = await WebAssembly.instantiate(wasmBytes, { './voy_search_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  const embeddings = Array.from({ length: n }, (_, i) => ({
    id: String(i),
    title: '',
    url: '',
    embeddings: Array.from(rows.subarray(i * d, (i + 1) * d)),
  }));
  let index;
  try {
    index = new glue.Voy({ embeddings });
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    throw new Error(
      `voy 0.6.3 traps (${error.message}): its k-d tree takes few rows with the same value in a dimension, and features are zero in most`,
    );
  }
  return {
    search: (queries, k) => {
      const found = [];
      for (let at = 0; at < queries.length; at += d) {
        for (const { id } of index.search(queries.subarray(at, at + d), k).neighbors) found.push(Number(id));
      }
      return { rows: found };
    },
    close: () => index.free(),
  };
}
