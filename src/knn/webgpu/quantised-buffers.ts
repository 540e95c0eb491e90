import { createStorageBuffer } from '../../gpu/buffer.ts';
import type { Rows } from '../backend/rows.ts';
import { isSpecial } from './classify.ts';
import {
  blockBytes,
  type Packing,
  placeCodes,
  quantiseRow,
  rowsPerBlock,
  statisticsPerRow,
} from './quantise.ts';

/** Rows that are looked at to see how much of them is zero. */
const sampledRows = 64;

/** Quantised rows on the device, one buffer of the index's many: whole blocks. */
export interface QuantisedBuffer {
  /** Number of its first row in the index. */
  firstRow: number;
  /** Blocks that it has room for. */
  blocks: number;
  /** Rows that it holds. */
  count: number;
  /** blocks × `blockBytes` */
  codes: GPUBuffer;
  /** blocks × rowsPerBlock × {@link statisticsPerRow} float32 */
  statistics: GPUBuffer;
}

/** A block on its way to the device. The last one stays here: rows that are added join it. */
interface OpenBlock {
  index: number;
  /** Rows of it that are encoded. */
  count: number;
  codes: Uint8Array<ArrayBuffer>;
  statistics: Float32Array<ArrayBuffer>;
}

/** The device's quantised rows, brought up to date by `sync`. */
export class QuantisedBuffers {
  readonly buffers: QuantisedBuffer[] = [];
  readonly #device: GPUDevice;
  readonly #rows: Rows;
  readonly #maxBufferBytes: number;
  /** What the caller wants; undefined: by the rows. */
  readonly #wanted: Packing | undefined;
  #packing: Packing = 'columns';
  #open: OpenBlock | undefined;
  /** Rows before this one are on the device as they are in memory. */
  #clean = 0;

  constructor(device: GPUDevice, rows: Rows, maxBufferBytes: number, wanted: Packing | undefined) {
    this.#device = device;
    this.#rows = rows;
    this.#maxBufferBytes = maxBufferBytes;
    this.#wanted = wanted;
  }

  /** How they lie; fixed while there are any on the device. */
  get packing(): Packing {
    return this.#packing;
  }

  get blockBytes(): number {
    return blockBytes(this.#packing, this.#rows.dimension);
  }

  get #blocksPerBuffer(): number {
    const statisticsBytes = rowsPerBlock * statisticsPerRow * 4;
    const fitting = Math.floor(this.#maxBufferBytes / Math.max(this.blockBytes, statisticsBytes));
    // With so many blocks the rows of a buffer are as many as one dispatch of quantised-bounds.wgsl takes.
    return Math.min(fitting, 2048);
  }

  /** Whether a block fits into a buffer of this device. */
  get isPossible(): boolean {
    return this.#blocksPerBuffer > 0;
  }

  /** Says that rows from `row` on have changed, or are new. */
  invalidate(row: number): void {
    this.#clean = Math.min(this.#clean, row);
    if (this.#open)
      this.#open.count = Math.max(0, Math.min(this.#open.count, row - this.#open.index * rowsPerBlock));
  }

  /** Encodes and uploads what has changed. */
  sync(): void {
    const { count } = this.#rows;
    if (this.buffers.length === 0) this.#packing = this.#wanted ?? (this.#isDense() ? 'packed' : 'columns');
    const rowsPerBuffer = this.#blocksPerBuffer * rowsPerBlock;
    const wanted = Math.ceil(count / rowsPerBuffer);
    for (const buffer of this.buffers.splice(wanted)) destroy(buffer);
    for (let i = 0; i < wanted; i++) {
      const held = Math.min(count - i * rowsPerBuffer, rowsPerBuffer);
      const buffer = this.#withRoom(i, Math.ceil(held / rowsPerBlock));
      buffer.count = held;
    }
    for (let block = Math.floor(this.#clean / rowsPerBlock); block * rowsPerBlock < count; block++) {
      this.#encode(block, Math.min(count - block * rowsPerBlock, rowsPerBlock));
    }
    this.#clean = count;
  }

  /** Whether most values of the rows are not zero, where the device's language has packed products. */
  #isDense(): boolean {
    if (!navigator.gpu.wgslLanguageFeatures.has('packed_4x8_integer_dot_product')) return false;
    const { count, dimension } = this.#rows;
    const step = Math.max(1, Math.floor(count / sampledRows));
    let sampled = 0;
    let zeros = 0;
    for (let row = 0; row < count; row += step) {
      for (const value of this.#rows.row(row)) zeros += Number(value === 0);
      sampled += dimension;
    }
    return zeros < sampled / 2;
  }

  destroy(): void {
    for (const buffer of this.buffers.splice(0)) destroy(buffer);
    this.#open = undefined;
    this.#clean = 0;
  }

  /** Buffer i, with room for so many blocks; what it held moves to the larger one on the device. */
  #withRoom(i: number, blocks: number): QuantisedBuffer {
    const present = this.buffers[i];
    if (present && present.blocks >= blocks) return present;
    const room = Math.min(this.#blocksPerBuffer, 2 ** Math.ceil(Math.log2(blocks)));
    const firstRow = i * this.#blocksPerBuffer * rowsPerBlock;
    const statisticsBytes = rowsPerBlock * statisticsPerRow * 4;
    const larger: QuantisedBuffer = {
      firstRow,
      blocks: room,
      count: 0,
      codes: createStorageBuffer(this.#device, room * this.blockBytes, `codes from ${firstRow}`),
      statistics: createStorageBuffer(this.#device, room * statisticsBytes, `statistics from ${firstRow}`),
    };
    if (present) {
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(present.codes, 0, larger.codes, 0, present.blocks * this.blockBytes);
      encoder.copyBufferToBuffer(
        present.statistics,
        0,
        larger.statistics,
        0,
        present.blocks * statisticsBytes,
      );
      this.#device.queue.submit([encoder.finish()]);
      destroy(present);
    }
    this.buffers[i] = larger;
    return larger;
  }

  /** Encodes what is missing of a block's first `count` rows and uploads the block. */
  #encode(index: number, count: number): void {
    const d = this.#rows.dimension;
    let block = this.#open;
    if (block?.index !== index) {
      block = {
        index,
        count: 0,
        codes: block?.codes ?? new Uint8Array(this.blockBytes),
        statistics: block?.statistics ?? new Float32Array(rowsPerBlock * statisticsPerRow),
      };
      this.#open = block;
    }
    const codes = new Uint8Array(d);
    for (; block.count < count; block.count++) {
      const row = this.#rows.row(index * rowsPerBlock + block.count);
      // A row of the mask is all zeros here: no arithmetic stumbles over them.
      const statistics = block.statistics.subarray(
        block.count * statisticsPerRow,
        (block.count + 1) * statisticsPerRow,
      );
      quantiseRow(isSpecial(row) ? new Float32Array(d) : row, codes, statistics, this.#packing);
      placeCodes(this.#packing, codes, block.count, block.codes);
    }
    const buffer = this.buffers[Math.floor(index / this.#blocksPerBuffer)]!;
    const at = index % this.#blocksPerBuffer;
    this.#device.queue.writeBuffer(buffer.codes, at * this.blockBytes, block.codes);
    this.#device.queue.writeBuffer(buffer.statistics, at * block.statistics.byteLength, block.statistics);
  }
}

function destroy({ codes, statistics }: QuantisedBuffer): void {
  codes.destroy();
  statistics.destroy();
}
