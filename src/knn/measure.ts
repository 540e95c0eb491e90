import type { Backend } from './backend/backend.ts';
import { squaredDistance } from './js/distances.ts';

/** float32 values that the probe's rows have in all: 8 MiB, so that a scan takes longer than a call. */
const probeValues = 1 << 21;
const neighbours = 10;
const runs = 3;

/**
 * Asks a backend a question whose answer is known, and how long it takes.
 *
 * @param backend empty; it is empty again afterwards
 * @returns milliseconds of the fastest of a few runs
 * @throws Error when a true neighbour is missing from the answer
 */
export async function measure(backend: Backend): Promise<number> {
  const d = backend.dimension;
  const n = Math.min(8192, Math.max(64, Math.floor(probeValues / d)));
  const value = (i: number): number => (Math.imul(i + 1, 2654435761) >>> 24) / 256;
  backend.append(Float32Array.from({ length: n * d }, (_, i) => value(i)));
  const query = Float32Array.from({ length: d }, (_, i) => value(7 * i + 3));
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    const [found] = await backend.candidates(query, neighbours);
    fastest = Math.min(fastest, performance.now() - start);
    if (run === 0) check(backend, query, new Set(found!.rows), found!.bound);
  }
  backend.remove(Array.from({ length: n }, (_, row) => row));
  return fastest;
}

/** Every row that is not listed has to lie beyond the bound; k of the listed rows have to lie within it. */
function check(backend: Backend, query: Float32Array, listed: Set<number>, bound: number): void {
  let inside = 0;
  for (let row = 0; row < backend.rows; row++) {
    const distance = squaredDistance(backend.row(row), 0, query, 0, backend.dimension);
    if (listed.has(row)) inside += Number(distance < bound);
    else if (distance < bound) throw new Error(`${backend.name} missed row ${row} of a known question`);
  }
  if (inside < neighbours) throw new Error(`${backend.name} found ${inside} of ${neighbours} neighbours`);
}
