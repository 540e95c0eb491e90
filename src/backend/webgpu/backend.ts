import { LikenessError } from '../../errors.ts';
import { createStorageBuffer, readBuffer } from '../../gpu/buffer.ts';
import { type ErrorBound, errorBound, roundEitherWay } from '../../knn/bounds.ts';
import type { Backend, Candidates } from '../backend.ts';
import { allPositions } from '../js/select.ts';
import { Rows } from '../rows.ts';
import { isSpecial } from './classify.ts';
import { type KnnKernels, knnKernels, mergeFanIn, sortBlock } from './kernels.ts';
import { RowBuffers } from './row-buffers.ts';

/** Queries of one pass over the rows. */
const queriesPerPass = 64;
/** Up to here a thread for each (row, query) is better than tiles of 64 queries that are mostly empty. */
const mostScanQueries = 8;
/** Bytes of the distances of one pass over one buffer of rows. */
const mostKeyBytes = 1 << 26;
/** A key that no distance has. */
const noKey = 0xffffffff;

export interface WebGpuBackendOptions {
  /** Rows are divided over buffers of at most this size. Default: what the device allows. */
  mostBufferBytes?: number | undefined;
}

/**
 * Rows on a GPU, with a copy in memory, which is the one that counts. The device computes float32 distances and keeps
 * the smallest; only those pairs come back. Rows and queries that could overflow never reach a shader.
 *
 * @throws LikenessError `no-backend` when a shader does not compile on this device
 */
export async function createWebGpuBackend(
  device: GPUDevice,
  dimension: number,
  { mostBufferBytes }: WebGpuBackendOptions = {},
): Promise<Backend> {
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const most = Math.min(
    mostBufferBytes ?? Number.POSITIVE_INFINITY,
    maxStorageBufferBindingSize,
    maxBufferSize,
  );
  return new WebGpuBackend(device, dimension, most, await knnKernels(device));
}

class WebGpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly dimension: number;
  readonly #device: GPUDevice;
  readonly #kernels: KnnKernels;
  readonly #rows: Rows;
  readonly #buffers: RowBuffers;
  readonly #bound: ErrorBound;
  #lost: GPUDeviceLostInfo | undefined;
  /** Searches one after another: they share the device's copy of the rows. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(device: GPUDevice, dimension: number, mostBufferBytes: number, kernels: KnnKernels) {
    this.dimension = dimension;
    this.#device = device;
    this.#kernels = kernels;
    this.#rows = new Rows(dimension);
    this.#buffers = new RowBuffers(device, this.#rows, mostBufferBytes);
    this.#bound = errorBound(dimension, dimension, roundEitherWay);
    void device.lost.then((info) => {
      this.#lost = info;
    });
  }

  get rows(): number {
    return this.#rows.count;
  }

  append(values: Float32Array): void {
    this.#buffers.invalidate(this.rows);
    this.#rows.append(values);
  }

  set(row: number, values: Float32Array): void {
    this.#buffers.invalidate(row);
    this.#rows.set(row, values);
  }

  remove(rows: readonly number[]): void {
    this.#buffers.invalidate(rows[0] ?? this.rows);
    this.#rows.remove(rows);
  }

  row(row: number): Float32Array {
    return this.#rows.row(row);
  }

  async candidates(queries: Float32Array, k: number): Promise<Candidates[]> {
    const d = this.dimension;
    const all = Array.from({ length: queries.length / d }, (_, i) => queries.subarray(i * d, (i + 1) * d));
    // More than k, so that rows whose float32 distances are too close to call are among them.
    const kept = Math.min(k + Math.max(32, k >> 2), this.rows);
    const everything = (): Candidates => ({ rows: allPositions(this.rows), bound: Number.POSITIVE_INFINITY });
    if (kept > sortBlock) return all.map(everything);
    const search = this.#turn.then(async () => {
      this.#buffers.sync();
      const found: Candidates[] = all.map(everything);
      const plain = all.flatMap((query, at) => (isSpecial(query) ? [] : [at]));
      for (let first = 0; first < plain.length; first += queriesPerPass) {
        const part = plain.slice(first, first + queriesPerPass);
        const nearest = await this.#nearest(
          part.map((at) => all[at]!),
          kept,
        );
        for (const [i, at] of part.entries()) found[at] = nearest[i]!;
      }
      return found;
    });
    this.#turn = search.catch(() => {});
    return search.catch((error) => {
      throw this.#explain(error);
    });
  }

  close(): void {
    this.#rows.clear();
    this.#buffers.destroy();
  }

  #explain(error: unknown): unknown {
    if (!this.#lost) return error;
    return new LikenessError(
      'device-lost',
      `The GPU device was lost (${this.#lost.reason}): ${this.#lost.message || 'no message'}. The rows are still in memory.`,
      { cause: error },
    );
  }

  /** The `kept` rows of smallest computed distance for each query, with the bound that follows from the last. */
  async #nearest(queries: Float32Array[], kept: number): Promise<Candidates[]> {
    if (this.#lost) throw new Error(this.#lost.message);
    const device = this.#device;
    const used: GPUBuffer[] = [];
    const storage = (bytes: number, label: string): GPUBuffer => {
      const buffer = createStorageBuffer(device, bytes, label);
      used.push(buffer);
      return buffer;
    };
    try {
      const d4 = Math.ceil(this.dimension / 4);
      const queryBuffer = storage(queries.length * d4 * 16, 'queries');
      const padded = new Float32Array(queries.length * d4 * 4);
      for (const [i, query] of queries.entries()) padded.set(query, i * d4 * 4);
      device.queue.writeBuffer(queryBuffer, 0, padded);

      const parts = this.#buffers.buffers.flatMap((buffer) => this.#parts(buffer, queries.length));
      const listCounts = parts.map(({ count }) => Math.ceil(count / sortBlock));
      let lists = listCounts.reduce((a, b) => a + b, 0);
      let source = storage(queries.length * lists * kept * 8, 'lists');
      let firstList = 0;
      for (const [i, part] of parts.entries()) {
        this.#distances(part, queryBuffer, queries.length, d4, source, { firstList, lists, kept }, used);
        firstList += listCounts[i]!;
      }
      const merge = await this.#kernels.merge(Math.max(2, 2 ** Math.ceil(Math.log2(kept))));
      while (lists > 1) {
        const merged = Math.ceil(lists / mergeFanIn);
        const target = storage(queries.length * merged * kept * 8, 'merged lists');
        this.#submit((pass) => {
          merge.dispatch(
            pass,
            [this.#uniform([lists, kept], used), source, target],
            [merged, queries.length],
          );
        });
        source = target;
        lists = merged;
      }
      const pairs = new Uint32Array(await readBuffer(device, source, queries.length * kept * 8));
      return queries.map((_, q) => this.#candidatesOf(pairs.subarray(q * kept * 2, (q + 1) * kept * 2)));
    } finally {
      for (const buffer of used) buffer.destroy();
    }
  }

  /** A buffer's rows in runs whose distances fit into one buffer of keys; a run begins at a multiple of 32 rows. */
  #parts(buffer: RowBuffers['buffers'][number], queries: number): Part[] {
    const most = Math.floor(mostKeyBytes / (4 * queries * sortBlock)) * sortBlock;
    const parts: Part[] = [];
    for (let start = 0; start < buffer.count; start += most) {
      parts.push({ buffer, start, count: Math.min(most, buffer.count - start) });
    }
    return parts;
  }

  /** Distances of one part, and its blocks' smallest. One submit a part: none runs long enough for a watchdog. */
  #distances(
    { buffer, start, count }: Part,
    queryBuffer: GPUBuffer,
    queries: number,
    d4: number,
    lists: GPUBuffer,
    { firstList, lists: listCount, kept }: { firstList: number; lists: number; kept: number },
    used: GPUBuffer[],
  ): void {
    const keys = createStorageBuffer(this.#device, queries * count * 4, 'keys');
    used.push(keys);
    const bindings = [
      this.#uniform([count, queries, d4, count], used),
      { buffer: buffer.rows, offset: start * d4 * 16, size: count * d4 * 16 },
      queryBuffer,
      { buffer: buffer.special, offset: start / 8 },
      keys,
    ];
    const { scan, tile, sort, lanes } = this.#kernels;
    this.#submit((pass) => {
      if (queries <= mostScanQueries)
        scan.dispatch(pass, bindings, [Math.ceil((count * lanes) / 64), queries]);
      else tile.dispatch(pass, bindings, [Math.ceil(count / 64), Math.ceil(queries / 64)]);
      const params = [count, buffer.firstRow + start, count, firstList, listCount, kept];
      sort.dispatch(
        pass,
        [this.#uniform(params, used), keys, lists],
        [Math.ceil(count / sortBlock), queries],
      );
    });
  }

  #candidatesOf(pairs: Uint32Array): Candidates {
    const rows: number[] = [];
    let last = 0;
    for (let i = 0; i < pairs.length && pairs[i] !== noKey; i += 2) {
      last = pairs[i]!;
      rows.push(pairs[i + 1]!);
    }
    const { special } = this.#buffers;
    const listed = Uint32Array.from([...rows, ...special]);
    // All rows that a shader may see are listed, or the rest computes no smaller than the last.
    const isAll = listed.length === this.rows;
    return { rows: listed, bound: isAll ? Number.POSITIVE_INFINITY : this.#bound.lower(floatOf(last)) };
  }

  #submit(record: (pass: GPUComputePassEncoder) => void): void {
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    record(pass);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }

  #uniform(values: number[], used: GPUBuffer[]): GPUBuffer {
    const size = Math.ceil(values.length / 4) * 16;
    const buffer = this.#device.createBuffer({ size, usage: 0x40, mappedAtCreation: true }); // UNIFORM
    new Uint32Array(buffer.getMappedRange()).set(values);
    buffer.unmap();
    used.push(buffer);
    return buffer;
  }
}

interface Part {
  buffer: RowBuffers['buffers'][number];
  /** First row within the buffer. */
  start: number;
  count: number;
}

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

function floatOf(key: number): number {
  bits[0] = key;
  return floats[0]!;
}
