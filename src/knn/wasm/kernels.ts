import relaxedBytes from '#wasm/distances.relaxed-shared.wasm';
import simdBytes from '#wasm/distances.simd-shared.wasm';
import quantisedBytes from '#wasm/quantised.simd-shared.wasm';
import { type NamedFunctions, namedArguments } from '../../base/named-arguments.ts';
import { once } from '../../base/once.ts';
import { checkWebAssembly } from '../../base/web-assembly.ts';
import { squaredDistance } from '../js/distances.ts';
import { createMemory } from './memory.ts';

/** Parameters of `assembly/distances.ts`: byte offsets and counts. */
const distancesParameters = {
  squaredDistances: ['rows', 'n', 'query', 'stride', 'out'],
  squaredDistancesOf: ['list', 'n', 'rows', 'query', 'stride', 'out'],
  squaredNorm: ['row', 'stride'],
  pack: ['queries', 'pairs', 'stride', 'packed'],
  products: ['rows', 'n', 'packed', 'pairs', 'stride', 'tile', 'out', 'outStride'],
} as const;

/** Parameters of `assembly/quantised.ts`. */
const quantisedParameters = {
  encode: ['row', 'd', 'panel', 'place'],
  clearFrom: ['panel', 'd', 'place'],
  copyPanel: ['from', 'fromStride', 'to', 'toStride', 'd'],
  // biome-ignore format: as in the kernel
  scan: [
    'codes', 'panels', 'statistics', 'nonZero', 'count', 'qSum', 'qScale', 'qNorm', 'sums', 'mid', 'low', 'minima',
  ],
} as const;

/** Kernels over a memory. */
export type DistancesKernel = NamedFunctions<typeof distancesParameters> & { memory: WebAssembly.Memory };
export type QuantisedKernel = NamedFunctions<typeof quantisedParameters> & { memory: WebAssembly.Memory };

/** The kernels that run here. Both functions are cheap: the code is compiled already. */
export interface Kernels {
  name: 'wasm' | 'wasm-relaxed';
  distances(memory?: WebAssembly.Memory): DistancesKernel;
  quantised(memory?: WebAssembly.Memory): QuantisedKernel;
}

const builds = { 'wasm-relaxed': relaxedBytes, wasm: simdBytes };

/** The relaxed build if the engine has it and it passes its test, otherwise the plain one. Rejects if neither runs. */
export const loadKernels: () => Promise<Kernels> = once(choose);

async function choose(): Promise<Kernels> {
  let failure: unknown;
  for (const name of ['wasm-relaxed', 'wasm'] as const) {
    if (name === 'wasm-relaxed' && !isSupported(name)) continue;
    try {
      const kernels = await compileKernels(name);
      await testKernel(name, kernels.distances());
      return kernels;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** In a module: a memory is imported by the name of `memory`; its limits have a maximum (1) and it is shared (2). */
const sharedImport = [...new TextEncoder().encode('memory'), 2, 3];

/** A module for shared memory, or for memory of its own. Kernels use no atomics: only one byte differs. */
function memoryOf(module: Uint8Array, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = module.slice();
  const at = bytes.findIndex((_, i) => sharedImport.every((byte, j) => bytes[i + j] === byte));
  if (at < 0) throw new Error('The kernel imports no shared memory.');
  if (!shared) bytes[at + sharedImport.length - 1] = 1;
  return bytes;
}

/** Whether the engine knows all instructions of a build. */
export function isSupported(name: Kernels['name']): boolean {
  return WebAssembly.validate(memoryOf(builds[name], false));
}

/**
 * One build, untested. Quantised rows have no relaxed build: their arithmetic is whole numbers.
 *
 * @param shared for memories that threads share
 * @throws LikenessError `no-backend` where nothing may be compiled
 */
export async function compileKernels(name: Kernels['name'], shared = false): Promise<Kernels> {
  checkWebAssembly();
  const [distances, quantised] = await Promise.all(
    [builds[name], quantisedBytes].map((bytes) => WebAssembly.compile(memoryOf(bytes, shared))),
  );
  const exportsOf = (module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Exports =>
    new WebAssembly.Instance(module, { env: { memory } }).exports;
  return {
    name,
    distances: (memory = createMemory(shared)) => ({
      memory,
      ...namedArguments(exportsOf(distances!, memory), distancesParameters),
    }),
    quantised: (memory = createMemory(shared)) => ({
      memory,
      ...namedArguments(exportsOf(quantised!, memory), quantisedParameters),
    }),
  };
}

/** d, and how often. The last is work enough for V8 to have its optimising compiler begin (13 MB of code executed). */
const testShapes = [
  [8, 3],
  [24, 3],
  [256, 400],
] as const;
/** By then the optimised code has replaced the first, if the engine works in tiers. */
const tierUpMs = 5;

/**
 * Asks for distances and products that are known; throws if one is wrong. Asks twice, with a pause: engines have compiled
 * relaxed instructions right in one tier and wrong in the next.
 */
export async function testKernel(name: Kernels['name'], kernel: DistancesKernel): Promise<void> {
  for (const [d, rounds] of testShapes) testShape(name, kernel, d, rounds);
  await new Promise((resolve) => setTimeout(resolve, tierUpMs));
  for (const [d] of testShapes) testShape(name, kernel, d, 3);
}

/** Results of small integers, exact in float32 whatever the order of the sum, and of fractions, within the bound. */
function testShape(name: Kernels['name'], kernel: DistancesKernel, d: number, rounds: number): void {
  // Seven rows and two queries take every path of the kernels.
  const n = 7;
  const q = 2;
  const stride = d * 4;
  const queriesAt = n * stride;
  const packedAt = queriesAt + q * stride;
  const tileAt = packedAt + q * stride;
  const outAt = tileAt + 16 * stride;
  const outStride = 32;
  const floats = new Float32Array(kernel.memory.buffer);
  const relative = (d + 8) * 2 ** -23;
  for (const scale of [1, 1 / 3]) {
    for (let i = 0; i < (n + q) * d; i++) floats[i] = (((i * 37) % 23) - 11) * scale;
    const row = (i: number): Float32Array => floats.subarray(i * d, (i + 1) * d);
    const product = (x: Float32Array, y: Float32Array): number =>
      x.reduce((sum, value, j) => sum + value * y[j]!, 0);
    const exact = Array.from({ length: q }, (_, i) => ({
      distances: Array.from({ length: n }, (_, r) => squaredDistance(row(r), 0, row(n + i), 0, d)),
      products: Array.from({ length: n }, (_, r) => product(row(r), row(n + i))),
    }));
    const size = product(row(0), row(0)) * 4;
    const check = (at: number, wanted: readonly number[]): void => {
      for (const [i, right] of wanted.entries()) {
        const computed = floats[at / 4 + i]!;
        if (!(scale === 1 ? computed === right : Math.abs(computed - right) <= relative * size)) {
          throw new Error(`The ${name} kernel computed ${computed} where ${right} is right.`);
        }
      }
    };
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < q; i++) {
        floats.fill(Number.NaN, outAt / 4, outAt / 4 + n);
        kernel.squaredDistances({ rows: 0, n, query: queriesAt + i * stride, stride, out: outAt });
        check(outAt, exact[i]!.distances);
      }
      floats.fill(Number.NaN, outAt / 4, (outAt + q * outStride) / 4);
      kernel.pack({ queries: queriesAt, pairs: 1, stride, packed: packedAt });
      kernel.products({
        rows: 0,
        n,
        packed: packedAt,
        pairs: 1,
        stride,
        tile: tileAt,
        out: outAt,
        outStride,
      });
      for (let i = 0; i < q; i++) check(outAt + i * outStride, exact[i]!.products);
    }
  }
}
