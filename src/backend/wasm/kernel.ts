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

const pageBytes = 65536;

/** The relaxed build where the engine has it and it passes its test, else the plain one; an error where neither runs. */
export async function loadKernel(): Promise<Kernel> {
  let failure: unknown;
  for (const name of ['wasm-relaxed', 'wasm'] as const) {
    try {
      const kernel = await instantiateKernel(name);
      testKernel(kernel);
      return kernel;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** One build over a memory; without one, over a memory of its own. */
export async function instantiateKernel(
  name: Kernel['name'],
  memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1 }),
): Promise<Kernel> {
  const bytes = name === 'wasm' ? simdBytes : relaxedBytes;
  const { instance } = await WebAssembly.instantiate(bytes as BufferSource, { env: { memory } });
  const { squaredDistances } = instance.exports as unknown as Pick<Kernel, 'squaredDistances'>;
  return { name, memory, squaredDistances };
}

/**
 * Distances of small integers, exact in float32 whatever the order of the sum, and of fractions within the bound; many
 * times over, because engines have compiled relaxed instructions right in one tier and wrong in another.
 */
function testKernel({ name, memory, squaredDistances }: Kernel): void {
  const n = 7;
  const q = 3;
  const d = 20;
  const stride = d * 4;
  const queriesAt = n * stride;
  const outAt = queriesAt + q * stride;
  const floats = new Float32Array(memory.buffer, 0, pageBytes / 4);
  for (const scale of [1, 1 / 3]) {
    for (let i = 0; i < (n + q) * d; i++) floats[i] = (((i * 37) % 23) - 11) * scale;
    const bound = errorBound(d, d / 4 + 2);
    for (let round = 0; round < 200; round++) {
      squaredDistances(0, n, queriesAt, q, stride, outAt, n * 4);
      for (let query = 0; query < q; query++) {
        for (let row = 0; row < n; row++) {
          const exact = squaredDistance(floats, row * d, floats, (n + query) * d, d);
          const computed = floats[outAt / 4 + query * n + row]!;
          const right =
            scale === 1
              ? computed === exact
              : exact >= bound.lower(computed) && exact <= bound.upper(computed);
          if (!right) throw new Error(`The ${name} kernel computed ${computed} where ${exact} is right.`);
        }
      }
    }
  }
}
