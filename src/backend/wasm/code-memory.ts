import type { CodedQuery } from '../../knn/code-bounds.ts';
import type { CodeKernel, Kernels } from './kernel.ts';
import { align, type Layout, oneThread, reserve } from './memory.ts';
import { within } from './row-memory.ts';

export const rowsPerBlock = 128;
const factBytes = 2560;
/** Queries that share one pass over the codes. */
export const codedQueriesPerPass = 16;
/** Codes that all queries of a pass meet while they are in the second-level cache. */
const bytesPerCall = 1 << 19;

/** Bounds from codes: on ‖q̃ − x‖², in float32. What is no row, or has no bounds, has numbers below infinity in neither. */
export interface CodedBounds {
  /** Middles of the bounds: upper ones are 2·mid − low. */
  mid: Float32Array;
  low: Float32Array;
  /** The least middle and the least lower bound of each 32 rows, in turns. */
  least: Float32Array;
}

/** Rows that share an entry of {@link CodedBounds.least}. */
export const rowsPerGroup = 32;

/** Room for the bounds of `rows` rows. */
export function createBounds(rows: number): CodedBounds {
  const blocks = Math.ceil(rows / rowsPerBlock);
  return {
    mid: new Float32Array(blocks * rowsPerBlock),
    low: new Float32Array(blocks * rowsPerBlock),
    least: new Float32Array((2 * blocks * rowsPerBlock) / rowsPerGroup),
  };
}

/** Codes as one thread posts them to another. */
export interface SharedCodes {
  memories: WebAssembly.Memory[];
  unusual: number[];
}

/** Four-bit codes of rows in as many WebAssembly memories as they need: `assembly/codes.ts` says how they lie. */
export class CodeMemory {
  readonly dimension: number;
  count = 0;
  /** The block that is the first one's of a part: see {@link attach}. */
  #first = 0;
  /** Rows whose norm is not usual: they have no bounds. */
  unusual: Set<number> = new Set();
  readonly #kernels: Kernels;
  readonly #layout: Layout;
  readonly #memories: CodeKernel[] = [];
  readonly #blockBytes: number;
  readonly #blocksPerMemory: number;
  readonly #blocksPerCall: number;
  readonly #rowAt: number;
  readonly #termsAt: number;
  readonly #termBytes: number;
  readonly #outAt: number;
  readonly #blocksAt: number;

  constructor(kernels: Kernels, dimension: number, layout: Layout = oneThread) {
    this.dimension = dimension;
    this.#kernels = kernels;
    this.#layout = layout;
    this.#blockBytes = dimension * 64 + factBytes;
    this.#blocksPerCall = Math.max(1, Math.floor(bytesPerCall / this.#blockBytes));
    this.#termBytes = align(12 * Math.ceil(dimension / 2), 16);
    const rowBytes = align(4 * dimension, 16);
    const termsBytes = codedQueriesPerPass * this.#termBytes;
    const scratchBytes = align(rowBytes + termsBytes + 64 + this.#blocksPerCall * rowsPerBlock * 9, 64);
    // Below 1024: what a compiler may place.
    this.#rowAt = 1024 + layout.thread * scratchBytes;
    this.#termsAt = this.#rowAt + rowBytes;
    this.#outAt = align(this.#termsAt + termsBytes, 64);
    this.#blocksAt = 1024 + layout.threads * scratchBytes;
    this.#blocksPerMemory = Math.max(1, Math.floor((layout.mostBytes - this.#blocksAt) / this.#blockBytes));
  }

  /** What another thread needs to {@link attach} to these codes as they are now. */
  share(): SharedCodes {
    return {
      memories: this.#memories.map(({ memory }) => memory),
      unusual: [...this.unusual],
    };
  }

  /** Takes another thread's codes of rows `from` (of whole blocks) … `to` − 1, to read them: they count from 0 here. */
  attach({ memories, unusual }: SharedCodes, from: number, to: number): void {
    for (let m = this.#memories.length; m < memories.length; m++) {
      this.#memories.push(this.#kernels.codes(memories[m]));
    }
    this.#first = from / rowsPerBlock;
    this.count = to - from;
    this.unusual = within(unusual, from, to);
  }

  /** Bytes that a row takes. */
  get bytesPerRow(): number {
    return this.#blockBytes / rowsPerBlock;
  }

  append(values: Float32Array): void {
    const d = this.dimension;
    const added = values.length / d;
    this.#reserve(this.count + added);
    for (let i = 0; i < added; i++) this.#encode(this.count++, values.subarray(i * d, (i + 1) * d));
  }

  set(row: number, values: Float32Array): void {
    this.#encode(row, values);
  }

  /** Removes rows (ascending, distinct); the others keep their order and move up. */
  remove(rows: readonly number[]): void {
    let next = 0;
    let to = rows[0] ?? this.count;
    for (let from = to; from < this.count; from++) {
      const unusual = this.unusual.delete(from);
      if (rows[next] === from) {
        next++;
        continue;
      }
      if (unusual) this.unusual.add(to);
      this.#move(from, to++);
    }
    this.count = to;
    const place = to % rowsPerBlock;
    if (place > 0) {
      const { kernel, block } = this.#block(to);
      kernel.clearFrom(block, this.dimension, place);
    }
  }

  /**
   * Bounds of rows `from` … `to` − 1, which are whole blocks or end with the last row.
   *
   * @param queries as many as `codedQueriesPerPass`
   * @param bounds one for each query, of `count` values rounded up to whole blocks
   */
  scan(queries: readonly CodedQuery[], bounds: readonly CodedBounds[], from: number, to: number): void {
    const lastBlock = Math.ceil(to / rowsPerBlock);
    for (let first = Math.floor(from / rowsPerBlock); first < lastBlock; ) {
      const { kernel, block, left } = this.#block(first * rowsPerBlock);
      const run = Math.min(left, lastBlock - first);
      for (const [q, { terms, count }] of queries.entries()) {
        new Uint32Array(kernel.memory.buffer, this.#termsAt + q * this.#termBytes, 3 * count).set(
          terms.subarray(0, 3 * count),
        );
      }
      for (let done = 0; done < run; done += this.#blocksPerCall) {
        const blocks = Math.min(this.#blocksPerCall, run - done);
        const lowAt = this.#outAt + blocks * rowsPerBlock * 4;
        const leastAt = lowAt + blocks * rowsPerBlock * 4;
        const mid = new Float32Array(kernel.memory.buffer, this.#outAt, blocks * rowsPerBlock);
        const low = new Float32Array(kernel.memory.buffer, lowAt, blocks * rowsPerBlock);
        const least = new Float32Array(
          kernel.memory.buffer,
          leastAt,
          (2 * blocks * rowsPerBlock) / rowsPerGroup,
        );
        for (const [q, { count, sum, scale, norm }] of queries.entries()) {
          kernel.scan(
            block + done * this.#blockBytes,
            blocks,
            this.dimension,
            this.#termsAt + q * this.#termBytes,
            count,
            sum,
            scale,
            norm,
            this.#outAt,
            lowAt,
            leastAt,
          );
          bounds[q]!.mid.set(mid, (first + done) * rowsPerBlock);
          bounds[q]!.low.set(low, (first + done) * rowsPerBlock);
          bounds[q]!.least.set(least, (2 * (first + done) * rowsPerBlock) / rowsPerGroup);
        }
      }
      first += run;
    }
  }

  clear(): void {
    this.count = 0;
    this.unusual.clear();
    this.#memories.length = 0;
  }

  #encode(row: number, values: Float32Array): void {
    const { kernel, block } = this.#block(row);
    const padded = align(4 * this.dimension, 16) / 4;
    const floats = new Float32Array(kernel.memory.buffer, this.#rowAt, padded);
    floats.set(values);
    floats.fill(0, this.dimension);
    const place = row % rowsPerBlock;
    if (place === 0 && row >= this.count - 1) kernel.clearFrom(block, this.dimension, 0);
    if (kernel.encode(this.#rowAt, this.dimension, block, place)) this.unusual.delete(row);
    else this.unusual.add(row);
  }

  /** Copies a row's codes and facts. */
  #move(from: number, to: number): void {
    const source = this.#nibbles(from);
    const target = this.#nibbles(to);
    for (let j = 0; j < this.dimension; j++) {
      const at = target.start + j * 64;
      const nibble = (source.bytes[source.start + j * 64]! >> source.shift) & 15;
      target.bytes[at] = (target.bytes[at]! & ~(15 << target.shift)) | (nibble << target.shift);
    }
    for (let fact = 0; fact < factBytes; fact += rowsPerBlock * 4) {
      target.facts.setUint32(fact, source.facts.getUint32(fact));
    }
  }

  #nibbles(row: number): { bytes: Uint8Array; start: number; shift: number; facts: DataView } {
    const { kernel, block } = this.#block(row);
    const place = row % rowsPerBlock;
    const inGroup = place % 32;
    const nibble = inGroup >> 3;
    return {
      bytes: new Uint8Array(kernel.memory.buffer),
      start: block + (place >> 5) * 16 + (inGroup & 7) * 2 + (nibble >> 1),
      shift: (nibble & 1) * 4,
      facts: new DataView(kernel.memory.buffer, block + this.dimension * 64 + place * 4),
    };
  }

  /** The block that holds `row`, and the blocks from it to the memory's end. */
  #block(row: number): { kernel: CodeKernel; block: number; left: number } {
    const block = this.#first + Math.floor(row / rowsPerBlock);
    const inMemory = block % this.#blocksPerMemory;
    return {
      kernel: this.#memories[Math.floor(block / this.#blocksPerMemory)]!,
      block: this.#blocksAt + inMemory * this.#blockBytes,
      left: this.#blocksPerMemory - inMemory,
    };
  }

  #reserve(rows: number): void {
    const what = `The codes of ${rows} rows of ${this.dimension} values`;
    const blocks = Math.ceil(rows / rowsPerBlock);
    const present = this.#memories.length;
    for (let m = 0; m * this.#blocksPerMemory < blocks; m++) {
      const inMemory = Math.min(this.#blocksPerMemory, blocks - m * this.#blocksPerMemory);
      try {
        this.#memories[m] ??= this.#kernels.codes();
        reserve(
          this.#memories[m]!.memory,
          this.#blocksAt + inMemory * this.#blockBytes,
          what,
          this.#layout.mostBytes,
        );
      } catch (error) {
        this.#memories.length = present;
        throw error;
      }
    }
  }
}
