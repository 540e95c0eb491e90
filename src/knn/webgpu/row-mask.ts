import { createStorageBuffer } from '../../gpu/buffer.ts';
import type { RowSet } from '../backend/backend.ts';
import type { Rows } from '../backend/rows.ts';
import { isSpecial } from './classify.ts';

/** The rows that shaders leave out, a bit a row on the device: special rows, and those that a search skips. */
export class RowMask {
  /** Rows that hold what shaders must not see, ascending. */
  special: number[] = [];
  readonly #device: GPUDevice;
  readonly #rows: Rows;
  /** Rows before this one are classified. */
  #clean = 0;
  #buffer: GPUBuffer | undefined;
  /** Whether the device's bits are those of the special rows alone, for all rows. */
  #isCurrent = false;

  constructor(device: GPUDevice, rows: Rows) {
    this.#device = device;
    this.#rows = rows;
  }

  /** Says that rows from `row` on have changed, or are new. */
  invalidate(row: number): void {
    this.#clean = Math.min(this.#clean, row);
    this.#isCurrent = false;
  }

  /** Classifies what has changed. */
  sync(): void {
    const { count } = this.#rows;
    this.special = this.special.filter((row) => row < this.#clean);
    for (let row = this.#clean; row < count; row++)
      if (isSpecial(this.#rows.row(row))) this.special.push(row);
    this.#clean = count;
  }

  /** The bits, with those of `skip` set too. Valid until the next call. */
  bits(skip: RowSet | undefined): GPUBuffer {
    const words = Math.max(1, Math.ceil(this.#rows.count / 32));
    if (!this.#buffer || this.#buffer.size < 4 * words) {
      this.#buffer?.destroy();
      this.#buffer = createStorageBuffer(this.#device, 4 * 2 ** Math.ceil(Math.log2(words)), 'rows left out');
      this.#isCurrent = false;
    }
    if (skip || !this.#isCurrent) {
      const bits = new Uint32Array(words);
      if (skip) bits.set(skip.subarray(0, words));
      for (const row of this.special) bits[row >>> 5]! |= 1 << (row & 31);
      this.#device.queue.writeBuffer(this.#buffer, 0, bits);
      this.#isCurrent = skip === undefined;
    }
    return this.#buffer;
  }

  destroy(): void {
    this.#buffer?.destroy();
    this.#buffer = undefined;
    this.#isCurrent = false;
  }
}
