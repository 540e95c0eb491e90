import edgevec, { EdgeVec, EdgeVecConfig, JsIndexType } from 'edgevec';
import wasmBytes from 'edgevec/edgevec_bg.wasm';

/** Its exact index of float rows is not to be reached: asked for one, it names what it takes instead. */
export async function edgeVec({ rows, d }) {
  await edgevec({ module_or_path: wasmBytes });
  const config = new EdgeVecConfig(d);
  config.metric = 'l2';
  config.indexType = JsIndexType.Flat;
  const index = new EdgeVec(config);
  try {
    for (let at = 0; at < rows.length; at += d) index.insert(rows.slice(at, at + d));
  } catch (error) {
    throw new Error(`EdgeVec 0.9.0 has no exact search of float rows: ${error?.message ?? error}`);
  }
  return {
    search: (queries, k) => {
      const found = [];
      for (let at = 0; at < queries.length; at += d) {
        for (const { id } of index.search(queries.slice(at, at + d), k)) found.push(id);
      }
      return { rows: found };
    },
    close: () => index.free(),
  };
}
