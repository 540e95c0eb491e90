/**
 * Answers the requests of `grid.mjs` in a realm that runs contenders: a page or a Node process.
 *
 * @param {Record<string, (data: object) => Promise<{ search: Function, close: Function }>>} contenders
 * @param {(file: string) => Promise<Float32Array>} read
 * @param {object} place what contenders need to find their files
 */
export function createHost(contenders, read, place) {
  const live = new Map();
  let queries;
  return async function answer({ op, contender, file, n, d, q, k, answer: wanted }) {
    switch (op) {
      case 'load': {
        const rows = await read(file);
        const start = performance.now();
        live.set(contender, await contenders[contender]({ rows, n, d, ...place }));
        return { buildMs: performance.now() - start };
      }
      case 'queries':
        queries = await read(file);
        return {};
      case 'run': {
        // Its own copy each time: no contender keeps or changes another's.
        const asked = queries.slice(0, q * d);
        const start = performance.now();
        const { rows, rescored } = await live.get(contender).search(asked, k);
        const ms = performance.now() - start;
        return {
          ms,
          rescored: rescored === undefined ? undefined : [rescored].flat(),
          rows: wanted ? Array.from(rows) : null,
        };
      }
      case 'close':
        await live.get(contender)?.close();
        live.delete(contender);
        return {};
      default:
        throw new Error(op);
    }
  };
}
