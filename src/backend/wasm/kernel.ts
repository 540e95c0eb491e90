import codesBytes from '#wasm/codes.simd.wasm';
import relaxedBytes from '#wasm/knn.relaxed.wasm';
import simdBytes from '#wasm/knn.simd.wasm';
import { errorBound } from '../../knn/bounds.ts';
import { squaredDistance } from '../js/distance.ts';
import { createMemory } from './memory.ts';

/** `assembly/knn.ts` over a memory. All arguments are byte offsets and counts. */
export interface RowKernel {
  memory: WebAssembly.Memory;
  squaredDistances(
    rows: number,
    n: number,
    queries: number,
    q: number,
    stride: number,
    out: number,
    outStride: number,
  ): void;
  squaredDistancesOf(list: number, n: number, rows: number, query: number, stride: number, out: number): void;
}

/** `assembly/codes.ts` over a memory. */
export interface CodeKernel {
  memory: WebAssembly.Memory;
  encode(row: number, d: number, block: number, place: number): number;
  clearFrom(block: number, d: number, place: number): void;
  scan(
    block: number,
    blocks: number,
    d: number,
    terms: number,
    count: number,
    qSum: number,
    qScale: number,
    qNorm: number,
    mid: number,
    low: number,
  ): void;
}

/** The kernels that run here. Both functions are cheap: the code is compiled already. */
export interface Kernels {
  name: 'wasm' | 'wasm-relaxed';
  rows(memory?: WebAssembly.Memory): RowKernel;
  codes(memory?: WebAssembly.Memory): CodeKernel;
}

const builds = { 'wasm-relaxed': relaxedBytes, wasm: simdBytes };

let chosen: Promise<Kernels> | undefined;

/** The relaxed build where the engine has it and it passes its test, else the plain one. Rejects where neither runs. */
export function loadKernels(): Promise<Kernels> {
  chosen ??= choose();
  return chosen;
}

async function choose(): Promise<Kernels> {
  let failure: unknown;
  for (const name of ['wasm-relaxed', 'wasm'] as const) {
    if (name === 'wasm-relaxed' && !isSupported(name)) continue;
    try {
      const kernels = await compileKernels(name);
      await testKernel(name, kernels.rows());
      return kernels;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Whether the engine knows all instructions of a build. */
export function isSupported(name: Kernels['name']): boolean {
  return WebAssembly.validate(builds[name] as BufferSource);
}

/** One build, untested. Codes have no relaxed build: their arithmetic is whole numbers. */
export async function compileKernels(name: Kernels['name']): Promise<Kernels> {
  const [rows, codes] = await Promise.all(
    [builds[name], codesBytes].map((bytes) => WebAssembly.compile(bytes as BufferSource)),
  );
  const instantiate = (module: WebAssembly.Module, memory: WebAssembly.Memory) => ({
    memory,
    ...new WebAssembly.Instance(module, { env: { memory } }).exports,
  });
  return {
    name,
    rows: (memory = createMemory()) => instantiate(rows!, memory) as unknown as RowKernel,
    codes: (memory = createMemory()) => instantiate(codes!, memory) as unknown as CodeKernel,
  };
}

/** d, and how often. The last is work enough for V8 to have its optimising compiler begin (13 MB of code executed). */
const testShapes = [
  [4, 3],
  [20, 3],
  [256, 400],
] as const;
/** By then the optimised code has replaced the first, if the engine works in tiers. */
const tierUpMs = 5;

/**
 * Asks for distances that are known; throws where one is wrong. Twice, with a pause: engines have compiled relaxed
 * instructions right in one tier and wrong in another, and a test that ends before the second tier is there never
 * meets it.
 */
export async function testKernel(name: Kernels['name'], kernel: RowKernel): Promise<void> {
  for (const [d, rounds] of testShapes) testShape(name, kernel, d, rounds);
  await new Promise((resolve) => setTimeout(resolve, tierUpMs));
  for (const [d] of testShapes) testShape(name, kernel, d, 3);
}

/** Distances of small integers, exact in float32 whatever the order of the sum, and of fractions, within the bound. */
function testShape(
  name: Kernels['name'],
  { memory, squaredDistances }: RowKernel,
  d: number,
  rounds: number,
): void {
  // Seven rows and three queries take every path of the kernel.
  const n = 7;
  const q = 3;
  const stride = d * 4;
  const queriesAt = n * stride;
  const outAt = queriesAt + q * stride;
  const floats = new Float32Array(memory.buffer);
  const bound = errorBound(d, d / 4 + 2);
  for (const scale of [1, 1 / 3]) {
    for (let i = 0; i < (n + q) * d; i++) floats[i] = (((i * 37) % 23) - 11) * scale;
    const exact = Array.from({ length: q * n }, (_, i) =>
      squaredDistance(floats, (i % n) * d, floats, (n + Math.floor(i / n)) * d, d),
    );
    for (let round = 0; round < rounds; round++) {
      floats.fill(Number.NaN, outAt / 4, outAt / 4 + q * n);
      squaredDistances(0, n, queriesAt, q, stride, outAt, n * 4);
      for (const [i, wanted] of exact.entries()) {
        const computed = floats[outAt / 4 + i]!;
        const right =
          scale === 1
            ? computed === wanted
            : wanted >= bound.lower(computed) && wanted <= bound.upper(computed);
        if (!right) throw new Error(`The ${name} kernel computed ${computed} where ${wanted} is right.`);
      }
    }
  }
}
