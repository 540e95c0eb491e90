import relaxedBytes from '#wasm/knn.relaxed.wasm';
import simdBytes from '#wasm/knn.simd.wasm';
import { errorBound } from '../../knn/bounds.ts';
import { squaredDistance } from '../js/distance.ts';

/** `assembly/knn.ts` over a memory. All arguments are byte offsets and counts. */
export interface Kernel {
  name: 'wasm' | 'wasm-relaxed';
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
}

const builds = { 'wasm-relaxed': relaxedBytes, wasm: simdBytes };

let chosen: Promise<{ name: Kernel['name']; module: WebAssembly.Module }> | undefined;

/**
 * The relaxed build where the engine has it and it passes its test, else the plain one, over a memory of its own. The
 * choice is made once; it rejects where neither runs.
 */
export async function loadKernel(): Promise<Kernel> {
  chosen ??= chooseBuild();
  const { name, module } = await chosen;
  return instantiate(name, module, new WebAssembly.Memory({ initial: 1 }));
}

async function chooseBuild(): Promise<{ name: Kernel['name']; module: WebAssembly.Module }> {
  let failure: unknown;
  for (const name of ['wasm-relaxed', 'wasm'] as const) {
    if (name === 'wasm-relaxed' && !isSupported(name)) continue;
    try {
      const module = await WebAssembly.compile(builds[name] as BufferSource);
      await testKernel(await instantiate(name, module, new WebAssembly.Memory({ initial: 1 })));
      return { name, module };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Whether the engine knows all instructions of a build. */
export function isSupported(name: Kernel['name']): boolean {
  return WebAssembly.validate(builds[name] as BufferSource);
}

/** One build, untested, over a memory; without one, over a memory of its own. */
export async function instantiateKernel(
  name: Kernel['name'],
  memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1 }),
): Promise<Kernel> {
  return instantiate(name, await WebAssembly.compile(builds[name] as BufferSource), memory);
}

async function instantiate(
  name: Kernel['name'],
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<Kernel> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const { squaredDistances } = exports as unknown as Pick<Kernel, 'squaredDistances'>;
  return { name, memory, squaredDistances };
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
export async function testKernel(kernel: Kernel): Promise<void> {
  for (const [d, rounds] of testShapes) testShape(kernel, d, rounds);
  await new Promise((resolve) => setTimeout(resolve, tierUpMs));
  for (const [d] of testShapes) testShape(kernel, d, 3);
}

/** Distances of small integers, exact in float32 whatever the order of the sum, and of fractions, within the bound. */
function testShape({ name, memory, squaredDistances }: Kernel, d: number, rounds: number): void {
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
